import assert from "node:assert/strict";
import { authsomeCommand, KEY, logIn, type User, withUser } from "../support/authsome.ts";
import { RunningProgram } from "../support/running.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

/** What a child may run, and what it gets: the status, or 11 for refused. */
const COMMANDS: readonly (readonly [command: string, status: number])[] = [
  ["get openai --show-secret", 11],
  ["export openai", 11],
  ["key use passphrase", 11],
  ["rekey", 11],
  ["register acme.json --yes", 11],
  ["vault restore backup --yes", 11],
  ["login openai --force --stdin", 11],
  ["run --connect-to api.openai.com:443:127.0.0.1:1 true", 11],
  ["run --upstream-ca mine.pem true", 11],
  ["run --no-redact true", 11],
  ["get openai --field status", 0],
  ["run true", 0],
];

Deno.test(
  "a run inside a run does not trust a proxy of the child's choice",
  POSIX,
  () =>
    withUser(async (user) => {
      await logIn(user);
      for (const roots of ["SSL_CERT_FILE=/mine.pem", "SSL_CERT_DIR=/mine"]) {
        const before = `export HTTPS_PROXY=http://127.0.0.1:1 ${roots}`;
        const { stdout, stderr } = await runScript(user, ["run true"], before);
        assert.equal(stdout, "status 11\n", roots);
        assert.match(stderr, new RegExp(`\\('run with ${roots.split("=")[0]}'\\)`));
      }
    }),
);

Deno.test(
  "inside a run authsome does not reveal or weaken secrets",
  POSIX,
  () =>
    withUser(async (user) => {
      await logIn(user);
      const { stdout, stderr } = await runScript(user, COMMANDS.map(([command]) => command));
      assert.equal(stdout, COMMANDS.map(([, status]) => `status ${status}\n`).join(""), stderr);
      const named = [
        ...stderr.matchAll(/Error: This is inside a run, .* \('(.*)'\)\.\n *Hint: Do it/g),
      ];
      assert.deepEqual(named.map(([, words]) => words), [
        ...["get --show-secret", "export", "key use", "rekey", "register", "vault restore"],
        ...["login --force", "run --connect-to", "run --upstream-ca", "run --no-redact"],
      ]);
      assert.match(stderr, /guard rail .* wall is: authsome run --isolate/s);
      assert.ok(!stderr.includes(KEY));
    }),
);

Deno.test(
  "a child that removes AUTHSOME_RUN is known by its ancestors",
  POSIX,
  () =>
    withUser(async (user) => {
      await logIn(user);
      const { stdout } = await runScript(user, ["export openai"], "unset AUTHSOME_RUN");
      assert.equal(stdout, "status 11\n");
      const direct = ["env", "-u", "AUTHSOME_RUN", ...authsomeCommand(), "export", "--json"];
      const { code, stdout: json } = await user.authsome(["run", "--", ...direct]);
      assert.equal(code, 11);
      assert.equal(JSON.parse(json).error, "refused");
    }),
);

Deno.test(
  "outside of a run that lives, secrets are shown as before",
  POSIX,
  () =>
    withUser(async (user) => {
      await logIn(user);
      const child = ["run", "--", "sh", "-c", "echo ready; read end"];
      const running = new RunningProgram([...authsomeCommand(), ...child], user.env);
      await running.readUntil("ready\n");
      const shown = await user.authsome(["get", "openai", "--field", "api_key", "--show-secret"]);
      await running.finish();
      assert.equal(shown.stdout, `${KEY}\n`);
    }),
);

async function runScript(
  user: User,
  commands: readonly string[],
  before = "true",
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const lines = commands.map((command) =>
    `"$@" ${command} </dev/null >/dev/null; echo "status $?"`
  );
  const script = [before, ...lines].join("\n");
  return await user.authsome(["run", "--", "sh", "-c", script, "sh", ...authsomeCommand()]);
}
