import assert from "node:assert/strict";
import { KEY, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";
import { findProgram, runCommand } from "../support/command.ts";
import { KEY_DEFINITION } from "../support/definitions.ts";
import { testNeeding } from "../support/needs.ts";

/** Every sign a key may hold, some of them dangerous to a shell. */
const NASTY = "k'\"$(touch${IFS}x)`id`\\;&|<>(){}[]*?~#!%^=+,.:@/-_\u0024HOME$'\\n'";

const PROVIDER = {
  ...KEY_DEFINITION,
  api_url: "api.acme.example",
  export: { env: { api_key: ["ACME_API_KEY", "ACME_TOKEN"] } },
};

async function registerAcme(user: User, key = NASTY): Promise<void> {
  await Deno.writeTextFile(`${user.folder}/acme.json`, JSON.stringify(PROVIDER));
  await user.succeed(["register", `${user.folder}/acme.json`, "--yes"]);
  await user.succeed(["login", "acme", "--stdin"], { stdin: key });
}

Deno.test("a plain key is exported without quotes", () =>
  withUser(async (user) => {
    await logIn(user);
    const line = `export OPENAI_API_KEY=${KEY}\n`;
    for (const flags of [[], ["--format", "env"], ["--format", "shell"]]) {
      assert.equal(await user.succeed(["export", "openai", ...flags]), line);
    }
    assert.equal(
      await user.succeed(["export", "openai", "--format=dotenv"]),
      `OPENAI_API_KEY=${KEY}\n`,
    );
    assert.deepEqual(
      JSON.parse(await user.succeed(["export", "openai", "--format", "json"])),
      { OPENAI_API_KEY: KEY },
    );
  }));

const SHELLS: readonly (readonly [program: string, format: string, load: string])[] = [
  ["sh", "env", 'eval "$EXPORTED"'],
  ["bash", "env", 'eval "$EXPORTED"'],
  ["bash", "shell", 'source <(printf %s "$EXPORTED")'],
  ["zsh", "env", 'eval "$EXPORTED"'],
  ["fish", "fish", "printf %s $EXPORTED | source"],
];

for (const [program, format, load] of SHELLS) {
  testNeeding(program)(
    `${program} gives a grandchild the variable from --format ${format}, as data`,
    () =>
      withUser(async (user) => {
        await registerAcme(user);
        const exported = await user.succeed(["export", "acme", "--format", format]);
        const script = `${load}; printenv ACME_API_KEY; sh -c 'printenv ACME_TOKEN'`;
        const { stdout, stderr } = await runCommand([program, "-c", script], {
          env: { ...user.env, EXPORTED: exported },
          cwd: user.folder,
        });
        assert.equal(stdout, `${NASTY}\n${NASTY}\n`, stderr);
        assert.equal(stderr, "");
      }),
  );
}

const DOTENV_READERS: readonly (readonly string[])[] = [
  ["node", "--env-file=keys.env", "-e", "console.log(process.env.ACME_API_KEY)"],
  ["deno", "eval", "--env-file=keys.env", "console.log(Deno.env.get('ACME_API_KEY'))"],
  ["sh", "-c", '. ./keys.env; echo "$ACME_API_KEY" | cat'],
];

for (const [name = "", ...args] of DOTENV_READERS) {
  const program = name === "deno" ? Deno.execPath() : findProgram(name);
  Deno.test({
    name: `${name} reads the variable from --format dotenv, as data`,
    ignore: program === undefined,
    fn: () =>
      withUser(async (user) => {
        const key = NASTY.replaceAll("'", "").replaceAll("\\", "");
        await registerAcme(user, key);
        const text = await user.succeed(["export", "acme", "--format", "dotenv"]);
        await Deno.writeTextFile(`${user.folder}/keys.env`, text);
        const { stdout, stderr } = await runCommand([program ?? name, ...args], {
          env: user.env,
          cwd: user.folder,
        });
        assert.equal(stdout, `${key}\n`, stderr);
      }),
  });
}

Deno.test("export without a provider gives the default connection of each", () =>
  withUser(async (user) => {
    await registerAcme(user, "acme-key");
    await logIn(user, { connection: "personal" });
    await logIn(user, { connection: "team", key: OTHER_KEY });
    await user.succeed(["set-default", "openai", "team"]);
    assert.equal(
      await user.succeed(["export"]),
      `export ACME_API_KEY=acme-key\nexport ACME_TOKEN=acme-key\n` +
        `export OPENAI_API_KEY=${OTHER_KEY}\n`,
    );
    assert.equal(
      await user.succeed(["export", "openai", "--connection", "personal"]),
      `export OPENAI_API_KEY=${KEY}\n`,
    );
    await user.fail(2, ["export", "--connection", "personal"]);
  }));

Deno.test("export fails if there is nothing, and names the login command", () =>
  withUser(async (user) => {
    const nothing = await user.fail(5, ["export"]);
    assert.equal(
      nothing,
      "Error: There is nothing to export.\nHint: Log in first, for example: authsome login openai\n",
    );
    assert.equal(
      await user.fail(5, ["export", "openai"]),
      "Error: openai is not connected.\nHint: Run: authsome login openai\n",
    );
    await user.fail(3, ["export", "nope"]);
    await user.fail(2, ["export", "--format", "xml"]);
  }));

Deno.test("two providers with the same variable are not exported over each other", () =>
  withUser(async (user) => {
    await registerAcme(user, "acme-key");
    const rival = { ...PROVIDER, name: "rival", api_url: "api.rival.example" };
    await Deno.writeTextFile(`${user.folder}/rival.json`, JSON.stringify(rival));
    await user.succeed(["register", `${user.folder}/rival.json`, "--yes"]);
    await user.succeed(["login", "rival", "--stdin"], { stdin: "rival-key" });
    const error = await user.fail(2, ["export"]);
    assert.match(error, /^Error: acme and rival are both exported as ACME_API_KEY\.\nHint: /);
    assert.match(await user.succeed(["export", "rival"]), /^export ACME_API_KEY=rival-key\n/);
  }));

Deno.test("a provider without variables says how to read its key", () =>
  withUser(async (user) => {
    const { export: _none, ...definition } = PROVIDER;
    await Deno.writeTextFile(`${user.folder}/acme.json`, JSON.stringify(definition));
    await user.succeed(["register", `${user.folder}/acme.json`, "--yes"]);
    await user.succeed(["login", "acme", "--stdin"], { stdin: "acme-key" });
    const error = await user.fail(2, ["export", "acme"]);
    assert.match(error, /Hint: .*authsome get acme --field api_key --show-secret/);
  }));
