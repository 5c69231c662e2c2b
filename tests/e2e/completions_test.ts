import assert from "node:assert/strict";
import { authsomeCommand, logIn, type User, withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

/** Puts an `authsome` on PATH and the shell's completion script into a file. */
async function installCompletions(
  user: User,
  shell: string,
): Promise<{ readonly env: Readonly<Record<string, string>>; readonly script: string }> {
  await Deno.mkdir(`${user.folder}/bin`);
  const words = authsomeCommand().map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${user.folder}/bin/authsome`, `#!/bin/sh\nexec ${words} "$@"\n`, {
    mode: 0o755,
  });
  const script = `${user.folder}/completions`;
  await Deno.writeTextFile(script, await user.succeed(["completions", shell]));
  return { script, env: { ...user.env, PATH: `${user.folder}/bin:${user.env.PATH}` } };
}

const LINES: readonly (readonly [line: string, expected: readonly string[]])[] = [
  ["authsome log", ["login", "logout", "log"]],
  ["authsome login opena", ["openai"]],
  ["authsome get openai --connection ", ["personal", "team"]],
  ["authsome set-default openai t", ["team"]],
  ["authsome login openai --fo", ["--force"]],
  ["authsome export --format po", ["powershell"]],
  ["authsome --profile nobody logout openai --connection ", []],
  ["authsome register acme.j", ["acme.json"]],
  ["authsome run --only --provider opena", ["openai"]],
];

async function withConnections(use: (user: User) => Promise<void>): Promise<void> {
  await withUser(async (user) => {
    await logIn(user, { connection: "personal" });
    await logIn(user, { connection: "team" });
    await Deno.writeTextFile(`${user.folder}/acme.json`, "{}");
    await use(user);
  });
}

const BASH_DRIVER = `
source "$SCRIPT"
while IFS= read -r line; do
  COMP_LINE=$line COMP_POINT=\${#line}
  read -ra COMP_WORDS <<< "$line"
  case $line in *' ') COMP_WORDS+=("") ;; esac
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _authsome
  echo "\${COMPREPLY[*]}"
done
`;

testNeeding("bash")(
  "bash completes commands, flags, providers, connections and files",
  () =>
    withConnections(async (user) => {
      const { env, script } = await installCompletions(user, "bash");
      const { stdout, stderr } = await runCommand(["bash", "-c", BASH_DRIVER], {
        env: { ...env, SCRIPT: script },
        cwd: user.folder,
        stdin: LINES.map(([line]) => `${line}\n`).join(""),
      });
      assert.equal(stderr, "");
      const answers = stdout.trimEnd().split("\n").map((line) => line.split(" ").filter(Boolean));
      LINES.forEach(([line, expected], index) => {
        assert.deepEqual(answers[index]?.toSorted(), expected.toSorted(), line);
      });
    }),
);

testNeeding("fish")(
  "fish completes commands, flags, providers, connections and files",
  () =>
    withConnections(async (user) => {
      const { env, script } = await installCompletions(user, "fish");
      for (const [line, expected] of LINES) {
        const command = `source ${script}; complete -C '${line}'`;
        const { stdout, stderr } = await runCommand(["fish", "--no-config", "-c", command], {
          env,
          cwd: user.folder,
        });
        assert.equal(stderr, "");
        const answers = stdout.split("\n").filter(Boolean).map((row) => row.split("\t")[0]);
        assert.deepEqual(answers.toSorted(), expected.toSorted(), line);
      }
    }),
);

testNeeding("fish")(
  "fish completes the command after run as a command of its own",
  () =>
    withConnections(async (user) => {
      const { env, script } = await installCompletions(user, "fish");
      for (const line of ["authsome run -- prinf", "authsome run --only prinf"]) {
        const command = `source ${script}; complete -C '${line.replace("prinf", "printen")}'`;
        const { stdout } = await runCommand(["fish", "--no-config", "-c", command], { env });
        assert.match(stdout, /^printenv/m, line);
      }
    }),
);

const ZSH_SESSION: readonly (readonly [typed: string, seen: string])[] = [
  ["authsome who\t", "authsome whoami"],
  ["authsome login opena\t", "authsome login openai"],
  ["authsome get openai --connection te\t", "--connection team"],
  ["authsome export --format po\t", "--format powershell"],
  ["authsome register acme.j\t", "register acme.json"],
  ["authsome run -- whoam\t", "run -- whoami"],
];

testNeeding("zsh", TERMINAL_DRIVER)(
  "zsh completes commands, flags, providers, connections, files and the command after run",
  () =>
    withConnections(async (user) => {
      const { env, script } = await installCompletions(user, "zsh");
      const setup = `cd ${user.folder}; autoload -Uz compinit; compinit -u -D; source ${script}`;
      const prompt = "zsh> ";
      const steps = [
        { wait: prompt, send: `${setup}\r` },
        ...ZSH_SESSION.flatMap(([typed, seen]) => [
          { wait: prompt, send: typed },
          { wait: seen, send: "\x15\r" },
        ]),
        { wait: prompt, send: "exit\r" },
      ];
      const result = await runInTerminal(["zsh", "-f", "-i"], {
        env: { ...env, PS1: prompt },
        steps,
      });
      assert.equal(result.code, 0, result.screen);
    }),
);

Deno.test("completion never fails and never makes a home", () =>
  withUser(async (user) => {
    assert.equal(await user.succeed(["__complete", "get", "nope", "--connection", "."]), "");
    const env = { AUTHSOME_HOME: "", HOME: "", USERPROFILE: "" };
    assert.equal(await user.succeed(["__complete", "login", "."], { env }), "");
    assert.match(await user.succeed(["__complete", ".wh"], { env }), /^whoami\t/);
  }));
