import assert from "node:assert/strict";
import { KEY, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";

/** Two connections that were backed up; then one was replaced and the other removed. */
async function changeAfterBackup(user: User): Promise<string> {
  const file = `${user.folder}/stick.backup`;
  await logIn(user);
  await logIn(user, { connection: "work", key: OTHER_KEY });
  const printed = await user.succeed(["vault", "backup", file]);
  assert.equal(printed, `Backed up to ${file} (connections: 2, definitions: 0).\n`);
  await user.succeed(["login", "openai", "--stdin", "--force"], { stdin: OTHER_KEY });
  await user.succeed(["logout", "openai", "--connection", "work"]);
  return file;
}

const exported = (user: User, connection: string): Promise<string> =>
  user.succeed(["export", "openai", "--connection", connection, "--format", "dotenv"]);

Deno.test("vault backup and vault restore bring everything back, on the record", () =>
  withUser(async (user) => {
    const file = await changeAfterBackup(user);
    assert.match(await user.fail(10, ["vault", "backup", file]), /exists already[^]*--force/);
    assert.match(await user.fail(2, ["vault", "restore", file]), /restore '.*' --yes/);
    assert.equal(await exported(user, "default"), `OPENAI_API_KEY=${OTHER_KEY}\n`);
    const { document } = await user.json(["vault", "restore", file, "--yes"]);
    assert.deepEqual([document.connections, document.key_source], [2, "master.key"]);
    assert.equal(await exported(user, "default"), `OPENAI_API_KEY=${KEY}\n`);
    assert.equal(await exported(user, "work"), `OPENAI_API_KEY=${OTHER_KEY}\n`);
    const log = await user.succeed(["log"]);
    assert.match(log, /backup[^]*logout[^]*restore/);
    await user.succeed(["log", "--verify"]);
    const folder = await user.fail(2, ["vault", "backup", user.folder, "--force"]);
    assert.match(folder, /is a folder\.\nHint: .*vault backup '[^']*\/authsome\.backup'/);
    await user.succeed(["vault", "backup", file, "--force", "--quiet"]);
  }));

Deno.test("vault restore needs no leave where there is nothing, and opens nothing without the key", () =>
  withUser(async (user) => {
    const file = await changeAfterBackup(user);
    await withUser(async (other) => {
      assert.match(await other.fail(7, ["vault", "restore", file]), /master\.key is missing/);
      const env = { AUTHSOME_MASTER_KEY_FILE: `${user.home}/master.key` };
      const printed = await other.succeed(["vault", "restore", file], { env });
      assert.match(printed, /locked with AUTHSOME_MASTER_KEY_FILE/);
      await other.succeed(["key", "use", "master.key"], { env });
      assert.equal(await exported(other, "default"), `OPENAI_API_KEY=${KEY}\n`);
      await other.succeed(["log", "--verify"]);
    });
  }));

Deno.test("vault restore does not launder a trail that was cut", () =>
  withUser(async (user) => {
    const file = await changeAfterBackup(user);
    const trail = `${user.home}/audit.jsonl`;
    const lines = (await Deno.readTextFile(trail)).trimEnd().split("\n");
    await Deno.writeTextFile(trail, lines.slice(0, 1).map((line) => `${line}\n`).join(""));
    const { stderr } = await user.authsome(["vault", "restore", file, "--yes"]);
    assert.match(stderr, /Warning: The audit trail: .*missing at the end/);
    assert.equal(await exported(user, "default"), `OPENAI_API_KEY=${KEY}\n`);
    assert.equal((await user.authsome(["log", "--verify"])).code, 1);
  }));

Deno.test("a backup of a passphrase vault opens with the passphrase only", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_PASSPHRASE: "correct horse" };
    const file = `${user.folder}/b`;
    await user.succeed(["login", "openai", "--stdin"], { env, stdin: KEY });
    assert.match(await user.fail(7, ["vault", "backup", file]), /locked with a passphrase/);
    await user.succeed(["vault", "backup", file], { env });
    await user.fail(7, ["vault", "restore", file, "--yes"]);
    await user.fail(7, ["vault", "restore", file, "--yes"], { env: { AUTHSOME_PASSPHRASE: "x" } });
    await user.succeed(["vault", "restore", file, "--yes"], { env });
    await user.succeed(["export", "openai"], { env });
  }));
