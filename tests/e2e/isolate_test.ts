import assert from "node:assert/strict";
import { join } from "node:path";
import { headerOf, startApiOrigin } from "../support/api_origin.ts";
import { authsomeCommand, KEY, logIn, type User, withUser } from "../support/authsome.ts";
import { testIsolated } from "../support/isolation.ts";
import { RunningProgram } from "../support/running.ts";
import { runInTerminal } from "../support/terminal.ts";

const test = testIsolated();

const isolated = (...command: readonly string[]): readonly string[] => [
  ...["run", "--isolate", "--"],
  ...command,
];
const sh = (script: string): readonly string[] => ["sh", "-c", script];

test("run --isolate: exit statuses are those of a shell, and nothing is said to be as it is", () =>
  withUser(async (user) => {
    const cases = [
      { command: ["no-such-command-here"], status: 127 },
      { command: [user.folder], status: 126 },
      { command: sh("kill -TERM $$"), status: 143 },
    ];
    for (const { command, status } of cases) {
      const { code, stderr } = await user.authsome(isolated(...command));
      assert.equal(code, status, `${command.join(" ")}\n${stderr}`);
      assert.match(stderr, /^Nothing is connected: the command runs in its sandbox\.$/m);
    }
  }));

test("run --isolate: where bubblewrap fails, the hint names a section of the README", () =>
  withUser(async (user) => {
    Deno.writeTextFileSync(join(user.folder, "bwrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const env = { PATH: `${user.folder}:${user.env.PATH}` };
    const stderr = await user.fail(2, isolated("true"), { env });
    const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
    const section = /see '([^']+)' in authsome's README/.exec(stderr)?.[1];
    assert.ok(readme.includes(`\n## ${section}\n`), stderr);
  }));

test("run --isolate: the child reads and writes our streams and the working folder", () =>
  withUser(async (user) => {
    const cwd = join(user.folder, "project");
    Deno.mkdirSync(cwd);
    const script = 'cat > copied; echo "to stdout"; echo "to stderr" >&2; pwd; echo $HOME';
    const { stdout, stderr } = await user.authsome(isolated(...sh(script)), { stdin: "in", cwd });
    assert.equal(stdout, `to stdout\n${cwd}\n${user.folder}\n`);
    assert.match(stderr, /to stderr/);
    assert.equal(Deno.readTextFileSync(join(cwd, "copied")), "in");
  }));

test("run --isolate: signals reach the child, and it may live on", () =>
  withUser(async (user) => {
    const script = 'for s in TERM INT HUP; do trap "echo caught $s" $s; done; echo ready; ' +
      'until [ "$a" = end ]; do read a; done; exit 3';
    const command = [...authsomeCommand(), ...isolated(...sh(script))];
    const program = new RunningProgram(command, user.env);
    await program.readUntil("ready\n");
    for (const name of ["TERM", "INT", "HUP"] as const) {
      program.kill(`SIG${name}`);
      await program.readUntil(`caught ${name}\n`);
    }
    await program.type("end");
    assert.equal(await program.finish(), 3);
  }));

test("run --isolate: nothing in the sandbox outlives authsome", () =>
  withUser(async (user) => {
    const script = "sh -c 'trap \"\" HUP INT TERM; while :; do sleep 1; done' & echo ready; wait";
    const command = [...authsomeCommand(), ...isolated(...sh(script))];
    const program = new RunningProgram(command, user.env);
    await program.readUntil("ready\n");
    program.kill("SIGKILL");
    // Its output ends when the last process that holds it has ended.
    await program.finish();
  }));

testIsolated("curl")(
  "run --isolate: the service gets the key, through the proxy only",
  async () => {
    const api = await startApiOrigin();
    try {
      await withUser(async (user) => {
        await logIn(user);
        const url = "https://api.openai.com/v1/models";
        const curl = (flags: string): string =>
          `curl -sS ${flags} -H "Authorization: Bearer $OPENAI_API_KEY" ${url}`;
        const script = `${curl("")}; ${curl("")}; ${curl("--noproxy '*' -m 3")} && echo escaped`;
        const { stdout } = await api.run(user, sh(script), ["--isolate"]);
        assert.equal(stdout, '{"method":"GET","path":"/v1/models"}'.repeat(2));
        const keys = api.requests.map((head) => headerOf(head, "authorization"));
        assert.deepEqual(keys, [`Bearer ${KEY}`, `Bearer ${KEY}`]);
      });
    } finally {
      await api.close();
    }
  },
);

