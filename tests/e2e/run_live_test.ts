import assert from "node:assert/strict";
import { type ApiOrigin, headerOf, startApiOrigin } from "../support/api_origin.ts";
import {
  authsomeCommand,
  KEY,
  logIn,
  OTHER_KEY,
  type User,
  withUser,
} from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { RunningProgram } from "../support/running.ts";

const test = testNeeding("curl");

/** For each line it reads: makes one request and prints the status. */
const LOOP = "while read line; do " +
  `curl -sS -o /dev/null -w '%{http_code}\\n' https://api.openai.com/v1/models; done`;

async function withLoop(
  use: (parts: { user: User; api: ApiOrigin; child: RunningProgram }) => Promise<void>,
): Promise<void> {
  const api = await startApiOrigin();
  try {
    await withUser(async (user) => {
      await logIn(user);
      const command = [...authsomeCommand(), "run", ...api.flags(user), "--", "sh", "-c", LOOP];
      const child = new RunningProgram(command, user.env);
      try {
        await use({ user, api, child });
      } finally {
        await child.finish();
      }
    });
  } finally {
    await api.close();
  }
}

test("run: a key rotated in another terminal counts for the next request", async () => {
  await withLoop(async ({ user, api, child }) => {
    await child.type("go");
    assert.equal(await child.readUntil("\n"), "200\n");
    await user.succeed(["login", "openai", "--stdin", "--force"], { stdin: OTHER_KEY });
    await child.type("go");
    assert.equal(await child.readUntil("\n"), "200\n");
    const sent = api.requests.map((head) => headerOf(head, "authorization"));
    assert.deepEqual(sent, [`Bearer ${KEY}`, `Bearer ${OTHER_KEY}`]);
  });
});

test("run: after a logout requests get 502 and nothing is forwarded", async () => {
  await withLoop(async ({ user, api, child }) => {
    await child.type("go");
    assert.equal(await child.readUntil("\n"), "200\n");
    await user.succeed(["logout", "openai"]);
    await child.type("go");
    assert.equal(await child.readUntil("\n"), "502\n");
    assert.equal(api.requests.length, 1);
    await logIn(user);
    await child.type("go");
    assert.equal(await child.readUntil("\n"), "200\n");
  });
});

test("run: a provider connected later becomes routed", async () => {
  const groq = await startApiOrigin("api.groq.com");
  try {
    await withUser(async (user) => {
      const script = "read line; curl -sS -o /dev/null -w '%{http_code}\\n' https://api.groq.com/";
      const flags = groq.flags(user);
      const command = [...authsomeCommand(), "run", ...flags, "--", "sh", "-c", script];
      const child = new RunningProgram(command, user.env);
      const key = `gsk_${"a".repeat(52)}`;
      await user.succeed(["login", "groq", "--stdin"], { stdin: key });
      await child.type("go");
      assert.equal(await child.readUntil("\n"), "200\n");
      assert.equal(await child.finish(), 0);
      assert.equal(headerOf(groq.requests[0], "authorization"), `Bearer ${key}`);
    });
  } finally {
    await groq.close();
  }
});

Deno.test("run: signals reach the child and its status comes back", async () => {
  await withUser(async (user) => {
    const cases = [
      { script: "echo ready; read x", signal: "SIGTERM", status: 143 },
      { script: "trap 'exit 9' TERM; echo ready; read x", signal: "SIGTERM", status: 9 },
      { script: "trap 'exit 3' HUP; echo ready; read x", signal: "SIGHUP", status: 3 },
      { script: "trap 'exit 4' INT; echo ready; read x", signal: "SIGINT", status: 4 },
      { script: "trap 'exit 5' QUIT; echo ready; read x", signal: "SIGQUIT", status: 5 },
    ] as const;
    for (const { script, signal, status } of cases) {
      const command = [...authsomeCommand(), "run", "--", "sh", "-c", script];
      const child = new RunningProgram(command, user.env);
      await child.readUntil("ready\n");
      child.kill(signal);
      assert.equal(await child.ended(), status, `${signal} ${script}`);
      await child.finish();
    }
  });
});

const testOnLinux = Deno.build.os === "linux" ? test : Deno.test.ignore;

testOnLinux("run: no process has the key in its environment or arguments", async () => {
  // Tests that run at the same time may have the other keys in their environment.
  const key = "sk-processes0123456789_-abc";
  await withLoop(async ({ user, api, child }) => {
    await user.succeed(["login", "openai", "--stdin", "--force"], { stdin: key });
    await child.type("go");
    await child.readUntil("\n");
    assert.equal(headerOf(api.requests[0] ?? "", "authorization"), `Bearer ${key}`);
    // The pattern goes in on stdin, so that it is in no argument list.
    const search = `grep -alF -f - /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; true`;
    const found = await runCommand(["sh", "-c", search], { stdin: `${key}\n` });
    assert.equal(found.stdout, "");
    const other = await runCommand(["sh", "-c", search], { stdin: "AUTHSOME_RUN=1\n" });
    assert.match(other.stdout, /environ/, "the search finds what is there");
  });
});

Deno.test("run: a killed run leaves its folder, and a later one removes it", async () => {
  await withUser(async (user) => {
    const command = [...authsomeCommand(), "run", "--", "sh", "-c", "echo ready; read x"];
    const child = new RunningProgram(command, user.env);
    await child.readUntil("ready\n");
    child.kill("SIGKILL");
    await child.finish();
    const runs = `${user.home}/run`;
    const [left] = [...Deno.readDirSync(runs)];
    assert.ok(left);
    const old = new Date(Date.now() - 3_600_000);
    Deno.utimeSync(`${runs}/${left.name}`, old, old);
    await user.succeed(["run", "--", "sh", "-c", `while [ -e ${runs}/${left.name} ]; do :; done`]);
    assert.deepEqual([...Deno.readDirSync(runs)], []);
  });
});
