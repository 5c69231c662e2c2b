/**
 * Homes that are backed up, and what is in them.
 *
 * @module
 */

import { openBackup, restoreBackup } from "../../lib/vault/backup.ts";
import { type Home, readProviderFiles } from "../../lib/vault/home.ts";
import type { Environment } from "../../lib/vault/key_source.ts";
import { NOW, openVault, PROFILE } from "./vault.ts";

/** Restores a backup without asking anybody. */
export async function restoreFrom(home: Home, file: string, env: Environment = {}): Promise<void> {
  const backup = await openBackup({ home, env, now: () => NOW }, file);
  restoreBackup({ home, auditHead: undefined, record: () => {} }, backup);
}

/** The names and secrets of all connections, then the settings and the names of definitions. */
export function contentsOf(home: Home, env: Environment = {}): string[] {
  using vault = openVault(home, env);
  const connections = vault.connections(PROFILE).map((record) =>
    `${record.connection_name} ${vault.unseal(record, "api_key")?.reveal()}`
  );
  return [...connections, readConfig(home), ...readProviderFiles(home).map(({ name }) => name)];
}

/** Writes the settings and one definition. */
export function writeFiles(home: Home, name: string): void {
  Deno.writeTextFileSync(home.configFile, `{"name":"${name}"}`, { mode: 0o600 });
  Deno.writeTextFileSync(`${home.providersFolder}/${name}.json`, "{}", { mode: 0o600 });
}

function readConfig({ configFile }: Home): string {
  try {
    return Deno.readTextFileSync(configFile);
  } catch {
    return "no settings";
  }
}
