/**
 * Finishing what a restoration has begun.
 *
 * Theory of operation: a restoration changes the store and several files, which cannot be one step.
 * So everything it will write is first made durable in one file of the home, `restore.json`; from
 * that moment on the home counts as restored. Whoever opens the home next and finds the file, after a
 * kill for instance, does what is left: each step can be done again without harm, and the file goes
 * when all are done. A lock keeps two from doing it at once.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { type BackupContents, parseBackup } from "./backup_file.ts";
import { type Home, readProviderFiles } from "./home.ts";
import {
  checkPrivateFile,
  createPrivateFolder,
  PRIVATE_FILE_MODE,
  readPrivateFile,
  syncFolder,
  writeFileAtomic,
} from "./private_file.ts";
import { Store } from "./store.ts";

/** The moments between which a restoration can be interrupted. */
export type RestoreStep = "begun" | "records" | "files" | "recorded";

/** What goes along with finishing. */
export interface FinishOptions {
  /** Puts the restoration on record; called before it is over, so that it cannot go unrecorded. */
  readonly record: () => void;
  /** Called after each step. Tests end the process here. */
  readonly reached?: (step: RestoreStep) => void;
}

/** Whether a restoration has begun and is not over. One system call. */
export function isRestorePending(home: Home): boolean {
  try {
    Deno.lstatSync(home.restoreFile);
    return true;
  } catch {
    return false;
  }
}

/** Runs `work` while no other process restores anything in this home. */
export function holdRestoreLock<T>(home: Home, work: () => T): T {
  const path = `${home.path}/restore.lock`;
  checkPrivateFile(path);
  using lock = Deno.openSync(path, { write: true, create: true, mode: PRIVATE_FILE_MODE });
  lock.lockSync(true);
  return work();
}

/**
 * Does what is left of a restoration, if there is one. Hold the lock.
 *
 * @throws {AuthsomeError} `vault_unavailable` if something cannot be written; the next one to open the
 * home tries again.
 */
export function finishRestore(home: Home, { record, reached = () => {} }: FinishOptions): void {
  const text = readPrivateFile(home.restoreFile);
  if (text === undefined) return;
  const backup = parseBackup(text);
  if (backup === "newer" || backup === undefined) throw unreadable(home);
  reached("begun");
  replaceRecords(home, backup.contents);
  reached("records");
  replaceFiles(home, backup.contents);
  reached("files");
  record();
  reached("recorded");
  Deno.removeSync(home.restoreFile);
  syncFolder(home.path);
}

function replaceRecords(home: Home, { records }: BackupContents): void {
  const store = Store.openOrRebuild(home.vaultFile);
  try {
    store.change((change) => {
      for (const { key } of change.entries("")) change.delete(key);
      for (const { key, value } of records) change.put(key, value);
    });
    store.truncateLog();
  } finally {
    store.close();
  }
}

function replaceFiles(home: Home, { files }: BackupContents): void {
  createPrivateFolder(home.providersFolder);
  const wanted = new Set(files.map(({ name }) => `${home.path}/${name}`));
  for (const { name, text } of files) writeFileAtomic(`${home.path}/${name}`, text);
  const present = [home.configFile, ...readProviderFiles(home).map(({ path }) => path)];
  for (const path of present) if (!wanted.has(path)) removeFile(path);
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function unreadable(home: Home): AuthsomeError {
  const message = `${home.restoreFile} is not what a restoration has written.`;
  return new AuthsomeError("vault_unavailable", message, {
    hint: `Remove it, and restore again: rm '${home.restoreFile}'`,
  });
}
