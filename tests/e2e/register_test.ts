import assert from "node:assert/strict";
import { join } from "node:path";
import { OLDER_DEFINITIONS } from "../fixtures/older_definitions.ts";
import { authsomeCommand, type User, withUser } from "../support/authsome.ts";
import { changed, type Json, KEY_DEFINITION } from "../support/definitions.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

function write(user: User, fields: Json): string {
  const file = join(user.folder, "acme.json");
  Deno.writeTextFileSync(file, JSON.stringify(changed(KEY_DEFINITION, fields)));
  return file;
}

Deno.test("register warns of a look-alike even if nobody is asked", () =>
  withUser(async (user) => {
    const file = write(user, { api_url: "api.openai.co" });
    const { code, stderr } = await user.authsome(["register", file, "--yes"]);
    assert.equal(code, 0);
    assert.match(stderr, /^ {2}Sent to +api\.openai\.co$/m);
    assert.match(
      stderr,
      /^Warning: api\.openai\.co is not openai\.com, which belongs to OpenAI\./m,
    );
  }));

Deno.test("register refuses a pattern that reaches the hosts of strangers, --yes or not", () =>
  withUser(async (user) => {
    const file = write(user, { api_url: "*.github.io" });
    const error = await user.fail(11, ["register", file, "--yes"]);
    assert.match(error, /^Error: The host pattern '\*\.github\.io' is refused: .*\nHint: /);
    await user.fail(3, ["login", "acme", "--stdin"]);
  }));

Deno.test("register takes an IP address only with --yes", () =>
  withUser(async (user) => {
    const file = write(user, { api_url: "192.0.2.7" });
    assert.match(await user.fail(11, ["register", file]), /\nHint: .*--yes\.\n$/);
    assert.match(await user.succeed(["register", file, "--yes"]), /^Registered acme\. Next: /);
  }));

Deno.test("register takes files with comments and fields under their old names", () =>
  withUser(async (user) => {
    for (const { title, text } of OLDER_DEFINITIONS) {
      const file = join(user.folder, "acme.jsonc");
      Deno.writeTextFileSync(file, text);
      await user.succeed(["register", file, "--yes", "--force"]);
      const { document } = await user.json(["list", "acme"]);
      const [acme] = document.providers as readonly Readonly<Record<string, unknown>>[];
      assert.deepEqual([acme?.source, acme?.problem], ["custom", undefined], title);
    }
  }));

const ANSWERS: readonly (readonly [send: string, code: number, shows: string])[] = [
  ["y\r", 0, "Registered acme. Next: authsome login acme"],
  ["n\r", 8, "Nothing was registered."],
];

for (const [send, expected, shows] of ANSWERS) {
  testNeeding(TERMINAL_DRIVER)(
    `register, answered with ${JSON.stringify(send)}, ends with ${expected}`,
    () =>
      withUser(async (user) => {
        const file = write(user, { api_url: "api.xn--penai-iye.com" });
        const { code, screen } = await runInTerminal([...authsomeCommand(), "register", file], {
          env: user.env,
          steps: [{ wait: "It reads: api." }, { wait: "[y/N]", send }],
        });
        assert.equal(code, expected, screen);
        assert.ok(screen.includes(shows), screen);
      }),
  );
}

Deno.test("the README's definition for a personal token of GitHub takes one, and runs with it", () =>
  withUser(async (user) => {
    const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
    const [, definition = ""] = /```json\n(\{[^`]*"github-token"[^`]*)```/.exec(readme) ?? [];
    const file = join(user.folder, "github-token.json");
    Deno.writeTextFileSync(file, definition);
    await user.succeed(["register", file, "--yes"]);
    const token = `ghp_${"a".repeat(36)}`;
    await user.succeed(["login", "github-token", "--stdin"], { stdin: token });
    const command = ["run", "--only", "--", "sh", "-c", "echo $GITHUB_TOKEN $GH_TOKEN"];
    const { stdout, stderr } = await user.authsome(command, { env: { GH_TOKEN: token } });
    assert.equal(stdout, "authsome-proxy-managed authsome-proxy-managed\n");
    assert.equal(stderr, "");
  }));
