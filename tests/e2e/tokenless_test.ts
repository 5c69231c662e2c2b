import assert from "node:assert/strict";
import { join } from "node:path";
import { type ApiOrigin, startApiOrigin } from "../support/api_origin.ts";
import { authsomeCommand, logIn, type User, withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { RunningProgram } from "../support/running.ts";

const test = Deno.build.os === "windows" ? Deno.test.ignore : testNeeding("curl", "mkfifo");

/** Asks without the token and prints the proxy's answer to CONNECT and the service's. */
const ASK = `curl -sS -o /dev/null -w '%{http_connect} %{http_code}\\n' -x "$PLAIN" ` +
  "https://api.openai.com/v1/models 2>/dev/null";

/** Runs each line it reads. */
const LOOP = 'export PLAIN="http://${HTTPS_PROXY#*@}"; echo "$PLAIN"; ' +
  'while read -r line; do eval "$line"; done';

interface Parts {
  readonly user: User;
  readonly api: ApiOrigin;
  readonly child: RunningProgram;
  /** The proxy's address without the token. */
  readonly proxy: string;
}

async function withLoop(use: (parts: Parts) => Promise<void>): Promise<void> {
  const api = await startApiOrigin();
  try {
    await withUser(async (user) => {
      await logIn(user);
      const command = [...authsomeCommand(), "run", ...api.flags(user), "--", "sh", "-c", LOOP];
      const child = new RunningProgram(command, { ...user.env, ASK, FOLDER: user.folder });
      try {
        await use({ user, api, child, proxy: (await child.readUntil("\n")).trim() });
      } finally {
        await child.finish();
      }
    });
  } finally {
    await api.close();
  }
}

const FAMILY: Readonly<Record<string, string>> = {
  "a child of the child": `eval "$ASK"`,
  "a descendant four generations on": `sh -c 'sh -c "sh -c \\"$ASK; true\\"; true"; true'`,
  "a descendant in a session of its own": `setsid -w sh -c "$ASK; true"`,
};

test("the proxy lets the child's family in without the token, and nobody else", () =>
  withLoop(async ({ user, api, child, proxy }) => {
    for (const [who, line] of Object.entries(FAMILY)) {
      await child.type(line);
      assert.equal(await child.readUntil("\n"), "200 200\n", who);
    }
    const asked = api.requests.length;
    assert.equal(asked, 3);
    const stranger = { env: { ...user.env, PLAIN: proxy }, cwd: user.folder };
    const { stdout } = await runCommand(["sh", "-c", ASK], stranger);
    assert.equal(stdout, "407 000\n", "an unrelated process of the same user");
    await child.type(ASK.replace("$PLAIN", "http://authsome:wrong@${PLAIN#http://}"));
    assert.equal(await child.readUntil("\n"), "407 000\n", "a wrong token");
    assert.equal(api.requests.length, asked);
  }));

test("a daemon, whose parent has ended, is no longer of the child's family", () =>
  withLoop(async ({ user, child }) => {
    const [go, out] = [join(user.folder, "go"), join(user.folder, "out")];
    await child.type(`mkfifo ${go} ${out}`);
    await child.type(`sh -c '(read -r x <${go}; eval "$ASK" >${out}) &'; echo >${go}; cat ${out}`);
    assert.equal(await child.readUntil("\n"), "407 000\n");
  }));
