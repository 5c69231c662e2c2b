import assert from "node:assert/strict";
import { authsomeCommand, KEY, logIn, type User, withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { KEY_DEFINITION, OAUTH_DEFINITION } from "../support/definitions.ts";

const ACME = {
  ...KEY_DEFINITION,
  api_url: ["api.acme.example", "*.acme.example"],
  api_key: { header_name: "X-Acme-Key", header_prefix: "" },
  export: { env: { api_key: "ACME_API_KEY" } },
};

async function writeDefinition(user: User, definition: object): Promise<string> {
  const file = `${user.folder}/definition.json`;
  await Deno.writeTextFile(file, JSON.stringify(definition));
  return file;
}

async function sourceOf(user: User, name: string): Promise<string | undefined> {
  const line = (await user.succeed(["list"])).split("\n")
    .find((row) => row.startsWith(`${name} `));
  return line?.split(/ +/)[1];
}

Deno.test("an inspected definition is an override as it is", () =>
  withUser(async (user) => {
    assert.equal(await sourceOf(user, "openai"), "bundled");
    const text = await user.succeed(["inspect", "openai"]);
    await Deno.writeTextFile(`${user.home}/providers/openai.json`, text);
    assert.equal(await sourceOf(user, "openai"), "custom");
    assert.equal(await user.succeed(["inspect", "openai"]), text);
    await logIn(user);
  }));

Deno.test({
  name: "a shell may redirect inspect into the override itself",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withUser(async (user) => {
      await user.succeed(["list"]);
      const script = '"$@" inspect openai > "$AUTHSOME_HOME/providers/openai.json"';
      const command = ["sh", "-c", script, "sh", ...authsomeCommand()];
      const { code, stderr } = await runCommand(command, { env: user.env });
      assert.equal(code, 0, stderr);
      assert.equal(await sourceOf(user, "openai"), "custom");
    }),
});

Deno.test("inspect shows connections only if asked to", () =>
  withUser(async (user) => {
    await logIn(user, { connection: "team" });
    const plain = await user.succeed(["inspect", "openai"]);
    assert.equal(JSON.parse(plain).name, "openai");
    assert.ok(!plain.includes("team"));
    const more = await user.succeed(["inspect", "openai", "--connections"]);
    assert.ok(more.startsWith(plain));
    assert.match(more, /\nteam \* +connected +never expires\n$/);
  }));

Deno.test("register shows where credentials will go, and installs the file", () =>
  withUser(async (user) => {
    const file = await writeDefinition(user, ACME);
    const { code, stdout, stderr } = await user.authsome(["register", file, "--yes"]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Registered acme. Next: authsome login acme\n");
    for (const fact of ["api.acme.example", "*.acme.example", "X-Acme-Key", "ACME_API_KEY"]) {
      assert.ok(stderr.includes(fact), fact);
    }
    assert.equal(await sourceOf(user, "acme"), "custom");
    await user.succeed(["login", "acme", "--stdin"], { stdin: "k" });
  }));

Deno.test("register discloses OAuth endpoints", () =>
  withUser(async (user) => {
    const file = await writeDefinition(user, {
      ...OAUTH_DEFINITION,
      api_url: "api.acme.example",
    });
    const { code, document } = await user.json(["register", file, "--yes"]);
    assert.equal(code, 0);
    assert.deepEqual(document, {
      v: 1,
      provider: "acme",
      source: "custom",
      file: `${user.home}/providers/acme.json`,
      replaces: null,
      hosts: ["api.acme.example"],
      endpoints: {
        authorization: "https://acme.example/authorize",
        token: "https://acme.example/token",
      },
    });
  }));

Deno.test("register asks, and without a terminal names --yes", () =>
  withUser(async (user) => {
    const file = await writeDefinition(user, ACME);
    const error = await user.fail(2, ["register", file]);
    assert.match(
      error,
      /\nError: There is no terminal to ask for your consent\.\nHint: .*--yes\n$/,
    );
    await user.fail(3, ["login", "acme", "--stdin"]);
  }));

Deno.test("no definition is replaced without --force, a bundled one above all", () =>
  withUser(async (user) => {
    const takeover = await writeDefinition(user, { ...ACME, name: "openai" });
    const bundled = await user.fail(10, ["register", takeover, "--yes"]);
    assert.match(
      bundled,
      /^Error: 'openai' is a provider that comes with authsome\.\nHint: .*--force/,
    );
    assert.equal(await sourceOf(user, "openai"), "bundled");
    const file = await writeDefinition(user, ACME);
    await user.succeed(["register", file, "--yes"]);
    await user.fail(10, ["register", file, "--yes"]);
    await user.succeed(["register", file, "--yes", "--force"]);
  }));

Deno.test("a replaced definition warns that connections keep their hosts", () =>
  withUser(async (user) => {
    await logIn(user);
    const definition = JSON.parse(await user.succeed(["inspect", "openai"]));
    const file = await writeDefinition(user, { ...definition, api_url: "evil.example" });
    const { stderr } = await user.authsome(["register", file, "--yes", "--force"]);
    assert.match(stderr, /This replaces the bundled definition of openai\./);
    assert.match(stderr, /Existing connections keep the hosts they were made for/);
    const { code, document } = await user.json(["doctor"]);
    assert.equal(code, 1);
    const failed = (document.checks as readonly { ok: boolean; message: string; hint: string }[])
      .filter((check) => !check.ok);
    assert.deepEqual(failed.map(({ message, hint }) => ({ message, hint })), [{
      message: "openai (default) was made for hosts that its definition no longer names.",
      hint: "Run: authsome login openai --force",
    }]);
  }));

const INVALID: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  ["not JSON", "{", /not valid JSON/],
  ["a missing field", JSON.stringify({ ...ACME, name: undefined }), /name/],
  ["a wrong host", JSON.stringify({ ...ACME, api_url: "http://acme.example" }), /api_url/],
  ["a wrong pattern", JSON.stringify({ ...ACME, api_key: { key_pattern: "(" } }), /key_pattern/],
];

for (const [name, text, says] of INVALID) {
  Deno.test(`register refuses a definition with ${name}, naming file and field`, () =>
    withUser(async (user) => {
      const file = `${user.folder}/definition.json`;
      await Deno.writeTextFile(file, text);
      const error = await user.fail(2, ["register", file, "--yes"]);
      assert.ok(error.startsWith(`Error: ${file}`), error);
      assert.match(error, says);
      assert.match(error, /\nHint: \S/);
    }));
}

Deno.test("an invalid definition breaks its own provider only", () =>
  withUser(async (user) => {
    await logIn(user);
    await Deno.writeTextFile(
      `${user.home}/providers/broken.json`,
      JSON.stringify({ ...ACME, name: "broken", api_url: 7 }),
    );
    const { code, stdout, stderr } = await user.authsome(["list"]);
    assert.equal(code, 0);
    assert.match(stdout, /^broken +custom +- +- +invalid +-$/m);
    assert.match(stderr, /^Warning: broken: .*broken\.json.*api_url/);
    const { document } = await user.json(["list"]);
    const broken = (document.providers as readonly { name: string; problem?: string }[])
      .find((provider) => provider.name === "broken");
    assert.match(broken?.problem ?? "", /api_url/);
    await user.fail(2, ["login", "broken", "--stdin"], { stdin: KEY });
    assert.equal((await user.json(["doctor"])).code, 1);
    assert.equal(await user.succeed(["get", "openai", "--field", "status"]), "connected\n");
    await user.succeed(["remove", "broken"]);
    assert.equal((await user.json(["doctor"])).code, 0);
  }));

Deno.test("stored texts cannot send commands to the terminal", () =>
  withUser(async (user) => {
    await user.succeed(["list"]);
    await Deno.writeTextFile(
      `${user.home}/providers/\u001b[31mred.json`,
      JSON.stringify({ ...ACME, display_name: "\u001b]0;owned\u0007" }),
    );
    for (const args of [["list"], ["doctor"], ["list", "--json"], ["doctor", "--json"]]) {
      const { stdout, stderr } = await user.authsome(args);
      assert.ok(!/[^\P{Cc}\n]/u.test(stdout + stderr), args.join(" "));
      assert.match(stdout + stderr, /\\u001b\[31mred/);
    }
  }));
