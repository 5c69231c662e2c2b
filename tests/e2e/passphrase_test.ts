import assert from "node:assert/strict";
import { authsomeCommand, KEY, OTHER_KEY, type User, withUser } from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

const PASSPHRASE = "correct horse battery staple";
const env = { AUTHSOME_PASSPHRASE: PASSPHRASE };
const wrong = { AUTHSOME_PASSPHRASE: "incorrect horse" };

function withLockedUser(use: (user: User) => Promise<void>): Promise<void> {
  return withUser(async (user) => {
    await user.succeed(["login", "openai", "--stdin"], { env, stdin: KEY });
    await use(user);
  });
}

Deno.test("a vault is locked with AUTHSOME_PASSPHRASE and opens with it", () =>
  withLockedUser(async (user) => {
    const { document } = await user.json(["whoami"], { env });
    assert.equal(document.key_source, "passphrase");
    assert.deepEqual(
      [...Deno.readDirSync(user.home)].filter(({ name }) => name === "master.key"),
      [],
    );
    const secret = await user.succeed(["get", "openai", "--field", "api_key", "--show-secret"], {
      env,
    });
    assert.equal(secret, `${KEY}\n`);
    assert.equal(
      await user.succeed(["export", "openai"], { env }),
      `export OPENAI_API_KEY=${KEY}\n`,
    );
    assert.equal((await user.json(["doctor"], { env })).document.ok, true);
  }));

Deno.test("scan compares and stores keys in a vault that is locked with a passphrase", () =>
  withLockedUser(async (user) => {
    await Deno.writeTextFile(`${user.folder}/.env`, `OPENAI_API_KEY=${OTHER_KEY}\n`);
    const place = { env, cwd: user.folder };
    await user.succeed(["scan", "--import", "--connection", "work"], place);
    const { document } = await user.json(["scan"], place);
    const [finding] = document.findings as readonly Readonly<Record<string, unknown>>[];
    assert.equal(finding?.connection, "work");
  }));

Deno.test("the child of a run never sees the passphrase", () =>
  withLockedUser(async (user) => {
    const { code, stdout } = await user.authsome(["run", "--", Deno.execPath(), "eval", CHILD], {
      env,
    });
    assert.equal(code, 0);
    const seen: Readonly<Record<string, string>> = JSON.parse(stdout);
    assert.equal(seen.OPENAI_API_KEY, "authsome-proxy-managed");
    assert.equal(seen.AUTHSOME_PASSPHRASE, undefined);
    assert.ok(!stdout.includes(PASSPHRASE));
  }));

const CHILD = "console.log(JSON.stringify(Deno.env.toObject()))";

const SEALED: readonly (readonly string[])[] = [
  ["login", "openai", "--stdin", "--force"],
  ["get", "openai", "--show-secret"],
  ["export", "openai"],
  ["run", "--", "true"],
];

for (const args of SEALED) {
  Deno.test(`${args.join(" ")} with a wrong passphrase, or with none, is 7`, () =>
    withLockedUser(async (user) => {
      const invocation = { env: wrong, stdin: OTHER_KEY };
      assert.match(await user.fail(7, args, invocation), /The passphrase does not open this vault/);
      const error = await user.fail(7, args, { stdin: OTHER_KEY });
      assert.match(error, /This vault is locked with a passphrase\.\nHint: .*AUTHSOME_PASSPHRASE/);
    }));
}

Deno.test("what opens no secret needs no passphrase", () =>
  withLockedUser(async (user) => {
    for (const args of [["list"], ["get", "openai"], ["log"], ["whoami"], ["logout", "openai"]]) {
      await user.succeed(args);
    }
  }));

testNeeding(TERMINAL_DRIVER)(
  "a person at a terminal is asked for the passphrase",
  () =>
    withLockedUser(async (user) => {
      const command = [...authsomeCommand(), "export", "openai"];
      const asked = { wait: "Vault passphrase: " };
      const right = await runInTerminal(command, {
        env: user.env,
        steps: [{ ...asked, send: `${PASSPHRASE}\r` }],
      });
      assert.equal(right.code, 0, right.screen);
      assert.ok(right.screen.includes(KEY));
      assert.ok(!right.screen.includes(PASSPHRASE));
      const other = await runInTerminal(command, {
        env: user.env,
        steps: [{ ...asked, send: "nonsense\r" }],
      });
      assert.equal(other.code, 7, other.screen);
    }),
);

Deno.test("key use locks the vault with something else, and back", () =>
  withUser(async (user) => {
    await user.succeed(["login", "openai", "--stdin"], { stdin: KEY });
    await user.fail(2, ["key", "use"]);
    await user.fail(2, ["key", "use", "luck"]);
    await user.succeed(["key", "use", "passphrase"], { env });
    assert.equal(await user.succeed(["key", "status"]), "passphrase\n");
    await user.fail(7, ["export", "openai"]);
    await user.succeed(["export", "openai"], { env });
    await user.fail(7, ["key", "use", "master.key"], { env: wrong });
    await user.succeed(["key", "use", "master.key"], { env });
    assert.equal(
      await user.succeed(["export", "openai"]),
      `export OPENAI_API_KEY=${KEY}\n`,
    );
  }));
