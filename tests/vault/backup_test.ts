import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuthsomeError, type ErrorCode } from "../../lib/errors.ts";
import { backUpVault, openBackup } from "../../lib/vault/backup.ts";
import type { Home } from "../../lib/vault/home.ts";
import { finishRestore, holdRestoreLock } from "../../lib/vault/pending_restore.ts";
import type { RestoreStep } from "../../lib/vault/pending_restore.ts";
import { rekey, useKeySource } from "../../lib/vault/rekey.ts";
import { contentsOf, restoreFrom, writeFiles } from "../support/backup.ts";
import { runCommand } from "../support/command.ts";
import { KEY_ENV } from "../support/relock.ts";
import { modeOf, named, NOW, OPENAI, openVault, PROFILE } from "../support/vault.ts";
import { storeKey, withFolder, withHome } from "../support/vault.ts";

const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;
const RESTORER = new URL("../fixtures/restorer.ts", import.meta.url).pathname;
const FLAGS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"];
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

function at(home: Home, name: string): string {
  return `${home.path}/../${name}`;
}

/** A home that was backed up to `backup` and has changed since. */
async function changeAfterBackup(home: Home): Promise<void> {
  {
    using vault = openVault(home);
    storeKey(vault, "a");
    storeKey(vault, "b");
    vault.setDefault(PROFILE, OPENAI, named("b"));
    writeFiles(home, "old");
  }
  await backUpVault({ home, env: {}, now }, at(home, "backup"));
  using vault = openVault(home);
  vault.deleteConnection(PROFILE, OPENAI, named("a"));
  storeKey(vault, "c");
  writeFiles(home, "new");
}

const BEFORE = ["a sk-a", "b sk-b", '{"name":"old"}', "old"];
const AFTER = ["b sk-b", "c sk-c", '{"name":"new"}', "new", "old"];

Deno.test("a restored backup brings everything back, also for open vaults", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    assert.deepEqual(contentsOf(home), AFTER);
    if (Deno.build.os !== "windows") assert.equal(modeOf(at(home, "backup")), 0o600);
    using vault = openVault(home);
    const version = vault.dataVersion();
    await restoreFrom(home, at(home, "backup"));
    assert.notEqual(vault.dataVersion(), version);
    assert.deepEqual(contentsOf(home), BEFORE);
    assert.equal(vault.defaultConnection(PROFILE, OPENAI), "b");
    const left = [...Deno.readDirSync(at(home, ""))].map((entry) => entry.name).sort();
    assert.deepEqual(left, ["backup", "home"]);
  });
});

Deno.test("a backup holds no secret in the clear, and no key", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    const text = Deno.readTextFileSync(at(home, "backup"));
    assert.ok(!text.includes("sk-"));
    assert.ok(!text.includes(Deno.readTextFileSync(home.masterKeyFile).trim()));
  });
});

Deno.test("a backup opens on another machine, with the key in the environment", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    const env = { AUTHSOME_MASTER_KEY_FILE: home.masterKeyFile };
    await withHome(async (other) => {
      const options = { home: other, env: {}, now };
      await assert.rejects(
        openBackup(options, at(home, "backup")),
        isError("vault_unavailable", /master\.key is missing/),
      );
      await restoreFrom(other, at(home, "backup"), env);
      assert.deepEqual(contentsOf(other, env), BEFORE);
      // What opened it is what it is locked with now, and can be exchanged.
      assert.throws(() => contentsOf(other), /AUTHSOME_MASTER_KEY_FILE/);
      await useKeySource("master.key", { ...options, env });
      assert.deepEqual(contentsOf(other), BEFORE);
    });
  });
});

Deno.test("a backup from before a rekey opens with the old key", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    const old = { AUTHSOME_MASTER_KEY: Deno.readTextFileSync(home.masterKeyFile).trim() };
    await rekey({ home, env: {}, now });
    await assert.rejects(
      restoreFrom(home, at(home, "backup")),
      isError("vault_unavailable", /does not open this vault/),
    );
    assert.deepEqual(contentsOf(home), AFTER);
    await restoreFrom(home, at(home, "backup"), old);
    assert.deepEqual(contentsOf(home, old), BEFORE);
  });
});

Deno.test("a backup replaces a damaged vault, which is kept beside it", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    Deno.writeTextFileSync(home.vaultFile, "x".repeat(8192));
    await restoreFrom(home, at(home, "backup"));
    assert.deepEqual(contentsOf(home), BEFORE);
    const kept = [...Deno.readDirSync(home.path)].find(({ name }) =>
      /^vault\.db\.damaged-\w+$/.test(name)
    );
    assert.equal(Deno.readTextFileSync(`${home.path}/${kept?.name}`), "x".repeat(8192));
  });
});

Deno.test("a vault that cannot be replaced keeps a restoration from beginning", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    const database = new DatabaseSync(home.vaultFile);
    database.exec("PRAGMA user_version = 2");
    await assert.rejects(
      restoreFrom(home, at(home, "backup")),
      isError("vault_unavailable", /vault\.db has store format 2/),
    );
    database.exec("PRAGMA user_version = 1");
    database.close();
    assert.deepEqual(contentsOf(home), AFTER);
    assert.throws(() => Deno.statSync(home.restoreFile), Deno.errors.NotFound);
  });
});

