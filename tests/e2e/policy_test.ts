import assert from "node:assert/strict";
import { type ApiOrigin, withApi } from "../support/api_origin.ts";
import { authsomeCommand, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

const test = testNeeding("curl");

const HOST = "https://api.openai.com";

/** Prints the status of each request, and of a refusal the rule. */
function curls(...requests: readonly string[]): readonly string[] {
  const lines = requests.map((request) => `curl -sS --path-as-is -w ' %{http_code}\\n' ${request}`);
  return ["sh", "-c", lines.join("\n")];
}

function outcomes(stdout: string): readonly string[] {
  const blocks = stdout.trim().split(/(?<= \d{3})\n/);
  return blocks.map((text) => `${text.slice(-3)} ${/The rule '([a-z_]+)'/.exec(text)?.[1] ?? ""}`);
}

function writeConfig(user: User, config: unknown): void {
  Deno.writeTextFileSync(`${user.home}/config.json`, JSON.stringify(config));
}

test("run: flags narrow what config.json allows, for every connection it names", async () => {
  await withApi(async (user, api) => {
    await logIn(user, { connection: "work", key: OTHER_KEY });
    writeConfig(user, {
      policy: {
        "openai": { allow: ["GET,POST /v1/**"] },
        "openai/work": { read_only: true },
      },
    });
    const work = `-H 'Authorization: Bearer authsome-proxy-managed:work'`;
    const command = curls(
      `${HOST}/v1/models`,
      `-X POST ${HOST}/v1/models`,
      `${HOST}/v1/files`,
      `${HOST}/v2`,
      `${work} ${HOST}/v1/models`,
      `${work} -X POST ${HOST}/v1/models`,
      `${HOST}/v1/models/../../v2`,
      `${HOST}/v1/models`,
    );
    const flags = ["--allow", "openai:/v1/models", "--allow", "openai:/v2", "--max-requests=3"];
    const { stdout, stderr } = await api.run(user, command, flags);
    assert.equal(stderr, "");
    assert.deepEqual(outcomes(stdout), [
      ...["200 ", "200 ", "403 allow", "403 allow", "200 ", "403 read_only", "400 allow"],
      "403 max_requests",
    ]);
    assert.equal(api.requests.length, 3);
    const { document } = await user.json(["log", "--event", "refused"]);
    assert.equal((document.events as readonly unknown[]).length, 5);
  });
});

test("run: --read-only and --expires hold for every provider, --only as before", async () => {
  await withApi(async (user, api) => {
    const command = curls(`-I ${HOST}/v1`, `-X DELETE ${HOST}/v1`);
    const { stdout } = await api.run(user, command, ["--read-only", "--expires", "1h"]);
    assert.match(stdout, /^HTTP\/1.1 200 OK/m);
    assert.match(stdout, /'read_only' for every provider \(the command line\).* 403\n$/s);
    writeConfig(user, { policy: { openai: { expires: "2020-01-01T00:00:00Z" } } });
    const ended = await api.run(user, curls(`${HOST}/v1`), ["--only"]);
    assert.deepEqual(outcomes(ended.stdout), ["403 expires"]);
  });
});

testNeeding("curl", "setsid")("run: where nobody can be asked, requests are refused", async () => {
  await withApi(async (user, api) => {
    writeConfig(user, { policy: { openai: { ask: true } } });
    const run = [...authsomeCommand(), "run", ...api.flags(user), "--", ...curls(`${HOST}/v1`)];
    const { stdout } = await runCommand(["setsid", "--wait", ...run], { env: user.env });
    assert.deepEqual(outcomes(stdout), ["403 ask"]);
    assert.match(stdout, /there is no terminal to ask at/);
    assert.equal(api.requests.length, 0);
  });
});

test("run: a person is asked on a page, whose address nobody else is told", async () => {
  await withApi(async (user, api) => {
    const browser = `${user.folder}/xdg-open`;
    const script =
      '#!/bin/sh\ncurl -sS -o "$0.page" "$1"\ncurl -sS -o /dev/null -d answer=once "$1"';
    Deno.writeTextFileSync(browser, script, { mode: 0o755 });
    const flags = [...api.flags(user), "--ask", "--ask-on", "page"];
    const { stdout, stderr } = await user.authsome(
      ["run", ...flags, "--", ...curls(`${HOST}/v1`)],
      {
        env: { PATH: `${user.folder}:${user.env.PATH}`, DISPLAY: ":0", CI: "" },
      },
    );
    assert.equal(stderr, "");
    assert.deepEqual(outcomes(stdout), ["200 "]);
    assert.match(Deno.readTextFileSync(`${browser}.page`), /GET api\.openai\.com\/v1</);
  });
});

/** Runs in a terminal, and answers every question with a code of its own and `more`, or without. */
async function answering(
  { user, api }: { readonly user: User; readonly api: ApiOrigin },
  command: readonly string[],
  answers: readonly { readonly copies: boolean; readonly more: string }[],
): Promise<{ readonly screen: string; readonly sane: boolean }> {
  const run = [...authsomeCommand(), "run", ...api.flags(user), "--ask=openai", "--", ...command];
  const piped = ["sh", "-c", 'echo piped | "$@"', "sh", ...run];
  return await runInTerminal(piped, {
    env: user.env,
    steps: answers.map(({ copies, more }) => ({
      wait: "Enter denies (60 s): ",
      ...copies && { copy: "Type (\\d+) to allow" },
      send: `${more}\r`,
    })),
  });
}

testNeeding("curl", TERMINAL_DRIVER)("run: a person is asked at the terminal", async () => {
  await withApi(async (user, api) => {
    const [a, b, c] = [`${HOST}/v1/a?secret-query`, `-X POST ${HOST}/v1/b`, `${HOST}/v1/c`];
    const [shell = "", flag = "", script = ""] = curls(a, b, b, a, c);
    const { screen, sane } = await answering({ user, api }, [shell, flag, `cat; ${script}`], [
      { copies: true, more: "" },
      { copies: true, more: "+" },
      { copies: false, more: "y" },
      { copies: true, more: "0" },
    ]);
    assert.ok(sane, screen);
    assert.match(screen, /^piped\r$/m);
    const asked = [...screen.matchAll(/^(\S+ \S+) wants the credential openai\/default/gm)];
    assert.deepEqual(asked.map(([, request]) => request), [
      "GET api.openai.com/v1/a",
      "POST api.openai.com/v1/b",
      "GET api.openai.com/v1/a",
      "GET api.openai.com/v1/c",
    ]);
    const statuses = [...screen.matchAll(/ (\d{3})\r$/gm)].map(([, status]) => status);
    assert.deepEqual(statuses, ["200", "200", "200", "403", "403"]);
    assert.match(screen, /'ask' for openai \(the command line\).*denied at the terminal/);
    assert.equal(api.requests.length, 3);
  });
});

testNeeding("curl", TERMINAL_DRIVER)(
  "run: a terminal that others use is left to them",
  async () => {
    await withApi(async (user, api) => {
      const script = curls(`${HOST}/v1/a`).at(-1) ?? "";
      const { screen } = await answering({ user, api }, ["sh", "-mc", `${script}; true`], []);
      assert.match(screen, /another program has the terminal/);
      assert.match(screen, / 403\r$/m);
    });
  },
);

testNeeding("curl", TERMINAL_DRIVER)("run: a question ends with the run", async () => {
  await withApi(async (user, api) => {
    const run = [...authsomeCommand(), "run", ...api.flags(user), "--ask", "--"];
    const child = ["sh", "-c", `curl -sS ${HOST}/v1/a & wait`];
    const { code, sane, screen } = await runInTerminal(
      ["sh", "-c", 'stty raw -echo; exec "$@"', "sh", ...run, ...child],
      { env: user.env, steps: [{ wait: "Enter denies", signal: "SIGTERM" }] },
    );
    assert.equal(code, 143, screen);
    assert.equal(sane, false, "the shell that asks has kept the terminal");
  });
});

const WRONG: readonly [config: unknown, flags: readonly string[], told: RegExp][] = [
  [{ policy: { openai: { allows: [] } } }, [], /config\.json: 'policy\.openai\.allows' /],
  [{ policy: { openai: { allow: ["/v1/../x"] } } }, [], /config\.json: 'policy\.openai\.allow' /],
  [{ policy: { opnai: { read_only: true } } }, [], /\(config\.json\) is about opnai/],
  [{ polices: {} }, [], /config\.json: 'polices' is no setting/],
  [{}, ["--allow", "opnai:/v1"], /\(the command line\) is about opnai/],
  [{}, ["--allow", "openai:/v1//x"], /--allow 'openai:\/v1\/\/x' /],
  [{}, ["--read-only=opnai"], /is about opnai/],
  [{}, ["--max-requests", "openai=few"], /--max-requests 'openai=few' /],
  [{}, ["--expires", "openai=soon"], /--expires 'openai=soon' /],
  [{}, ["--expires", "2020-01-01T00:00:00Z"], /--expires '2020-01-01T00:00:00Z' is in the past\./],
];

Deno.test("run: with a policy that is wrong nothing is started", async () => {
  await withUser(async (user) => {
    await user.succeed(["whoami"]);
    for (const [config, flags, told] of WRONG) {
      writeConfig(user, config);
      const { code, stdout, stderr } = await user.authsome(["run", ...flags, "--", "echo", "ran"]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, told);
      assert.match(stderr, /^Hint: /m);
    }
  });
});
