/**
 * The private folder of one run, for the files that its child's variables point to.
 *
 * Theory of operation: a run holds a lock on a file in its folder for as long as it lives; the
 * system lets go of it however the process ends. So a folder whose lock can be taken belongs to no
 * one any more and is removed by a later run. Process numbers would not do: they are used again,
 * and another process's start time cannot be read on every system.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { fileError } from "../vault/file_error.ts";
import { createPrivateFolder } from "../vault/private_file.ts";

const LOCK_FILE = "lock";

/** A folder younger than this may not have taken its lock yet; in milliseconds. */
const STARTING_MS = 60_000;

/** Folders removed at once, so that a thousand killed runs delay nobody noticeably. */
const MAX_REMOVED = 100;

/** An existing run folder. */
export interface RunFolder {
  /** Absolute path. */
  readonly path: string;
  /**
   * Writes a new file, readable by its owner only from the start.
   *
   * @param name Relative to the folder; folders in it are made.
   * @returns The file's absolute path.
   * @throws {AuthsomeError} `vault_unavailable` if it exists or cannot be written.
   */
  write(name: string, content: string | Uint8Array): string;
  /** Removes the folder with everything in it. Idempotent, never throws. */
  close(): void;
}

/**
 * Makes the folder `<runsFolder>/<id>`, 0700, and locks it.
 *
 * @param runsFolder The home's folder of runs; made if missing.
 * @param id Of the run; letters, digits, `_` and `-`.
 * @throws {AuthsomeError} `vault_unavailable` if it cannot be made or is not safely ours.
 */
export function openRunFolder(runsFolder: string, id: string): RunFolder {
  const path = join(resolve(runsFolder), id);
  createPrivateFolder(resolve(runsFolder));
  const lock = createFolder(path);
  return {
    path,
    write: (name, content) => {
      try {
        return writeNewFile(join(path, name), content);
      } catch (error) {
        // By the time that somebody looks, this run's own folder is gone.
        throw fileError(join(path, name), error, "cannot be written", dirname(runsFolder));
      }
    },
    close: () => {
      // Before the removal: Windows does not remove open files.
      closeQuietly(lock);
      removeTree(path);
    },
  };
}

/**
 * Removes the folders of runs that died without doing so. Not needed before a child starts.
 *
 * @param now Milliseconds since the epoch.
 * @returns How many were removed, at most 100.
 */
export function removeDeadRuns(runsFolder: string, now: number): number {
  let removed = 0;
  for (const name of listFolders(runsFolder)) {
    if (removed === MAX_REMOVED) break;
    const path = join(runsFolder, name);
    if (!isDead(path, now)) continue;
    removeTree(path);
    removed++;
  }
  return removed;
}

/** Process numbers of the runs that live, as far as this system can tell. */
export function livingRuns(runsFolder: string): readonly number[] {
  return listFolders(runsFolder).flatMap((name) => {
    const lock = join(runsFolder, name, LOCK_FILE);
    try {
      return isUnlocked(lock) ? [] : [Number.parseInt(Deno.readTextFileSync(lock))];
    } catch {
      return [];
    }
  }).filter((pid) => pid > 0);
}

function createFolder(path: string): Deno.FsFile {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    const lock = openNewFile(join(path, LOCK_FILE));
    lockQuietly(lock);
    lock.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    return lock;
  } catch (error) {
    throw fileError(path, error, "cannot be made");
  }
}

function writeNewFile(path: string, content: string | Uint8Array): string {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  using file = openNewFile(path);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
  return path;
}

function openNewFile(path: string): Deno.FsFile {
  return Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
}

/** Where the file system has no locks, nothing is ever found dead, and nothing else is lost. */
function lockQuietly(file: Deno.FsFile): void {
  try {
    file.lockSync(true);
  } catch {
    // See above.
  }
}

function listFolders(runsFolder: string): string[] {
  try {
    return [...Deno.readDirSync(runsFolder)].filter((entry) => entry.isDirectory)
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function isDead(path: string, now: number): boolean {
  try {
    const { mtime } = Deno.lstatSync(path);
    if (mtime === null || now - mtime.getTime() < STARTING_MS) return false;
    return isUnlocked(join(path, LOCK_FILE));
  } catch {
    return false;
  }
}

/** Whether nobody holds the lock; a run killed before it made its lock holds none. */
function isUnlocked(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    return file.tryLockSync(true);
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function closeQuietly(file: Deno.FsFile): void {
  try {
    file.close();
  } catch {
    // Closed before.
  }
}

/** Never follows a symbolic link that a child may have left. */
function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Gone already, or the next run tries again.
  }
}
