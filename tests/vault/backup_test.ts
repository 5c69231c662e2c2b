import assert from "node:assert/strict";
import { AuthsomeError, type ErrorCode } from "../../lib/errors.ts";
import { backUpVault, restoreVault } from "../../lib/vault/backup.ts";
import type { Environment } from "../../lib/vault/key_source.ts";
import type { Home } from "../../lib/vault/home.ts";
import { rekey } from "../../lib/vault/rekey.ts";
import { modeOf, named, NOW, OPENAI, openVault, PROFILE } from "../support/vault.ts";
import { storeKey, withFolder, withHome } from "../support/vault.ts";

const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;
const now = (): number => NOW;

function isError(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AuthsomeError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.notEqual(error.hint, "");
    return true;
  };
}

/** The names and secrets of all connections. */
function contents(home: Home, env: Environment = {}): string[] {
  using vault = openVault(home, env);
  return vault.connections(PROFILE).map((record) =>
    `${record.connection_name} ${vault.unseal(record, "api_key")?.reveal()}`
  );
}

Deno.test("restoreVault() brings back what backUpVault() saved, also for open vaults", async () => {
  await withHome(async (home) => {
    using vault = openVault(home);
    storeKey(vault, "a");
    storeKey(vault, "b");
    vault.setDefault(PROFILE, OPENAI, named("b"));
    const file = `${home.path}/../backup.db`;
    backUpVault({ home }, file);
    if (Deno.build.os !== "windows") assert.equal(modeOf(file), 0o600);
    vault.deleteConnection(PROFILE, OPENAI, named("a"));
    storeKey(vault, "c");
    const version = vault.dataVersion();
    assert.equal(await restoreVault({ home, env: {}, now }, file), 4);
    assert.notEqual(vault.dataVersion(), version);
    assert.deepEqual(contents(home), ["a sk-a", "b sk-b"]);
    assert.equal(vault.defaultConnection(PROFILE, OPENAI), "b");
    const left = [...Deno.readDirSync(`${home.path}/..`)].map((entry) => entry.name).sort();
    assert.deepEqual(left, ["backup.db", "home"]);
  });
});

Deno.test("a backup and its master.key open on another machine", async () => {
  await withHome(async (home) => {
    using vault = openVault(home);
    storeKey(vault);
    const file = `${home.path}/../backup.db`;
    backUpVault({ home }, file);
    await withHome(async (other) => {
      const key = Deno.readTextFileSync(home.masterKeyFile);
      Deno.writeTextFileSync(other.masterKeyFile, key);
      assert.equal(await restoreVault({ home: other, env: {}, now }, file), 2);
      assert.deepEqual(contents(other), ["default sk-default"]);
    });
  });
});

Deno.test("a backup is consistent while others write", async () => {
  await withHome(async (home) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-lock", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
        ...[WRITER, home.path, "w", "100000"],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let backups = 0;
    while (backups < 5) {
      const { value, done } = await lines.read();
      assert.ok(!done, "the writer goes on");
      text += value;
      const stored = text.split("\n").slice(1, -1);
      if (stored.length === 0) continue;
      const file = `${home.path}/../backup${backups}.db`;
      backUpVault({ home }, file);
      backups += 1;
      using vault = openVault({ ...home, vaultFile: file });
      const names = new Set(vault.connections(PROFILE).map((record) => record.connection_name));
      for (const name of stored) assert.ok(names.has(named(name)), name);
      assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    }
    await lines.cancel();
    child.kill("SIGKILL");
    await child.status;
  });
});

Deno.test("backUpVault() overwrites nothing and says when there is nothing to save", async () => {
  await withFolder((folder) => {
    const home = { path: folder, vaultFile: `${folder}/vault.db` } as Home;
    assert.throws(
      () => backUpVault({ home }, `${folder}/b`),
      isError("connection_not_found", /nothing to back up/),
    );
  });
  await withHome((home) => {
    using vault = openVault(home);
    storeKey(vault);
    const file = `${home.path}/../mine`;
    Deno.writeTextFileSync(file, "mine", { mode: 0o644 });
    Deno.chmodSync(file, 0o644);
    assert.throws(() => backUpVault({ home }, file), isError("already_exists", /exists already/));
    assert.equal(Deno.readTextFileSync(file), "mine");
    if (Deno.build.os !== "windows") assert.equal(modeOf(file), 0o644);
    assert.throws(
      () => backUpVault({ home }, `${home.path}/none/b`),
      isError("vault_unavailable", /none\/b cannot be written/),
    );
  });
});

Deno.test("restoreVault() changes nothing if the backup is not good", async () => {
  await withHome(async (home) => {
    {
      using vault = openVault(home);
      storeKey(vault);
    }
    const at = (name: string): string => `${home.path}/../${name}`;
    const restore = (name: string, env: Environment = {}): Promise<number> =>
      restoreVault({ home, env, now }, at(name));
    backUpVault({ home }, at("good"));
    await assert.rejects(restore("none"), isError("usage", /There is no file/));
    Deno.writeTextFileSync(at("text"), "not a backup");
    await assert.rejects(restore("text"), isError("vault_unavailable", /damaged or not a vault/));
    const bytes = Deno.readFileSync(at("good"));
    const needle = new TextEncoder().encode('"ciphertext":"');
    const found = new TextDecoder("latin1").decode(bytes)
      .lastIndexOf(new TextDecoder().decode(needle)) + needle.length;
    bytes[found] = bytes[found] === 0x41 ? 0x42 : 0x41;
    Deno.writeFileSync(at("changed"), bytes, { mode: 0o600 });
    await assert.rejects(restore("changed"), isError("vault_unavailable", /cannot be restored: /));
    const key = { AUTHSOME_MASTER_KEY: new Uint8Array(32).toBase64() };
    await assert.rejects(restore("good", key), isError("vault_unavailable", /does not open this/));
    await rekey({ home, env: {}, now });
    await assert.rejects(restore("good"), isError("vault_unavailable", /does not open this vault/));
    assert.deepEqual(contents(home), ["default sk-default"]);
  });
});
