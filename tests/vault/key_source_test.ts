import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import {
  chooseKeySource,
  createMasterKeyFile,
  parseMasterKey,
  readMasterKey,
} from "../../lib/vault/key_source.ts";
import { modeOf, withHome } from "../support/vault.ts";

const KEY = new Uint8Array(32).fill(9);

function assertUnavailable(run: () => unknown, message: RegExp, hint: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError);
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  });
}

Deno.test("chooseKeySource() prefers the environment, then what the vault was made with", () => {
  const variable = { AUTHSOME_MASTER_KEY: "x" };
  const file = { AUTHSOME_MASTER_KEY_FILE: "/x" };
  assert.equal(chooseKeySource({}, undefined), "master.key");
  assert.equal(chooseKeySource({}, "AUTHSOME_MASTER_KEY"), "AUTHSOME_MASTER_KEY");
  assert.equal(chooseKeySource(file, undefined), "AUTHSOME_MASTER_KEY_FILE");
  assert.equal(chooseKeySource(file, "master.key"), "AUTHSOME_MASTER_KEY_FILE");
  assert.equal(chooseKeySource({ ...file, ...variable }, "master.key"), "AUTHSOME_MASTER_KEY");
  assert.equal(chooseKeySource({ AUTHSOME_MASTER_KEY: "" }, undefined), "AUTHSOME_MASTER_KEY");
});

Deno.test("parseMasterKey() takes 32 bytes of base64 with white space around it", () => {
  for (const text of [KEY.toBase64(), `${KEY.toBase64()}\n`, `  ${KEY.toBase64()}\r\n`]) {
    assert.deepEqual(parseMasterKey(text, "X"), KEY);
  }
});

Deno.test("parseMasterKey() names the origin of a malformed key and never quotes it", () => {
  const wrong = [
    "",
    "secret-but-not-base64!",
    new Uint8Array(31).toBase64(),
    new Uint8Array(33).toBase64(),
    KEY.toBase64().slice(0, -1),
    KEY.toBase64({ alphabet: "base64url" }).replaceAll("C", "-"),
    KEY.toHex(),
  ];
  for (const text of wrong) {
    assert.throws(() => parseMasterKey(text, "AUTHSOME_MASTER_KEY"), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "vault_unavailable");
      assert.match(error.message, /^AUTHSOME_MASTER_KEY is not a base64 key of 32 bytes/);
      assert.equal(error.cause, undefined);
      if (text !== "") assert.ok(!`${error.message} ${error.hint}`.includes(text));
      return true;
    });
  }
});

Deno.test("readMasterKey() reads every source", async () => {
  await withHome((home) => {
    const text = KEY.toBase64();
    const file = `${home.path}/mounted`;
    Deno.writeTextFileSync(file, `${text}\n`);
    Deno.symlinkSync(file, `${file}-link`);
    const read = (source: Parameters<typeof readMasterKey>[0], env = {}): unknown =>
      readMasterKey(source, { home, env });
    assert.deepEqual(read("AUTHSOME_MASTER_KEY", { AUTHSOME_MASTER_KEY: text }), KEY);
    const env = { AUTHSOME_MASTER_KEY_FILE: file };
    assert.deepEqual(read("AUTHSOME_MASTER_KEY_FILE", env), KEY);
    const linked = { AUTHSOME_MASTER_KEY_FILE: `${file}-link` };
    assert.deepEqual(read("AUTHSOME_MASTER_KEY_FILE", linked), KEY, "orchestrators mount links");
    assert.equal(read("master.key"), undefined);
    const made = createMasterKeyFile(home);
    assert.deepEqual(read("master.key"), made);
    assert.equal(made.length, 32);
    if (Deno.build.os !== "windows") assert.equal(modeOf(home.masterKeyFile), 0o600);
  });
});

Deno.test("readMasterKey() says which source is at fault and what to do", async () => {
  await withHome((home) => {
    const read = (source: Parameters<typeof readMasterKey>[0], env = {}) => (): unknown =>
      readMasterKey(source, { home, env });
    assertUnavailable(
      read("AUTHSOME_MASTER_KEY"),
      /locked with AUTHSOME_MASTER_KEY, which is not set/,
      /export AUTHSOME_MASTER_KEY=/,
    );
    assertUnavailable(
      read("AUTHSOME_MASTER_KEY_FILE", { AUTHSOME_MASTER_KEY_FILE: "/none/key" }),
      /^\/none\/key \(AUTHSOME_MASTER_KEY_FILE\) cannot be read/,
      /AUTHSOME_MASTER_KEY_FILE/,
    );
    assertUnavailable(
      read("AUTHSOME_MASTER_KEY_FILE", { AUTHSOME_MASTER_KEY_FILE: home.versionFile }),
      /version \(AUTHSOME_MASTER_KEY_FILE\) is not a base64 key/,
      /openssl rand -base64 32/,
    );
    Deno.symlinkSync(home.versionFile, home.masterKeyFile);
    assertUnavailable(read("master.key"), /master\.key is a symbolic link/, /./);
  });
});
