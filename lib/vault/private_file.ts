/**
 * Files and folders that only their owner may touch: checked before use, private from the moment
 * they exist, replaced whole or not at all.
 *
 * Theory of operation: the home folder is checked first and nobody else may enter it afterwards, so
 * what one `lstat` says about a file in it stays true until we open it. Every check is one system
 * call, since this is on the path of every command. Windows has neither modes nor owners here; its
 * profile folders are private already, and only the file type is checked.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { fileError, folderOf } from "./file_error.ts";

/** `rw-------`. */
export const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;
const OTHERS = 0o077;

/** Enough for the smallest file that SQLite makes beside a store, in bytes. */
const PROBE_SIZE = 64 * 1024;

/** What the system says about a file or folder. */
export type FileInfo = Deno.FileInfo;

/**
 * Looks at a file of ours and takes it away from other users if its mode is too open.
 *
 * @returns `undefined` if there is none.
 * @throws {AuthsomeError} `vault_unavailable` if it is a symbolic link, no regular file, has a
 * second name (a hard link: SQLite and atomic replacement both break on it) or another owner.
 */
export function checkPrivateFile(path: string): FileInfo | undefined {
  const info = lstat(path);
  if (info === undefined) return undefined;
  refuseLink(path, info);
  if (!info.isFile) throw refuse(path, "is not a regular file", `Move it away: mv '${path}' …`);
  refuseForeignOwner(path, info);
  if (info.nlink !== null && info.nlink > 1) {
    const copy = `cp -p '${path}' '${path}.copy' && mv '${path}.copy' '${path}'`;
    throw refuse(path, "has a second name (a hard link)", `Make it a file of its own: ${copy}`);
  }
  tighten(path, info, PRIVATE_FILE_MODE);
  return info;
}

/**
 * Looks at a folder of ours and takes it away from other users if its mode is too open.
 *
 * @returns `undefined` if there is none.
 * @throws {AuthsomeError} `vault_unavailable` if it is a symbolic link, no folder, or has another
 * owner.
 */
export function checkPrivateFolder(path: string): FileInfo | undefined {
  const info = lstat(path);
  if (info === undefined) return undefined;
  refuseLink(path, info);
  if (!info.isDirectory) throw refuse(path, "is not a folder", `Move it away: mv '${path}' …`);
  refuseForeignOwner(path, info);
  tighten(path, info, PRIVATE_FOLDER_MODE);
  return info;
}

/**
 * Makes a folder, with its parents, 0700 from the start; an existing one is only checked.
 *
 * @throws {AuthsomeError} `vault_unavailable` as {@link checkPrivateFolder}, or if it cannot be made.
 */
export function createPrivateFolder(path: string): void {
  if (checkPrivateFolder(path) !== undefined) return;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  } catch (error) {
    throw fileError(path, error, "cannot be made");
  }
  checkPrivateFolder(path);
}

/**
 * Reads a small text file of ours.
 *
 * @returns `undefined` if there is none.
 * @throws {AuthsomeError} `vault_unavailable` as {@link checkPrivateFile}, or if it cannot be read.
 */
export function readPrivateFile(path: string): string | undefined {
  if (checkPrivateFile(path) === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileError(path, error, "cannot be read");
  }
}

/**
 * Replaces a file of ours so that every reader, and every crash, sees the old or the new text and
 * nothing between. The text is on the disk when this returns. An interrupted call may leave a
 * `.tmp` file behind.
 *
 * @throws {AuthsomeError} `vault_unavailable` as {@link checkPrivateFile}, or if it cannot be
 * written.
 */
export function writeFileAtomic(path: string, text: string): void {
  checkPrivateFile(path);
  const temporary = temporaryPath(path);
  try {
    writeNew(temporary, new TextEncoder().encode(text));
    publish(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw fileError(path, error, "cannot be written");
  }
}

/** A name beside `path` that no other process uses. */
export function temporaryPath(path: string): string {
  return `${path}.${crypto.getRandomValues(new Uint8Array(8)).toHex()}.tmp`;
}

/** Moves a finished file to its name and makes the move durable. */
export function publish(temporary: string, path: string): void {
  Deno.renameSync(temporary, path);
  syncFolder(folderOf(path));
}

/**
 * The same, unless there is something of that name; the temporary file may be left.
 *
 * @throws `Deno.errors.AlreadyExists`, or whatever else the system says.
 */
export function publishNew(temporary: string, path: string): void {
  try {
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // A file system without hard links, as on many USB sticks.
    return publish(temporary, path);
  }
  removeQuietly(temporary);
  syncFolder(folderOf(path));
}

/** Makes what was moved, made or removed in a folder durable. */
export function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return;
  using folder = Deno.openSync(path);
  folder.syncSync();
}

/** Whether there is something of that name, be it a link to nothing. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes a file that may be gone already. */
export function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Nothing depends on it.
  }
}

/**
 * Writes a new file, private from the start, and has it on the disk. O_EXCL neither follows a link
 * nor takes over what somebody else put there.
 *
 * @throws Whatever the system says; an unfinished file may be left.
 */
export function writeNew(path: string, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: PRIVATE_FILE_MODE });
  for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
  file.syncSync();
}

/** What keeps files from being made in a folder; `undefined` if nothing does. */
export function findWriteProblem(folder: string): Error | undefined {
  // A name that may stand in a home whose version is not written yet.
  const path = temporaryPath(`${folder}/version`);
  try {
    writeNew(path, new Uint8Array(PROBE_SIZE));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : undefined;
  } finally {
    removeQuietly(path);
  }
}

function lstat(path: string): FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileError(path, error, "cannot be read");
  }
}

function refuse(path: string, what: string, hint: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `${path} ${what}.`, { hint });
}

function refuseLink(path: string, info: FileInfo): void {
  if (!info.isSymlink) return;
  throw refuse(path, "is a symbolic link", `Put the real thing in its place, or: rm '${path}'`);
}

function refuseForeignOwner(path: string, info: FileInfo): void {
  const user = Deno.build.os === "windows" ? null : Deno.uid();
  if (user === null || info.uid === null || info.uid === user) return;
  throw refuse(
    path,
    `belongs to another user (uid ${info.uid})`,
    "Use a home of your own: export AUTHSOME_HOME=…, or with sudo, which may keep another's HOME: " +
      `sudo -H authsome …. Only if it is yours: sudo chown -R ${user} '${path}'`,
  );
}

function tighten(path: string, info: FileInfo, mode: number): void {
  if (Deno.build.os === "windows" || info.mode === null || (info.mode & OTHERS) === 0) return;
  try {
    Deno.chmodSync(path, mode);
  } catch (error) {
    throw fileError(path, error, "is open to other users and cannot be closed");
  }
}