test("run --isolate: a shared path is there, and no other of /tmp", () =>
  withUser(async (user) => {
    const shared = Deno.makeTempFileSync();
    const other = Deno.makeTempFileSync();
    try {
      const script = `test -e ${shared} && echo shared; test -e ${other} || echo hidden`;
      const { stdout } = await user.authsome([
        ...["run", "--isolate", "--share", shared, "--"],
        ...sh(script),
      ]);
      assert.equal(stdout, "shared\nhidden\n");
      assert.match(await user.fail(2, ["run", "--share", shared, "true"]), /--isolate/);
      assert.match(
        await user.fail(2, ["run", "--isolate", "--share", "/no/such", "true"]),
        /There is no \/no\/such to share\./,
      );
    } finally {
      Deno.removeSync(shared);
      Deno.removeSync(other);
    }
  }));

test("run --isolate: what is shared never includes authsome's home, and this is said", () =>
  withUser(async (user) => {
    await logIn(user);
    const share = (path: string): readonly string[] => ["run", "--isolate", "--share", path];
    for (const path of [user.home, join(user.home, "vault.db")]) {
      const stderr = await user.fail(2, [...share(path), "--", "true"]);
      assert.ok(
        stderr.startsWith(`Error: ${path} is authsome's own, which stays hidden.\n`),
        stderr,
      );
    }
    assert.match(
      await user.fail(2, [...share(""), "--", "true"]),
      /^Error: --share names no path\./,
    );
    const around = await user.authsome([...share(user.folder), "--", "ls", user.home]);
    assert.equal(
      around.stderr,
      `Warning: ${user.folder} is shared, but not authsome's home in it ` +
        `(${user.home}), which stays hidden.\n`,
    );
    assert.doesNotMatch(around.stdout, /vault\.db/);
  }));

test("run --isolate: working folders that would give too much away are refused", () =>
  withUser(async (user) => {
    await logIn(user);
    const inHome = await user.authsome(isolated("true"), { cwd: user.home });
    assert.equal(inHome.code, 2);
    assert.match(inHome.stderr, /authsome's own/);
    const inTmp = await user.authsome(isolated("true"), { cwd: "/tmp" });
    assert.equal(inTmp.code, 2);
    assert.match(inTmp.stderr, /The working folder \/tmp holds other programs' sockets/);
  }));

Deno.test("run --isolate: without bubblewrap it says how to install it", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withUser(async (user) => {
    const stderr = await user.fail(2, isolated("true"), { env: { PATH: "/nonexistent" } });
    assert.match(stderr, /needs bubblewrap \(bwrap\), which is not on PATH/);
    assert.match(stderr, /Install it: sudo apt install bubblewrap/);
  }));

const inTerminal = testIsolated("python3", "bash");

inTerminal(
  "run --isolate in a terminal: a shell has job control",
  () =>
    withUser(async (user) => {
      const begin = (name: string): string => `sh -c 'echo ${name} "begins"; exec sleep 100'`;
      const { code, screen, sane } = await interact(user, ["bash", "--norc", "-i"], [
        { wait: "bash-", send: "tty -s && echo a terminal; stty size\r" },
        { wait: "24 80", send: `${begin("one")}\r` },
        { wait: "one begins", send: "\x03" },
        { wait: "bash-", send: `${begin("two")}\r` },
        { wait: "two begins", send: "\x1a" },
        { wait: "Stopped", send: "disown -a; exit 5\r" },
      ]);
      assert.match(screen, /a terminal/);
      assert.equal(code, 5, screen);
      assert.ok(sane);
      const steps = [{ wait: "three begins", send: "\x03" }];
      const ended = await interact(user, ["sh", "-c", begin("three")], steps);
      assert.equal(ended.code, 130, ended.screen);
    }),
);

inTerminal(
  "run --isolate in a terminal: nothing can be typed into it",
  () =>
    withUser(async (user) => {
      // The kernel looks at the lower half of the request only.
      const typist = "import ctypes, os\n" +
        "call = ctypes.CDLL(None, use_errno=True).syscall\n" +
        "number = ctypes.c_long(16 if os.uname().machine == 'x86_64' else 29)\n" +
        "for request in 0x5412, 0x5412 | 1 << 40, 0x541c:\n" +
        "  print(call(number, 0, ctypes.c_long(request), b'x'), ctypes.get_errno())\n";
      const { screen } = await interact(user, ["python3", "-c", typist], []);
      assert.ok(screen.endsWith("-1 1\r\n-1 1\r\n-1 1\r\n"), screen);
    }),
);

function interact(
  user: User,
  command: readonly string[],
  steps: Parameters<typeof runInTerminal>[1]["steps"],
): ReturnType<typeof runInTerminal> {
  return runInTerminal([...authsomeCommand(), ...isolated(...command)], { env: user.env, steps });
}
