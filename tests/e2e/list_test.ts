import assert from "node:assert/strict";
import { authsomeCommand, logIn, withUser } from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

interface Listed {
  readonly name: string;
  readonly auth_type: string;
  readonly connections: readonly unknown[];
}

const SEARCHES: readonly (readonly [args: readonly string[], keeps: (one: Listed) => boolean])[] = [
  [["--connected"], ({ connections }) => connections.length > 0],
  [["--auth", "oauth2"], ({ auth_type }) => auth_type === "oauth2"],
  [["--auth", "api_key", "--connected"], ({ name }) => name === "openai"],
  [["OpenAI"], ({ name }) => ["azure-openai", "openai"].includes(name)],
];

Deno.test("list: a search gives the matching part of the list, to people and programs", () =>
  withUser(async (user) => {
    await logIn(user);
    const { document } = await user.json(["list"]);
    const all = document.providers as readonly Listed[];
    assert.ok(all.length > 200);
    for (const [args, keeps] of SEARCHES) {
      const { document: found } = await user.json(["list", ...args]);
      const expected = all.filter(keeps);
      assert.ok(expected.length > 0 && expected.length < all.length);
      assert.deepEqual(found, { ...document, providers: expected });
      const [, ...rows] = (await user.succeed(["list", ...args])).trimEnd().split("\n");
      const names = rows.map((row) => row.split(" ")[0]);
      assert.deepEqual(names.sort(), expected.map(({ name }) => name));
    }
  }));

Deno.test("list: without a match it prints nothing and says so", () =>
  withUser(async (user) => {
    const { code, stdout, stderr } = await user.authsome(["list", "no-such-service"]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
    assert.match(stderr, /authsome list\n$/);
    assert.match(await user.fail(2, ["list", "--auth", "browser"]), /api_key, oauth2/);
  }));

Deno.test("list: for a pipe every provider has a line of its own", () =>
  withUser(async (user) => {
    const lines = (await user.succeed(["list"])).trimEnd().split("\n");
    assert.ok(lines.length > 200);
    assert.deepEqual(lines.filter((line) => line.split(/ {2,}/).length !== 6), []);
  }));

testNeeding(TERMINAL_DRIVER)(
  "list: on a terminal it shows connections first and the others side by side",
  () =>
    withUser(async (user) => {
      await logIn(user);
      const { code, screen } = await runInTerminal([...authsomeCommand(), "list"], {
        env: { ...user.env, NO_COLOR: "1" },
        steps: [{ wait: "authsome list WORD" }],
      });
      const lines = screen.replaceAll("\r", "").split("\n");
      assert.equal(code, 0);
      assert.match(lines[1] ?? "", /^openai +bundled +API key +default +connected +never$/);
      assert.ok(lines.length < 80, `${lines.length} lines`);
      assert.deepEqual(lines.filter((line) => line.length > 80), []);
      assert.match(screen, /^ {2}abuseipdb {2,}\S/m);
    }),
);
