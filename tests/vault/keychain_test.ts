import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { createKeychain, parseKeychainItem, type ProgramRunner } from "../../lib/vault/keychain.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { withFolder } from "../support/vault.ts";

const KEY = new Uint8Array(32).fill(3);
const TEXT = KEY.toBase64();
const SESSION = new URL("../fixtures/keychain_session.ts", import.meta.url).pathname;

interface Call {
  readonly command: readonly string[];
  readonly input?: string;
}

/** A runner that runs nothing: every program prints `stdout`. */
function recorder(stdout: string, ok = true): { calls: Call[]; runner: ProgramRunner } {
  const calls: Call[] = [];
  const result = { ok, stdout, stderr: ok ? "" : "first line\nsecond line" };
  const runner: ProgramRunner = {
    run: (command) => {
      calls.push({ command });
      return result;
    },
    runWithInput: (command, input) => {
      calls.push({ command, input });
      return Promise.resolve(result);
    },
  };
  return { calls, runner };
}

const SYSTEMS = ["darwin", "linux", "windows"] as const;

for (const os of SYSTEMS) {
  Deno.test(`${os}: a key travels on standard input and output, never in arguments`, async () => {
    const sealed = new Uint8Array(100).fill(7).toBase64();
    const storing = recorder(sealed);
    const item = await createKeychain(os, storing.runner).store("0123abcd", KEY);
    assert.equal(storing.calls.length, 1);
    assert.ok(storing.calls[0]?.input?.includes(TEXT));
    const reading = recorder(`${TEXT}\n`);
    const keychain = createKeychain(os, reading.runner);
    assert.deepEqual(keychain.read(item), KEY);
    keychain.remove(item);
    for (const { command } of [...storing.calls, ...reading.calls]) {
      assert.ok(!command.join(" ").includes(TEXT), command.join(" "));
    }
    assert.deepEqual(
      item,
      os === "windows" ? { account: "0123abcd", sealed } : {
        account: "0123abcd",
      },
    );
  });

  Deno.test(`${os}: a keychain that refuses is an error with its reason, never with a key`, () => {
    const item = { account: "0123abcd", sealed: "AAAA" };
    const refusing = createKeychain(os, recorder("", false).runner);
    assert.throws(() => refusing.read(item), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "vault_unavailable");
      assert.equal(error.message, "The keychain does not give the key: first line.");
      assert.match(error.hint, /Unlock your keychain/);
      return true;
    });
    for (const other of ["", "not a key", new Uint8Array(31).toBase64()]) {
      const keychain = createKeychain(os, recorder(other).runner);
      assert.throws(() => keychain.read(item), (error) => {
        assert.ok(error instanceof AuthsomeError);
        assert.match(error.message, /holds something else/);
        return other === "" || !error.message.includes(other);
      });
    }
  });
}

Deno.test("parseKeychainItem() lets nothing through that could end a word of a script", () => {
  assert.deepEqual(parseKeychainItem({ account: "ab12" }), { account: "ab12" });
  const wrong: readonly unknown[] = [
    null,
    "ab12",
    {},
    { account: "" },
    { account: "a b" },
    { account: "a'; rm" },
    { account: "ab12", sealed: "" },
    { account: "ab12", sealed: "AA'" },
    { account: "ab12", sealed: 7 },
  ];
  for (const value of wrong) assert.equal(parseKeychainItem(value), undefined);
});

Deno.test("a missing tool is named, with how to get it", async () => {
  const keychain = new URL("../../lib/vault/keychain.ts", import.meta.url);
  // Another process, because PATH belongs to all tests of this one.
  const script = `import { createKeychain } from ${JSON.stringify(keychain)};
    try {
      createKeychain("linux").read({ account: "ab12" });
    } catch ({ name, message, hint }) {
      console.log(name, message, hint);
    }`;
  const { stdout, stderr } = await runCommand([Deno.execPath(), "eval", script], {
    env: { PATH: "/nonexistent", NO_COLOR: "1" },
  });
  assert.match(stdout, /^AuthsomeError .*secret-tool, which was not found/, stderr);
  assert.match(stdout, /apt install libsecret-tools/);
});

const TOOLS = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"];

testNeeding(...TOOLS)("a real Secret Service keeps the master key of a vault", async () => {
  await withFolder(async (folder) => {
    const flags = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"];
    const deno = [Deno.execPath(), "run", "--no-lock", ...flags, SESSION, `${folder}/home`];
    // The daemon takes the password of its keyring from standard input, like a login would.
    const script = 'printf "%s" "$0" | gnome-keyring-daemon --unlock >/dev/null && exec "$@"';
    const command = ["dbus-run-session", "--", "sh", "-c", script, "keyring password", ...deno];
    const env = {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_DATA_HOME: `${folder}/data`,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      NO_COLOR: "1",
    };
    const { code, stdout, stderr } = await runCommand(command, { env });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "ok\n");
  });
});
