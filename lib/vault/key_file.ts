/**
 * `master.key`: the master key in a file of the home, and how it is replaced.
 *
 * Theory of operation: the file and the record it opens cannot be changed in one step, so a new key
 * is first written to a file of its own, `master.key.<id>`; then the record is changed, and names the
 * id; then the file is moved to `master.key`. Whoever finds that `master.key` does not fit looks for
 * the file the record names. All of this happens while the store is locked for writing, so at most
 * one key waits that the record names, and any other is left from a change that never was.
 *
 * @module
 */

import { fileError } from "./file_error.ts";
import { KEY_BYTES } from "./envelope.ts";
import type { Home } from "./home.ts";
import { parseMasterKey } from "./key_source.ts";
import { publish, readPrivateFile, removeQuietly, writeFileAtomic } from "./private_file.ts";

/** Names of keys that wait, and of files that were being written. */
const WAITING = /^master\.key(\.[0-9a-f]{16})+(\.tmp)?$/;

/**
 * The keys that may be the current one, likeliest first; empty if there is no file.
 *
 * @throws {AuthsomeError} `vault_unavailable` if a file is malformed or not safely ours.
 */
export function readKeyFiles(home: Home, pending: string | undefined): Uint8Array[] {
  const paths = [home.masterKeyFile];
  if (pending !== undefined) paths.push(pendingPath(home, pending));
  return paths.flatMap((path) => {
    const text = readPrivateFile(path);
    return text === undefined ? [] : [parseMasterKey(text, path)];
  });
}

/**
 * Makes `master.key` with a fresh key, for a vault that has none. The store must be locked.
 *
 * @throws {AuthsomeError} `vault_unavailable` if it cannot be written.
 */
export function createKeyFile(home: Home): Uint8Array {
  return writeKey(home.masterKeyFile);
}

/** Writes a fresh key beside `master.key`, to be moved there later. The store must be locked. */
export function createPendingKeyFile(home: Home, pending: string): Uint8Array {
  return writeKey(pendingPath(home, pending));
}

/**
 * Makes the files agree with the record: moves the key that waits, removes what was left behind. The
 * store must be locked, and `pending` be what its record names now.
 */
export function settleKeyFiles(home: Home, pending: string | undefined): void {
  for (const { name } of [...Deno.readDirSync(home.path)]) {
    if (!WAITING.test(name)) continue;
    const path = `${home.path}/${name}`;
    if (name === `master.key.${pending}`) moveKey(path, home.masterKeyFile);
    else removeQuietly(path);
  }
}

/** Removes `master.key`, for a vault that is locked with something else. */
export function removeKeyFile(home: Home): void {
  removeQuietly(home.masterKeyFile);
}

function pendingPath(home: Home, pending: string): string {
  return `${home.masterKeyFile}.${pending}`;
}

function writeKey(path: string): Uint8Array {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  writeFileAtomic(path, `${key.toBase64()}\n`);
  return key;
}

function moveKey(from: string, to: string): void {
  try {
    publish(from, to);
  } catch (error) {
    throw fileError(to, error, "cannot be replaced");
  }
}
