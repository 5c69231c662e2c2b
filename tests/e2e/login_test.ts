import assert from "node:assert/strict";
import { KEY, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";

const SUCCESS = "Successfully logged in to openai (default).\n";
const NOT_A_KEY = "Error: This does not look like a valid OpenAI API key.\n" +
  "Hint: OpenAI API keys start with 'sk-' followed by at least 20 letters, digits, '_' or '-'.\n";

function readKey(user: User, ...flags: readonly string[]): Promise<string> {
  return user.succeed(["get", "openai", "--field", "api_key", "--show-secret", ...flags]);
}

Deno.test("login says that it succeeded, and get that it is connected", () =>
  withUser(async (user) => {
    const { code, stdout, stderr } = await user.authsome(["login", "openai", "--stdin"], {
      stdin: KEY,
    });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: SUCCESS, stderr: "" });
    assert.equal(await user.succeed(["get", "openai", "--field", "status"]), "connected\n");
  }));

Deno.test("a key is trimmed at both ends", () =>
  withUser(async (user) => {
    for (const stdin of [`${KEY}\n`, `${KEY}\r\n`, ` \t\n${KEY} \n\n`, `\ufeff${KEY}`]) {
      await user.succeed(["login", "openai", "--stdin", "--force"], { stdin });
      assert.equal(await readKey(user), `${KEY}\n`);
    }
  }));

Deno.test("what is not a key is refused in the words of the contract", () =>
  withUser(async (user) => {
    const wrong = ["hello", "sk-short", `${KEY} ${KEY}`, `${KEY}\n${KEY}`, `${KEY}\tx`, `x${KEY}`];
    for (const stdin of wrong) {
      const { code, stdout, stderr } = await user.authsome(["login", "openai", "--stdin"], {
        stdin,
      });
      assert.deepEqual({ code, stdout, stderr }, { code: 4, stdout: "", stderr: NOT_A_KEY });
    }
    await user.fail(5, ["get", "openai"]);
  }));

