/**
 * Backups of the vault: one file that holds every record as it was at one moment.
 *
 * A backup holds no master key. It opens with the key the vault had when it was made, so keep
 * `master.key` with it, or the passphrase in mind; one made before a `rekey` needs the old key.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { openHome } from "./home.ts";
import type { PassphrasePrompt } from "./key_ring.ts";
import { fileError, publish, removeQuietly, temporaryPath } from "./private_file.ts";
import { SealedStore, type VaultOptions } from "./sealed_store.ts";
import { buildStore, Store } from "./store.ts";
import { verifyStore } from "./verify.ts";

/**
 * Writes a backup, consistent while other processes write. The file is private and appears whole.
 *
 * @throws {AuthsomeError} `already_exists` if there is a file of that name; `connection_not_found` if
 * there is no vault yet; `vault_unavailable` if the vault cannot be read or the file not written.
 */
export function backUpVault({ home }: Pick<VaultOptions, "home">, path: string): void {
  const store = Store.open(home.vaultFile);
  if (store === undefined) throw nothingToBackUp();
  const temporary = temporaryPath(path);
  try {
    if (exists(path)) throw occupied(path);
    buildStore(temporary, store.entries(""));
    publish(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw fileError(path, error, "cannot be written");
  } finally {
    store.close();
  }
}

/** What a restoration needs beside the vault. */
export interface RestoreOptions extends VaultOptions {
  /** Asks for a passphrase that AUTHSOME_PASSPHRASE does not hold. */
  readonly ask?: PassphrasePrompt;
}

/**
 * Replaces everything in the vault by what a backup holds, in one step that running processes see at
 * their next read. The backup is opened, secret by secret, with the key at hand before anything is
 * changed.
 *
 * @returns How many records were restored.
 * @throws {AuthsomeError} `usage` if there is no such file; `vault_unavailable` if it is not a
 * backup, damaged, newer, or does not open with the key at hand, or if the vault cannot be written.
 */
export async function restoreVault(options: RestoreOptions, path: string): Promise<number> {
  if (!exists(path)) throw noBackup(path);
  const backup = new SealedStore({ ...options, home: { ...options.home, vaultFile: path } });
  try {
    await backup.unlock(options.ask);
    const problem = verifyStore(backup).find((verdict) => !verdict.ok)?.problem;
    if (problem !== undefined) throw unusable(path, problem);
    const entries = backup.entries("");
    const store = Store.openOrCreate(openHome(options.home.path, { create: true }).vaultFile);
    try {
      store.change((change) => {
        for (const { key } of change.entries("")) change.delete(key);
        for (const { key, value } of entries) change.put(key, value);
      });
    } finally {
      store.close();
    }
    return entries.length;
  } finally {
    backup.close();
  }
}

/** Whatever it is: the user's own files are not ours to judge, only not to overwrite. */
function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function nothingToBackUp(): AuthsomeError {
  return new AuthsomeError("connection_not_found", "There is nothing to back up yet.", {
    hint: "Connect something first, for example: authsome login openai",
  });
}

function occupied(path: string): AuthsomeError {
  return new AuthsomeError("already_exists", `${path} exists already.`, {
    hint: "Choose another name for the backup, or move that file away.",
  });
}

function noBackup(path: string): AuthsomeError {
  return new AuthsomeError("usage", `There is no file ${path}.`, {
    hint: "Give the path of a file that authsome vault backup made.",
  });
}

function unusable(path: string, problem: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `${path} cannot be restored: ${problem}`, {
    hint: "Nothing was changed. Give the key the backup was made under, or use another backup.",
  });
}
