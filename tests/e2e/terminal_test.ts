import assert from "node:assert/strict";
import { authsomeCommand, KEY, logIn, type User, withUser } from "../support/authsome.ts";
import { KEY_DEFINITION } from "../support/definitions.ts";
import { testNeeding } from "../support/needs.ts";
import {
  runInTerminal,
  TERMINAL_DRIVER,
  type TerminalResult,
  type TerminalStep,
} from "../support/terminal.ts";

const test = testNeeding(TERMINAL_DRIVER);
const PROMPT = "OpenAI API key: ";

function inTerminal(
  user: User,
  args: readonly string[],
  steps: readonly TerminalStep[],
): Promise<TerminalResult> {
  return runInTerminal([...authsomeCommand(), ...args], { env: user.env, steps });
}

async function storedKey(user: User): Promise<string> {
  return await user.succeed(["get", "openai", "--field", "api_key", "--show-secret"]);
}

test("a typed key shows as stars and is stored", () =>
  withUser(async (user) => {
    const result = await inTerminal(user, ["login", "openai"], [
      { wait: PROMPT, send: `${KEY}\r` },
    ]);
    assert.equal(result.code, 0, result.screen);
    assert.ok(result.screen.endsWith("Successfully logged in to openai (default).\r\n"));
    assert.ok(result.screen.includes("*".repeat(KEY.length)));
    assert.ok(!result.screen.includes("abcdefghij"));
    assert.ok(result.sane);
    assert.equal(await storedKey(user), `${KEY}\n`);
  }));

test("nothing is echoed to somebody who types at the first word", () =>
  withUser(async (user) => {
    const result = await inTerminal(user, ["login", "openai"], [{
      wait: "Get",
      send: `${KEY}\r`,
    }]);
    assert.equal(result.code, 0, result.screen);
    assert.ok(!result.screen.includes("abcdefghij"), result.screen);
  }));

const EDITS: readonly (readonly [name: string, typed: string])[] = [
  ["backspace", `${KEY}xé\x7f\x7f\r`],
  ["Ctrl-U", `wrong\x15${KEY}\r`],
  ["arrow keys", `${KEY.slice(0, 9)}\x1b[D\x1b[1;5C\x1bOA${KEY.slice(9)}\r`],
  ["a bracketed paste", `\x1b[200~${KEY}\n\x1b[201~\r`],
  ["spaces around it", `  ${KEY} \r`],
];

for (const [name, typed] of EDITS) {
  test(`a key typed with ${name} is understood`, () =>
    withUser(async (user) => {
      const steps = [{ wait: PROMPT, send: typed }];
      const result = await inTerminal(user, ["login", "openai"], steps);
      assert.equal(result.code, 0, result.screen);
      assert.equal(await storedKey(user), `${KEY}\n`);
    }));
}

test("a pasted line break inside a key is refused", () =>
  withUser(async (user) => {
    const paste = `\x1b[200~${KEY}\n${KEY}\x1b[201~\r`;
    const steps = [{ wait: PROMPT, send: paste }];
    const result = await inTerminal(user, ["login", "openai"], steps);
    assert.equal(result.code, 4);
    assert.match(result.screen, /This does not look like a valid OpenAI API key\./);
    assert.ok(!result.screen.includes("abcdefghij"));
  }));

const WAYS_OUT:
  readonly (readonly [name: string, step: Omit<TerminalStep, "wait">, code: number])[] = [
    ["Ctrl-C", { send: "sk-half\x03" }, 8],
    ["Ctrl-D", { send: "\x04" }, 8],
    ["SIGINT", { signal: "SIGINT" }, 8],
    ["SIGTERM", { signal: "SIGTERM" }, -15],
  ];

for (const [name, step, code] of WAYS_OUT) {
  test(`${name} at the prompt stores nothing and restores the terminal`, () =>
    withUser(async (user) => {
      const result = await inTerminal(user, ["login", "openai"], [{ wait: PROMPT, ...step }]);
      assert.equal(result.code, code, result.screen);
      assert.ok(result.sane);
      assert.ok(result.screen.includes("\x1b[?2004h"));
      assert.ok(result.screen.lastIndexOf("\x1b[?2004l") > result.screen.indexOf("\x1b[?2004h"));
      await user.fail(5, ["get", "openai"]);
    }));
}

test("--stdin at a terminal does not echo the key", () =>
  withUser(async (user) => {
    const steps = [{ wait: PROMPT, send: `${KEY}\r` }];
    const result = await inTerminal(user, ["login", "openai", "--stdin"], steps);
    assert.equal(result.code, 0);
    assert.ok(!result.screen.includes("abcdefghij"));
  }));

test("register asks, and takes only yes for yes", () =>
  withUser(async (user) => {
    const file = `${user.folder}/acme.json`;
    await Deno.writeTextFile(file, JSON.stringify(ACME));
    const answers: readonly (readonly [string, number])[] = [
      ["\r", 8],
      ["n\r", 8],
      ["yess\r", 8],
      ["\x03", 8],
      ["yess\x7f\r", 0],
    ];
    for (const [send, code] of answers) {
      const steps = [{ wait: "Register this provider? [y/N] ", send }];
      const result = await inTerminal(user, ["register", file], steps);
      assert.equal(result.code, code, result.screen);
      assert.match(result.screen, /Sent to +api\.acme\.example/);
      assert.ok(result.sane);
    }
  }));

const ACME = { ...KEY_DEFINITION, api_url: "api.acme.example" };

test("colours appear in a terminal only, and not if they are unwanted", () =>
  withUser(async (user) => {
    await logIn(user);
    const plain: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
      [["--no-color"], {}],
      [[], { NO_COLOR: "1" }],
      [[], { TERM: "dumb" }],
    ];
    const coloured = await inTerminal(user, ["list"], []);
    assert.ok(coloured.screen.includes("\x1b[32mconnected\x1b[39m"));
    for (const [flags, env] of plain) {
      const command = [...authsomeCommand(), "list", ...flags];
      const { screen } = await runInTerminal(command, {
        env: { ...user.env, ...env },
        steps: [],
      });
      assert.ok(screen.includes("connected"));
      assert.ok(!screen.includes("\x1b"));
    }
    assert.ok(!(await user.succeed(["list"])).includes("\x1b"));
  }));

test("tables stay within the width of the terminal", () =>
  withUser(async (user) => {
    await logIn(user, { connection: "a".repeat(64) });
    const { screen } = await inTerminal(user, ["list", "--no-color"], []);
    const lines = screen.split("\r\n");
    assert.ok(lines.some((line) => line.includes("aaa…")));
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
  }));
