import assert from "node:assert/strict";
import { ERROR_MEANINGS } from "../../lib/errors.ts";
import { COMMANDS } from "../../lib/cli/command_table.ts";
import { authsomeCommand, withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";

const VISIBLE = Object.keys(COMMANDS).filter((name) => !name.startsWith("_"));

Deno.test("the README has every exit status, and it and the help every variable", () =>
  withUser(async (user) => {
    const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
    const rows = [...readme.matchAll(/^\| (\d+) +\| `([a-z_]+)` /gm)].map((
      [, exit, code],
    ) => [code, Number(exit)]);
    const statuses = Object.entries(ERROR_MEANINGS).map(([code, { exit }]) => [code, exit]);
    assert.deepEqual(rows, statuses);
    const help = await user.succeed(["--help"]);
    for (const name of ["HOME", "PROFILE", "PASSPHRASE", "MASTER_KEY", "MASTER_KEY_FILE"]) {
      assert.match(readme, RegExp(`^\\| \`AUTHSOME_${name}\` `, "m"));
      assert.match(help, RegExp(`^ +AUTHSOME_${name} `, "m"));
    }
    for (const [, exit] of statuses) assert.match(help, RegExp(`\\s${exit}\\s[a-z]`));
  }));

Deno.test("without arguments authsome explains itself and ends with 2", () =>
  withUser(async (user) => {
    const { code, stdout, stderr } = await user.authsome([]);
    assert.equal(code, 2);
    assert.equal(stderr, "");
    assert.equal(stdout, await user.succeed(["--help"]));
    for (const name of VISIBLE) assert.match(stdout, new RegExp(`^  ${name} +[A-Z]`, "m"));
  }));

Deno.test("every command has help within 80 columns, with an example that parses", () =>
  withUser(async (user) => {
    for (const name of VISIBLE) {
      const text = await user.succeed([name, "--help"]);
      assert.equal(text, await user.succeed(["help", name]));
      assert.ok(text.includes(`authsome ${name}`), name);
      assert.deepEqual(text.split("\n").filter((line) => line.length > 80), []);
    }
    const overview = await user.succeed(["-h"]);
    assert.deepEqual(overview.split("\n").filter((line) => line.length > 80), []);
  }));

Deno.test("help and version work without a home and write nothing", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_HOME: "", HOME: "", USERPROFILE: "" };
    await user.succeed(["--help"], { env });
    assert.match(await user.succeed(["version"], { env }), /^authsome \d+\.\d+\.\d+\n$/);
    assert.equal(await user.succeed(["-v"], { env }), await user.succeed(["version"], { env }));
    await user.succeed(["completions", "bash"], { env });
    assert.deepEqual([...Deno.readDirSync(user.folder)], []);
    assert.match(await user.fail(2, ["list"], { env }), /^Error: There is no home folder/);
  }));

const MISTAKES: readonly (readonly [args: readonly string[], hint: string])[] = [
  [["lisst"], "authsome list"],
  [["log-in", "openai"], "authsome login"],
  [["login", "openai", "--forse"], "--force"],
  [["get", "openai", "--filed", "status"], "--field"],
  [["get", "opneai"], "'openai'"],
  [["export", "--format", "fsh"], "fish"],
];

Deno.test("a mistyped word is answered with the nearest one", () =>
  withUser(async (user) => {
    for (const [args, hint] of MISTAKES) {
      const { code, stderr } = await user.authsome(args);
      assert.ok(code === 2 || code === 3);
      assert.ok(stderr.includes(`Hint: Did you mean`) && stderr.includes(hint), stderr);
    }
  }));

Deno.test({
  name: "a reader that goes away ends authsome quietly",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withUser(async (user) => {
      const [program = "", ...args] = authsomeCommand();
      const child = new Deno.Command(program, {
        args: [...args, "log", "-n", "100000"],
        env: user.env,
        clearEnv: true,
        stdout: "piped",
        stderr: "piped",
      });
      await user.succeed(["list"]);
      const event = { time: new Date(0).toISOString(), event: "login", profile: "default" };
      await Deno.writeTextFile(
        `${user.home}/audit.jsonl`,
        `${JSON.stringify(event)}\n`.repeat(20_000),
        { mode: 0o600 },
      );
      const running = child.spawn();
      await running.stdout.cancel();
      const { code } = await running.status;
      assert.equal(code, 141);
      assert.equal(await new Response(running.stderr).text(), "");
    }),
});

Deno.test({
  name: "a full disk is told without a stack",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withUser(async (user) => {
      const script = '"$@" whoami > /dev/full';
      const { code, stderr } = await runCommand(["sh", "-c", script, "sh", ...authsomeCommand()], {
        env: user.env,
      });
      assert.equal(code, 1);
      assert.match(stderr, /^Error: The output cannot be written: .*\nHint: .*\n$/);
    }),
});

Deno.test("a relative home is one below the working folder", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_HOME: "here" };
    const { document } = await user.json(["whoami"], { env, cwd: user.folder });
    assert.equal(document.home, `${Deno.realPathSync(user.folder)}/here`);
  }));
