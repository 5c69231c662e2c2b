/**
 * Backups: the vault, the settings and one's own definitions as they were at one moment, in one file.
 *
 * A backup holds no master key. It opens with the key the vault had when it was made, so keep
 * `master.key` somewhere else, or the passphrase in mind; one made before a `rekey` needs the old key.
 * It holds nothing of the audit trail: what was recorded is never taken back.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { AuditLink } from "./audit_chain.ts";
import { formatAuditHead, openAuditHead } from "./audit_head.ts";
import {
  type Backup,
  type BackupContents,
  formatBackup,
  isIntact,
  isSavedName,
  parseBackup,
  type SavedFile,
} from "./backup_file.ts";
import { fileError, folderOf } from "./file_error.ts";
import { type SealingKey, unseal } from "./envelope.ts";
import { type Home, newerFormat, openHome, readProviderFiles } from "./home.ts";
import { KeyRing, type PassphrasePrompt } from "./key_ring.ts";
import { isEnvironmentSource, type KeySource } from "./key_source.ts";
import { createKeychain } from "./keychain.ts";
import { MemoryStore } from "./memory_store.ts";
import { type FinishOptions, finishRestore, holdRestoreLock } from "./pending_restore.ts";
import {
  publish,
  publishNew,
  readPrivateFile,
  removeQuietly,
  temporaryPath,
  writeFileAtomic,
  writeNew,
} from "./private_file.ts";
import { AUDIT_HEAD_RECORD } from "./record.ts";
import type { VaultOptions } from "./sealed_store.ts";
import { type Entry, Store } from "./store.ts";
import { isDamage } from "./store_error.ts";
import { verifyEntries } from "./verify.ts";
import { DATA_KEY_RECORD, formatWrappedKey, readWrappedKey } from "./wrapped_key.ts";

/** What backups are made and read with. */
export interface BackupOptions extends VaultOptions {
  /** Asks for a passphrase that AUTHSOME_PASSPHRASE does not hold. */
  readonly ask?: PassphrasePrompt;
}

/**
 * Writes a backup, consistent while other processes write. The file is private and appears whole.
 *
 * @param options `force`: replace a file of that name.
 * @returns What it holds.
 * @throws {AuthsomeError} `already_exists` if there is a file of that name; `usage` if it would lie in
 * the home; `connection_not_found` if there is nothing to back up; `vault_unavailable` if the vault
 * cannot be opened or the file not written.
 */
export async function backUpVault(
  options: BackupOptions & { readonly force?: boolean },
  path: string,
): Promise<BackupContents> {
  const { home, force = false } = options;
  requireElsewhere(home, path);
  const present = lookAt(path);
  if (present?.isDirectory) throw isFolder(path);
  if (!force && present !== undefined) throw occupied(path);
  const { text, contents } = await readEverything(options);
  const temporary = temporaryPath(path);
  try {
    writeNew(temporary, new TextEncoder().encode(text));
    if (force) publish(temporary, path);
    else publishNew(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw occupied(path);
    throw fileError(path, error, "cannot be written");
  } finally {
    removeQuietly(temporary);
  }
  return contents;
}

async function readEverything(
  options: BackupOptions,
): Promise<{ readonly text: string; readonly contents: BackupContents }> {
  const { home, ask, now } = options;
  const store = Store.open(home.vaultFile);
  if (store === undefined) throw nothingToBackUp();
  try {
    if (readWrappedKey(store) === undefined) throw nothingToBackUp();
    const keys = new KeyRing({ keychain: createKeychain(), ...options });
    await keys.unlock(store, ask === undefined ? {} : { ask });
    const madeAt = new Date(now()).toISOString();
    // Inside a change, so that the records and the key that seals them belong together.
    return store.change((change) => {
      const contents = { madeAt, records: change.entries(""), files: readFiles(home) };
      return { contents, text: formatBackup(contents, keys.open(change)) };
    });
  } finally {
    store.close();
  }
}

/** What cannot be read, or would not be restored, is no part of a backup. */
function readFiles(home: Home): SavedFile[] {
  const config = readPrivateFile(home.configFile);
  const definitions = readProviderFiles(home).filter(({ problem }) => problem === undefined)
    .map(({ name, text }) => ({ name: `providers/${name}.json`, text }));
  const files = [...config === undefined ? [] : [{ name: "config.json", text: config }]];
  return [...files, ...definitions].filter(({ name }) => isSavedName(name));
}

/** A backup that was opened: everything in it is known to be good. */
export interface OpenedBackup {
  readonly contents: BackupContents;
  /** The data key of its records. */
  readonly key: SealingKey;
  /** What the vault will be locked with. */
  readonly keySource: KeySource;
  /** The last event its vault knew of. */
  readonly auditHead: AuditLink | undefined;
}

/**
 * Opens a backup, secret by secret, with the key at hand, and checks that it is as it was made.
 *
 * @throws {AuthsomeError} `usage` if there is no such file; `vault_unavailable` if it is no backup,
 * changed, newer, or does not open.
 */
export async function openBackup(options: BackupOptions, path: string): Promise<OpenedBackup> {
  const backup = readBackup(path);
  const { contents } = backup;
  const store = new MemoryStore(contents.records);
  const keys = new KeyRing({ keychain: createKeychain(), ...options });
  if (readWrappedKey(store) === undefined) throw unusable(path, "it holds no key.");
  const keySource = keys.source(store);
  await keys.unlock(store, options.ask === undefined ? {} : { ask: options.ask });
  const key = keys.open(store);
  if (!isIntact(backup, key)) throw unusable(path, "it was changed after it was made.");
  const verdicts = verifyEntries(
    contents.records,
    ({ envelope, ...place }) => unseal(envelope, key, place),
  );
  const problem = verdicts.find((verdict) => !verdict.ok)?.problem;
  if (problem !== undefined) throw unusable(path, problem);
  const head = store.get(AUDIT_HEAD_RECORD);
  return { contents, key, keySource, auditHead: head && openAuditHead(head, key) || undefined };
}

function readBackup(path: string): Backup {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw noBackup(path);
    throw fileError(path, error, "cannot be read");
  }
  const backup = parseBackup(text);
  if (backup === "newer") throw newerFormat(path, Number(JSON.parse(text).authsome_backup));
  if (backup === undefined) throw unusable(path, "it is damaged or not a backup.");
  return backup;
}

