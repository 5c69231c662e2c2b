import assert from "node:assert/strict";
import { withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { startPageLogin } from "../support/login_page.ts";

/** Unlike anything else; the commands below may show it only where they are asked to. */
const CANARY = "sk-canary0123456789canaryABCDEF";
const SECOND = "sk-second9876543210secondFEDCBA";

/** How a secret would look if somebody had merely encoded it. */
function disguises(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  return [secret, btoa(secret), bytes.toHex(), [...secret].reverse().join("")];
}

function assertAbsent(text: string, where: string): void {
  for (const form of [CANARY, SECOND].flatMap(disguises)) {
    assert.ok(!text.includes(form), `a secret is in ${where}`);
  }
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesUnder(path);
    else yield path;
  }
}

function readLatin(path: string): string {
  return new TextDecoder("latin1").decode(Deno.readFileSync(path));
}

/** Reads command lines and environments of every process, again and again, while `work` goes on. */
async function watchProcesses<T>(work: () => Promise<T>): Promise<T> {
  let ended = false;
  const watch = async (): Promise<void> => {
    while (!ended) assertAbsent(await readProcesses(), "/proc");
  };
  const watching = Deno.build.os === "linux" ? watch() : Promise.resolve();
  try {
    return await work();
  } finally {
    ended = true;
    await watching;
  }
}

async function readProcesses(): Promise<string> {
  const script = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null";
  const { stdout } = await runCommand(["sh", "-c", script]);
  assert.ok(stdout.includes("cat"), "nothing could be read");
  return stdout;
}

interface Silent {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** The expected exit status; 0 unless told otherwise. */
  readonly status?: number;
}

/** In this order; none of them may show or leave a secret anywhere. */
const SILENT: readonly Silent[] = [
  { args: ["login", "openai", "--stdin"], stdin: CANARY },
  { args: ["login", "openai", "--stdin"], stdin: SECOND, status: 10 },
  {
    args: ["login", "openai", "--stdin", "--force", "--verbose"],
    stdin: `${CANARY} ${SECOND}`,
    status: 4,
  },
  { args: ["login", "openai", "--stdin", "--connection", "team"], stdin: SECOND },
  { args: ["login", "groq", "--stdin", "--verbose"], stdin: CANARY, status: 4 },
  { args: ["login", "gemini", "--stdin", "--json"], stdin: CANARY },
  { args: ["get", "openai"] },
  { args: ["get", "openai", "--json"] },
  { args: ["get", "openai", "--field", "api_key"] },
  { args: ["get", "openai", "--field", "status", "--show-secret"] },
  { args: ["list"] },
  { args: ["list", "--json"] },
  { args: ["inspect", "openai", "--connections"] },
  { args: ["inspect", "openai", "--json"] },
  { args: ["set-default", "openai", "team"] },
  { args: ["whoami", "--json"] },
  { args: ["doctor", "--json"] },
  { args: ["log", "-n", "1000", "--json"] },
  { args: ["__complete", "get", "openai", "--connection", "."] },
  { args: ["export", "nope"], status: 3 },
  { args: ["revoke", "gemini"] },
  { args: ["logout", "openai", "--connection", "team"] },
  { args: ["remove", "openai"] },
  { args: ["log", "-n", "1000"] },
];

Deno.test("no command shows a secret, leaves it in a file, or hands it to a process", () =>
  withUser((user) =>
    watchProcesses(async () => {
      for (const { args, stdin = "", status = 0 } of SILENT) {
        const { code, stdout, stderr } = await user.authsome(args, { stdin });
        assert.equal(code, status, `${args.join(" ")}\n${stderr}`);
        assertAbsent(stdout + stderr, args.join(" "));
        for (const path of filesUnder(user.folder)) assertAbsent(readLatin(path), path);
      }
    })
  ));

Deno.test("a login on the page shows no secret to anybody", () =>
  withUser((user) =>
    watchProcesses(async () => {
      const login = await startPageLogin(user, ["login", "openai", "--no-browser", "--verbose"]);
      assertAbsent(await (await login.submit(`${CANARY}\n${SECOND}`)).text(), "the refusing page");
      assertAbsent(await (await login.submit(CANARY)).text(), "the page");
      const { code, stdout, stderr } = await login.ended;
      assert.equal(code, 0);
      assertAbsent(stdout + stderr, "the terminal");
      for (const path of filesUnder(user.folder)) assertAbsent(readLatin(path), path);
    })
  ));

Deno.test("the canary is what the commands print that are asked to", () =>
  withUser(async (user) => {
    await user.succeed(["login", "openai", "--stdin"], { stdin: CANARY });
    for (const args of [["get", "openai", "--show-secret"], ["export", "openai"]]) {
      assert.ok((await user.succeed(args)).includes(CANARY), args.join(" "));
    }
  }));

Deno.test("a damaged vault is reported without its contents", () =>
  withUser(async (user) => {
    await user.succeed(["login", "openai", "--stdin"], { stdin: CANARY });
    await Deno.writeTextFile(`${user.home}/master.key`, `${btoa("x".repeat(32))}\n`);
    for (const args of [["export", "openai"], ["get", "openai", "--show-secret"], ["doctor"]]) {
      const { code, stdout, stderr } = await user.authsome([...args, "--verbose"]);
      assert.ok(code === 7 || code === 1, args.join(" "));
      assertAbsent(stdout + stderr, args.join(" "));
    }
  }));
