import assert from "node:assert/strict";
import { KEY, logIn, type User, withUser } from "../support/authsome.ts";

type Event = Readonly<Record<string, unknown>>;

async function events(user: User, flags: readonly string[]): Promise<readonly Event[]> {
  return (await user.json(["log", ...flags])).document.events as readonly Event[];
}

/** Two logins, an export and a run. */
async function makeHistory(user: User): Promise<void> {
  await logIn(user);
  await logIn(user, { connection: "work" });
  await user.succeed(["export", "openai"]);
  await user.succeed(["run", "--", Deno.execPath(), "--version"]);
}

Deno.test("log shows the events that all of its flags let through", () =>
  withUser(async (user) => {
    await makeHistory(user);
    const all = await events(user, []);
    const run = String(all.at(-1)?.run);
    const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
      [[], ["login", "login", "export", "run_start", "run_end"]],
      [["--provider", "openai"], ["login", "login", "export"]],
      [["--provider", "github"], []],
      [["--connection", "work"], ["login"]],
      [["--run", run], ["run_start", "run_end"]],
      [["--run", run.slice(0, 6)], ["run_start", "run_end"]],
      [["--event", "login"], ["login", "login"]],
      [["--event", "login", "-n", "1"], ["login"]],
      [["--event", "login", "--connection", "default"], ["login"]],
      [["--since", "1h"], ["login", "login", "export", "run_start", "run_end"]],
      [["--since", "2999-01-01"], []],
      [["--since", String(all[3]?.time)], ["run_start", "run_end"]],
    ];
    for (const [flags, expected] of cases) {
      assert.deepEqual((await events(user, flags)).map(({ event }) => event), expected, `${flags}`);
    }
    const { stderr } = await user.authsome(["log", "--provider", "github"]);
    assert.equal(stderr, "There are no such events.\n");
    await user.succeed(["run", "--profile", "p2", "--", Deno.execPath(), "--version"]);
    const ofProfile = await events(user, ["--profile", "p2"]);
    assert.deepEqual(ofProfile.map(({ profile }) => profile), ["p2", "p2"]);
    const env = { AUTHSOME_PROFILE: "default" };
    const rest = (await user.json(["log"], { env })).document.events as readonly Event[];
    assert.equal(rest.length, all.length);
    assert.match(await user.succeed(["log"]), /\(profile p2\)\n$/);
    assert.match(await user.fail(2, ["log", "--event", "logn"]), /one of: login, .*mean: login/s);
    assert.match(await user.fail(3, ["log", "--provider", "opnai"]), /openai/);
    for (const since of ["yesterday", "12", "2026-13-40", "1w"]) {
      assert.match(await user.fail(2, ["log", "--since", since]), /--since/);
    }
  }));

interface Tampering {
  readonly name: string;
  change(lines: string[]): string[];
  readonly problem: RegExp;
}

const TAMPERINGS: readonly Tampering[] = [
  {
    name: "a changed event",
    change: ([first = "", ...rest]) => [first.replace("login", "logout"), ...rest],
    problem: /Event 1 was changed after event 2 was recorded\./,
  },
  {
    name: "a removed event",
    change: ([first = "", , ...rest]) => [first, ...rest],
    problem: /Events 2 to 2 are missing\./,
  },
  {
    name: "an end that was cut off",
    change: (lines) => lines.slice(0, -1),
    problem: /missing at the end/,
  },
  {
    name: "a trail that was emptied",
    change: () => [],
    problem: /missing at the end/,
  },
];

for (const { name, change, problem } of TAMPERINGS) {
  Deno.test(`log --verify notices ${name}, and goes on noticing`, () =>
    withUser(async (user) => {
      await logIn(user);
      await logIn(user, { connection: "work" });
      await user.succeed(["export", "openai"]);
      assert.equal(
        await user.succeed(["log", "--verify"]),
        "The audit trail is whole (events: 3).\n",
      );
      const file = `${user.home}/audit.jsonl`;
      const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
      await Deno.writeTextFile(file, change(lines).map((line) => `${line}\n`).join(""));
      for (let count = 0; count < 2; count++) {
        const { code, stdout } = await user.authsome(["log", "--verify"]);
        assert.equal(code, 1);
        assert.match(stdout, count === 0 ? problem : /not what was recorded/);
        const { code: status, document } = await user.json(["log", "--verify"]);
        assert.equal(status, 1);
        assert.equal(document.ok, false);
        await user.succeed(["export", "openai"]);
      }
    }));
}

Deno.test("rekey makes a new key; everything still opens, and it is on record", () =>
  withUser(async (user) => {
    await logIn(user);
    const before = await Deno.readTextFile(`${user.home}/master.key`);
    const { code, document } = await user.json(["rekey"]);
    assert.equal(code, 0);
    assert.equal(document.key_source, "master.key");
    const after = await Deno.readTextFile(`${user.home}/master.key`);
    assert.notEqual(after, before);
    assert.ok(!JSON.stringify(document).includes(after.trim()));
    assert.equal(await user.succeed(["export", "openai"]), `export OPENAI_API_KEY=${KEY}\n`);
    assert.equal((await events(user, ["--event", "rekey"]))[0]?.outcome, "ok");
    await user.succeed(["log", "--verify"]);
    const old = { AUTHSOME_MASTER_KEY: before.trim() };
    await user.fail(7, ["export", "openai"], { env: old });
  }));

Deno.test("rekey is refused where the environment holds the key", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_MASTER_KEY: btoa("k".repeat(32)) };
    await user.succeed(["login", "openai", "--stdin"], { env, stdin: KEY });
    const error = await user.fail(11, ["rekey"], { env });
    assert.match(
      error,
      /The master key is in AUTHSOME_MASTER_KEY, where authsome cannot change it/,
    );
    const { code, document } = await user.json(["rekey"], { env });
    assert.deepEqual([code, document.error], [11, "refused"]);
    assert.equal((await events(user, ["--event", "rekey"]))[0]?.outcome, "refused");
    await user.succeed(["export", "openai"], { env });
  }));

Deno.test("rekey keeps a passphrase vault open for its passphrase only", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_PASSPHRASE: "correct horse" };
    await user.succeed(["login", "openai", "--stdin"], { env, stdin: KEY });
    await user.succeed(["rekey"], { env });
    await user.succeed(["export", "openai"], { env });
    await user.fail(7, ["rekey"], { env: { AUTHSOME_PASSPHRASE: "wrong" } });
    await user.fail(7, ["export", "openai"]);
  }));