Deno.test("a backup is consistent while others write", async () => {
  await withHome(async (home) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", ...FLAGS, WRITER, home.path, "w", "100000"],
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
      const file = at(home, `backup${backups}`);
      await backUpVault({ home, env: {}, now }, file);
      backups += 1;
      const { contents } = await openBackup({ home, env: {}, now }, file);
      const keys = new Set(contents.records.map(({ key }) => key));
      for (const name of stored) {
        assert.ok(keys.has(`profile:default:openai:connection:${name}`), name);
      }
    }
    await lines.cancel();
    child.kill("SIGKILL");
    await child.status;
  });
});

Deno.test("backUpVault() overwrites nothing unless told, and says when there is nothing", async () => {
  await withFolder(async (folder) => {
    const home = { path: folder, vaultFile: `${folder}/vault.db` } as Home;
    await assert.rejects(
      backUpVault({ home, env: {}, now }, `${folder}/../b`),
      isError("connection_not_found", /nothing to back up/),
    );
  });
  await withHome(async (home) => {
    const backUp = (path: string, force = false): Promise<unknown> =>
      backUpVault({ home, env: {}, now, force }, path);
    {
      using vault = openVault(home);
      storeKey(vault);
    }
    const file = at(home, "mine");
    Deno.writeTextFileSync(file, "mine", { mode: 0o644 });
    Deno.chmodSync(file, 0o644);
    await assert.rejects(backUp(file), isError("already_exists", /exists already/));
    assert.equal(Deno.readTextFileSync(file), "mine");
    if (Deno.build.os !== "windows") assert.equal(modeOf(file), 0o644);
    await assert.rejects(
      backUp(at(home, "none/b")),
      isError("vault_unavailable", /none\/b cannot be written/),
    );
    for (const path of [home.vaultFile, `${home.path}/b`, `${home.providersFolder}/b.json`]) {
      await assert.rejects(backUp(path, true), isError("usage", /would be lost together with it/));
    }
    await backUp(file, true);
    if (Deno.build.os !== "windows") assert.equal(modeOf(file), 0o600);
    await restoreFrom(home, file);
  });
});

const DAMAGES: readonly (readonly [string, (text: string) => string, RegExp])[] = [
  ["no backup", () => "not a backup", /damaged or not a backup/],
  ["cut off", (text) => text.slice(0, -9), /damaged or not a backup/],
  [
    "newer",
    (text) => text.replace('"authsome_backup": 1', '"authsome_backup": 2'),
    /store format 2/,
  ],
  ["changed in a file", (text) => text.replace('"{}"', '"{ }"'), /changed after it was made/],
  ["changed in a record", (text) => text.replace("api.openai.com", "api.evil.example"), /changed/],
  [
    "given another file",
    (text) => text.replace('"providers/old.json"', '"../master.key"'),
    /damaged or not a backup/,
  ],
];

for (const [what, change, message] of DAMAGES) {
  Deno.test(`a backup that is ${what} is refused, and nothing is changed`, async () => {
    await withHome(async (home) => {
      await changeAfterBackup(home);
      const file = at(home, "backup");
      const text = Deno.readTextFileSync(file);
      assert.notEqual(change(text), text);
      Deno.writeTextFileSync(file, change(text));
      await assert.rejects(restoreFrom(home, file), isError("vault_unavailable", message));
      assert.deepEqual(contentsOf(home), AFTER);
    });
  });
}

Deno.test("a backup that is missing, or locked with another key, changes nothing", async () => {
  await withHome(async (home) => {
    await changeAfterBackup(home);
    await assert.rejects(restoreFrom(home, at(home, "none")), isError("usage", /There is no file/));
    await assert.rejects(
      restoreFrom(home, at(home, "backup"), KEY_ENV),
      isError("vault_unavailable", /does not open this/),
    );
    assert.deepEqual(contentsOf(home), AFTER);
  });
});

const STEPS: readonly RestoreStep[] = ["begun", "records", "files", "recorded"];

for (const step of STEPS) {
  Deno.test(`killed after "${step}", a restoration is finished by whoever comes next`, async () => {
    await withHome(async (home) => {
      await changeAfterBackup(home);
      const command = [Deno.execPath(), "run", "--no-lock", ...FLAGS, RESTORER, home.path];
      const { code, stderr } = await runCommand([...command, at(home, "backup"), step]);
      assert.equal(code, 137, stderr);
      let recorded = 0;
      holdRestoreLock(home, () => finishRestore(home, { record: () => recorded++ }));
      assert.equal(recorded, 1);
      assert.deepEqual(contentsOf(home), BEFORE);
      holdRestoreLock(home, () => finishRestore(home, { record: () => recorded++ }));
      assert.equal(recorded, 1, "and only once");
    });
  });
}
