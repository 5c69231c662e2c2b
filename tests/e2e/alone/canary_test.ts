import assert from "node:assert/strict";
import { withUser } from "../../support/authsome.ts";
import { assertAbsent, assertAbsentFromFiles, watchProcesses } from "../../support/canary.ts";
import { startPageLogin } from "../../support/login_page.ts";

/** Unlike anything else; the commands below may show it only where they are asked to. */
const CANARY = "sk-canary0123456789canaryABCDEF";
const SECOND = "sk-second9876543210secondFEDCBA";

const SECRETS = [CANARY, SECOND];

function assertNotIn(text: string, where: string): void {
  assertAbsent(SECRETS, text, where);
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
    watchProcesses(() => SECRETS, async () => {
      for (const { args, stdin = "", status = 0 } of SILENT) {
        const { code, stdout, stderr } = await user.authsome(args, { stdin });
        assert.equal(code, status, `${args.join(" ")}\n${stderr}`);
        assertNotIn(stdout + stderr, args.join(" "));
        assertAbsentFromFiles(SECRETS, user.folder);
      }
    })
  ));

Deno.test("a login on the page shows no secret to anybody", () =>
  withUser((user) =>
    watchProcesses(() => SECRETS, async () => {
      const login = await startPageLogin(user, ["login", "openai", "--no-browser", "--verbose"]);
      assertNotIn(await (await login.submit(`${CANARY}\n${SECOND}`)).text(), "the refusing page");
      assertNotIn(await (await login.submit(CANARY)).text(), "the page");
      const { code, stdout, stderr } = await login.ended;
      assert.equal(code, 0);
      assertNotIn(stdout + stderr, "the terminal");
      assertAbsentFromFiles(SECRETS, user.folder);
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
      assertNotIn(stdout + stderr, args.join(" "));
    }
  }));
