import assert from "node:assert/strict";
import { attack } from "../support/attacks.ts";
import { DatabaseSync } from "node:sqlite";
import { requestSecret } from "../../lib/credential.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import { backUpVault } from "../../lib/vault/backup.ts";
import type { Home } from "../../lib/vault/home.ts";
import { rekey } from "../../lib/vault/rekey.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { assertAbsentFromFiles } from "../support/canary.ts";
import { named, NOW, OPENAI, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";

const KEY = "sk-canary-of-the-disk-0123456789";
const KEY_ENV = { AUTHSOME_MASTER_KEY: new Uint8Array(32).fill(7).toBase64() };

/** A home whose master key is not in it, with one connection that holds {@link KEY}. */
function withStolenDisk(use: (home: Home) => void | Promise<void>): Promise<void> {
  return withHome(async (home) => {
    {
      using vault = openVault(home, KEY_ENV);
      storeKey(vault, "default", KEY);
      storeKey(vault, "other", "sk-another");
      assert.deepEqual([secretOf(vault, "default"), secretOf(vault, "other")], [KEY, "sk-another"]);
    }
    await use(home);
  });
}

/** The secret of a connection, or the reason why it does not open. */
function secretOf(vault: Vault, name: string): string | undefined {
  try {
    const record = vault.connection(PROFILE, OPENAI, named(name));
    return record && requestSecret(vault.credential(record)).reveal();
  } catch (error) {
    assert.ok(error instanceof AuthsomeError, String(error));
    return error.code;
  }
}

/** Changes the texts of the database as somebody with the disk in their hands can. */
function edit(home: Home, change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(home.vaultFile);
  change(database);
  database.close();
}

attack(
  "a thief of the disk searches every file for the key: it is in none",
  () => withStolenDisk((home) => assertAbsentFromFiles([KEY], home.path)),
);

attack(
  "a thief of the disk opens the vault with a key of their own: it does not open",
  () =>
    withStolenDisk((home) => {
      const env = { AUTHSOME_MASTER_KEY: new Uint8Array(32).fill(8).toBase64() };
      using vault = openVault(home, env);
      assert.equal(secretOf(vault, "default"), "vault_unavailable");
    }),
);

attack(
  "a thief of a backup searches it for the key: it is not there",
  () =>
    withStolenDisk(async (home) => {
      const file = `${home.path}/../stolen-backup`;
      await backUpVault({ home, env: KEY_ENV, now: () => NOW }, file);
      const text = Deno.readTextFileSync(file);
      assert.ok(!text.includes(KEY));
      assert.ok(!text.includes(KEY_ENV.AUTHSOME_MASTER_KEY));
    }),
);

attack(
  "somebody swaps the sealed keys of two connections: neither opens",
  () =>
    withStolenDisk((home) => {
      edit(home, (database) => {
        const rows = database.prepare("SELECT key, value FROM records WHERE key LIKE ?")
          .all("%:connection:%");
        const [first, second] = rows.map((row) => ({ key: row.key, value: String(row.value) }));
        assert.ok(first && second);
        const sealedOf = (text: string): string => /"api_key":(\{.*?\})/.exec(text)?.[1] ?? "";
        const [a, b] = [sealedOf(first.value), sealedOf(second.value)];
        assert.ok(a !== "" && b !== "" && a !== b);
        const put = database.prepare("UPDATE records SET value = ? WHERE key = ?");
        put.run(first.value.replace(a, b), String(first.key));
        put.run(second.value.replace(b, a), String(second.key));
      });
      using vault = openVault(home, KEY_ENV);
      assert.equal(secretOf(vault, "default"), "vault_unavailable");
      assert.equal(secretOf(vault, "other"), "vault_unavailable");
    }),
);

attack(
  "somebody moves a connection under another name: it does not open there",
  () =>
    withStolenDisk((home) => {
      edit(home, (database) => {
        database.exec(
          "UPDATE records SET key = 'profile:default:openai:connection:moved', " +
            `value = replace(value, '"default"', '"moved"') ` +
            "WHERE key = 'profile:default:openai:connection:default'",
        );
      });
      using vault = openVault(home, KEY_ENV);
      assert.equal(secretOf(vault, "moved"), "vault_unavailable");
    }),
);

attack(
  "an old copy of the home, from before a rekey, does not open with the new key",
  () =>
    withHome(async (home) => {
      {
        using vault = openVault(home);
        storeKey(vault, "default", KEY);
      }
      const old = Deno.readFileSync(home.vaultFile);
      await rekey({ home, env: {}, now: () => NOW });
      for (const end of ["-wal", "-shm"]) {
        try {
          Deno.removeSync(`${home.vaultFile}${end}`);
        } catch {
          // There is none.
        }
      }
      Deno.writeFileSync(home.vaultFile, old);
      using vault = openVault(home);
      assert.equal(secretOf(vault, "default"), "vault_unavailable");
    }),
);

/** What somebody does to the trail, line by line, to hide what they have done. */
const COVERINGS: readonly [name: string, change: (lines: string[]) => readonly string[]][] = [
  ["changes an event", (lines) => lines.map((line) => line.replace('"status":2', '"status":7'))],
  ["removes an event", (lines) => lines.toSpliced(2, 1)],
  ["cuts off the end", (lines) => lines.slice(0, 3)],
  ["removes all", () => []],
  ["puts events in another order", (lines) => lines.toReversed()],
];

for (const [name, change] of COVERINGS) {
  attack(`somebody ${name} of the audit trail: log --verify says so`, () =>
    withHome((home) => {
      using vault = openVault(home);
      using trail = new AuditTrail({ home, profile: PROFILE, now: () => NOW });
      storeKey(vault);
      for (let status = 0; status < 5; status++) trail.append({ event: "request", status });
      assert.equal(vault.sealAuditHead(trail), true);
      assert.deepEqual(vault.verifyAudit(trail).problems, []);
      const lines = Deno.readTextFileSync(home.auditFile).split("\n").slice(0, -1);
      Deno.writeTextFileSync(home.auditFile, change(lines).map((line) => `${line}\n`).join(""));
      assert.notDeepEqual(vault.verifyAudit(trail).problems, []);
    }));
}