Deno.test("an empty key and the placeholder of a run are refused", () =>
  withUser(async (user) => {
    const empty = await user.fail(4, ["login", "openai", "--stdin"], { stdin: " \n" });
    assert.match(empty, /^Error: The API key is empty\.\nHint: /);
    const stdin = "authsome-proxy-managed";
    const placeholder = await user.fail(4, ["login", "gemini", "--stdin"], { stdin });
    assert.match(placeholder, /^Error: This is authsome's placeholder, not a key\.\nHint: /);
  }));

Deno.test("a second login needs --force, which replaces the key", () =>
  withUser(async (user) => {
    await logIn(user);
    assert.equal(
      await user.fail(10, ["login", "openai", "--stdin"], { stdin: OTHER_KEY }),
      "Error: openai (default) is already connected.\n" +
        "Hint: To replace it, run: authsome login openai --force\n",
    );
    assert.equal(await readKey(user), `${KEY}\n`);
    await user.succeed(["login", "openai", "--stdin", "--force"], { stdin: OTHER_KEY });
    assert.equal(await readKey(user), `${OTHER_KEY}\n`);
  }));

Deno.test("a failed --force leaves the old key", () =>
  withUser(async (user) => {
    await logIn(user);
    await user.fail(4, ["login", "openai", "--stdin", "--force"], { stdin: "nonsense" });
    assert.equal(await readKey(user), `${KEY}\n`);
  }));

Deno.test("two connections live side by side, and one of them is the default", () =>
  withUser(async (user) => {
    await logIn(user, { connection: "personal" });
    await logIn(user, { connection: "team", key: OTHER_KEY });
    assert.equal(await readKey(user, "--connection", "team"), `${OTHER_KEY}\n`);
    assert.equal(await readKey(user, "--connection", "personal"), `${KEY}\n`);
    assert.equal(await readKey(user), `${KEY}\n`);
    assert.equal(
      await user.succeed(["set-default", "openai", "team"]),
      "openai now uses team when no connection is named.\n",
    );
    assert.equal(await readKey(user), `${OTHER_KEY}\n`);
    const missing = await user.fail(5, ["set-default", "openai", "work"]);
    assert.match(missing, /^Error: openai \(work\) is not connected\.\nHint: .*personal, team/);
  }));

Deno.test("profiles do not see each other's connections", () =>
  withUser(async (user) => {
    await logIn(user);
    await user.fail(5, ["get", "openai", "--profile", "work"]);
    await user.fail(5, ["get", "openai"], { env: { AUTHSOME_PROFILE: "work" } });
    const args = ["--profile", "work", "login", "openai", "--stdin"];
    await user.succeed(args, { stdin: OTHER_KEY });
    assert.equal(await readKey(user, "--profile=work"), `${OTHER_KEY}\n`);
    assert.equal(await readKey(user), `${KEY}\n`);
    await user.fail(2, ["list", "--profile", "a/b"]);
  }));

const VARIABLES = { OPENAI_API_KEY: KEY, OTHER: OTHER_KEY, mixedCase: OTHER_KEY };
const FROM_ENV: readonly (readonly [args: readonly string[], key: string])[] = [
  [["login", "--from-env", "openai"], KEY],
  [["login", "openai", "--from-env"], KEY],
  [["login", "openai", "--from-env", "--quiet"], KEY],
  [["login", "openai", "--from-env", "OTHER"], OTHER_KEY],
  [["login", "--from-env", "OTHER", "openai"], OTHER_KEY],
  [["login", "--from-env=OTHER", "openai"], OTHER_KEY],
  [["login", "openai", "--from-env", "mixedCase"], OTHER_KEY],
];

for (const [args, key] of FROM_ENV) {
  Deno.test(`${args.join(" ")} takes the right variable`, () =>
    withUser(async (user) => {
      await user.succeed(args, { env: VARIABLES });
      assert.equal(await readKey(user), `${key}\n`);
    }));
}

Deno.test("--from-env with a variable that is not set is 5, with an empty one 4", () =>
  withUser(async (user) => {
    const unset = await user.fail(5, ["login", "openai", "--from-env"]);
    assert.match(unset, /^Error: The variable OPENAI_API_KEY is not set\.\nHint: /);
    await user.fail(4, ["login", "openai", "--from-env"], { env: { OPENAI_API_KEY: "" } });
  }));

Deno.test("a key in the environment is not picked up unless the definition says so", () =>
  withUser(async (user) => {
    await user.fail(2, ["login", "openai"], { env: VARIABLES });
    const definition = JSON.parse(await user.succeed(["inspect", "openai"]));
    definition.api_key.env_var = "OPENAI_API_KEY";
    await Deno.writeTextFile(`${user.home}/providers/openai.json`, JSON.stringify(definition));
    await user.succeed(["login", "openai"], { env: VARIABLES });
    assert.equal(await readKey(user), `${KEY}\n`);
    await user.fail(2, ["login", "openai", "--force"], { env: VARIABLES });
  }));

Deno.test("flags that would have no effect are refused", () =>
  withUser(async (user) => {
    const flags: readonly (readonly string[])[] = [
      ["--scopes", "a,b"],
      ["--client-id", "id"],
      ["--base-url", "https://openai.example"],
      ["--flow", "device_code"],
    ];
    for (const flag of flags) {
      await user.fail(2, ["login", "openai", "--stdin", ...flag], { stdin: KEY });
    }
    await user.succeed(["login", "openai", "--stdin", "--flow", "api_key"], { stdin: KEY });
  }));

Deno.test("without a terminal and a display, login says how to go on", () =>
  withUser(async (user) => {
    const error = await user.fail(2, ["login", "openai"]);
    assert.match(error, /^Error: There is no terminal and no display .* OpenAI API key\.\n/);
    assert.match(error, /\nHint: .*--stdin.*--from-env/);
    const inCi = { env: { DISPLAY: ":0", CI: "1" } };
    await user.fail(2, ["login", "openai"], inCi);
  }));

Deno.test("a secret is never an argument, and is not repeated", () =>
  withUser(async (user) => {
    const attempts = [
      ["login", "openai", KEY],
      ["login", KEY],
      ["login", "openai", "--api-key", KEY],
      ["login", "openai", `--api-key=${KEY}`],
      ["login", "openai", `--force=${KEY}`],
      ["login", "openai", `--${KEY}`],
      [KEY],
      ["get", "openai", "--field", KEY],
    ];
    for (const args of attempts) {
      const { code, stdout, stderr } = await user.authsome(args, { stdin: "" });
      assert.ok([2, 3, 5].includes(code), args.join(" "));
      assert.ok(!`${stdout}${stderr}`.includes("abcdefghij"), `${args.join(" ")}\n${stderr}`);
    }
    assert.match(await user.fail(2, ["login", "openai", KEY]), /A secret is never an argument/);
  }));

Deno.test("20 logins at once all count", () =>
  withUser(async (user) => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    await Promise.all(names.map((connection) => logIn(user, { connection })));
    const { document } = await user.json(["list"]);
    const openai = (document.providers as readonly { name: string; connections: unknown[] }[])
      .find((provider) => provider.name === "openai");
    assert.equal(openai?.connections.length, 20);
    assert.equal(await readKey(user, "--connection", "c19"), `${KEY}\n`);
  }));

Deno.test("of 20 logins at once as the same connection one wins", () =>
  withUser(async (user) => {
    const results = await Promise.all(
      Array.from(
        { length: 20 },
        () => user.authsome(["login", "openai", "--stdin"], { stdin: KEY }),
      ),
    );
    const codes = results.map(({ code }) => code).sort((a, b) => a - b);
    assert.deepEqual(codes, [0, ...Array<number>(19).fill(10)]);
  }));

Deno.test("login says so if it changes which connection is used when none is named", () =>
  withUser(async (user) => {
    const noteOf = async (connection: string): Promise<string> => {
      const args = ["login", "openai", "--stdin", "--connection", connection];
      const { code, stdout, stderr } = await user.authsome(args, { stdin: KEY });
      assert.deepEqual([code, stdout], [0, `Successfully logged in to openai (${connection}).\n`]);
      return stderr;
    };
    assert.equal(await noteOf("work"), "");
    const change = (now: string, before: string): string =>
      `openai now uses ${now} when no connection is named; it was ${before}. ` +
      `To change that: authsome set-default openai ${before}\n`;
    assert.equal(await noteOf("default"), change("default", "work"));
    await user.succeed(["set-default", "openai", "work"]);
    await user.succeed(["logout", "openai", "--connection", "work"]);
    assert.equal(await noteOf("work"), change("work", "default"));
    assert.equal(await noteOf("team"), "");
  }));