/**
 * Puts what a backup holds in the place of everything in the home but the audit trail. A kill at any
 * moment leaves either what was there or, for the next one who opens the home, what the backup holds.
 *
 * @param options `auditHead`: what is known of the trail, to be kept in the restored vault.
 * @throws {AuthsomeError} `vault_unavailable` if something cannot be written.
 */
export function restoreBackup(
  options: FinishOptions & { readonly home: Home; readonly auditHead: AuditLink | undefined },
  backup: OpenedBackup,
): void {
  const home = openHome(options.home.path, { create: true });
  holdRestoreLock(home, () => {
    finishRestore(home, options);
    requireReplaceable(home);
    const records = relock(backup, options.auditHead);
    writeFileAtomic(home.restoreFile, formatBackup({ ...backup.contents, records }, backup.key));
    finishRestore(home, options);
  });
}

/** Once a restoration has begun there is no way back: what would keep it from its end is told before. */
function requireReplaceable(home: Home): void {
  try {
    Store.open(home.vaultFile)?.close();
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
}

/** The records as they are to be stored: with this home's trail, and the lock that opened them. */
function relock({ contents, key, keySource }: OpenedBackup, head: AuditLink | undefined): Entry[] {
  const kept = contents.records.filter((entry) => entry.key !== AUDIT_HEAD_RECORD);
  const store = new MemoryStore(kept);
  if (head !== undefined) {
    store.change((change) => change.put(AUDIT_HEAD_RECORD, formatAuditHead(head, key)));
  }
  const wrapped = readWrappedKey(store);
  if (wrapped !== undefined && isEnvironmentSource(keySource)) {
    const lock = { source: keySource };
    const text = formatWrappedKey({ ...wrapped, lock });
    store.change((change) => change.put(DATA_KEY_RECORD, text));
  }
  return store.entries("");
}

/** A backup beside the vault is lost with it, and might replace it. */
function requireElsewhere(home: Home, path: string): void {
  const folder = realPath(folderOf(path));
  const own = realPath(home.path);
  if (folder !== own && !folder?.startsWith(`${own}/`)) return;
  throw new AuthsomeError("usage", `A backup in ${home.path} would be lost together with it.`, {
    hint: "Name a file in another folder, best on another disk.",
  });
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}

/** Whatever it is: the user's own files are not ours to judge, only not to overwrite. */
function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileError(path, error, "cannot be looked at");
  }
}

function nothingToBackUp(): AuthsomeError {
  return new AuthsomeError("connection_not_found", "There is nothing to back up yet.", {
    hint: "Connect something first, for example: authsome login openai",
  });
}

function occupied(path: string): AuthsomeError {
  return new AuthsomeError("already_exists", `${path} exists already.`, {
    hint: `Choose another name, or replace it: authsome vault backup '${path}' --force`,
  });
}

function isFolder(path: string): AuthsomeError {
  const file = `${path.replace(/[/\\]+$/, "")}/authsome.backup`;
  return new AuthsomeError("usage", `${path} is a folder.`, {
    hint: `Name a file in it: authsome vault backup '${file}'`,
  });
}

function noBackup(path: string): AuthsomeError {
  return new AuthsomeError("usage", `There is no file ${path}.`, {
    hint: "Give the path of a file that authsome vault backup made.",
  });
}

function unusable(path: string, problem: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `${path} cannot be restored: ${problem}`, {
    hint: "Nothing was changed. Use another backup.",
  });
}
