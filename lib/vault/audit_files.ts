/**
 * The files of the audit trail: `audit.jsonl`, which grows, the finished ones before it,
 * `audit-<number of its last event>.jsonl`, and the lock that writers take.
 *
 * @module
 */

import { fileError } from "./file_error.ts";
import type { Home } from "./home.ts";
import { findLineStart, readLines, readLinesFromEnd } from "./line_file.ts";
import { checkPrivateFile, PRIVATE_FILE_MODE } from "./private_file.ts";

/** How long a writer waits for others, in milliseconds; a line takes microseconds. */
const LOCK_TIMEOUT = 5_000;

const FINISHED = /^audit-[0-9]{12}\.jsonl$/;

/** The trail as it is at one moment. Close it. */
export class AuditSnapshot {
  readonly #current: Deno.FsFile | undefined;
  readonly #end: number;
  readonly #finished: readonly string[];

  private constructor(current: Deno.FsFile | undefined, finished: readonly string[]) {
    this.#current = current;
    // The lock is held: a line without its end was being written when its writer was killed.
    this.#end = current === undefined ? 0 : findLineStart(current, current.statSync().size);
    this.#finished = finished;
  }

  /**
   * Opens what there is, in a home that may be read-only. A trail that is being moved on is waited for.
   *
   * @throws {AuthsomeError} `vault_unavailable` if it is not safely ours or cannot be read.
   */
  static open(home: Home): AuditSnapshot {
    try {
      using lock = AuditLock.openExisting(home);
      return lock.hold(() => AuditSnapshot.openLocked(home));
    } catch (error) {
      throw fileError(home.auditFile, error, "cannot be read");
    }
  }

  /** The same, for one who holds the lock. */
  static openLocked(home: Home): AuditSnapshot {
    const isThere = checkPrivateFile(home.auditFile) !== undefined;
    const current = isThere ? Deno.openSync(home.auditFile) : undefined;
    return new AuditSnapshot(current, listFinished(home));
  }

  /** Every line, the newest first. */
  *linesFromEnd(): Generator<string, void> {
    if (this.#current !== undefined) yield* readLinesFromEnd(this.#current, this.#end);
    for (const path of this.#finished.toReversed()) {
      using file = Deno.openSync(path);
      yield* readLinesFromEnd(file, file.statSync().size);
    }
  }

  /** Every line, the oldest first. */
  *lines(): Generator<string, void> {
    for (const path of this.#finished) {
      using file = Deno.openSync(path);
      yield* readLines(file, file.statSync().size);
    }
    if (this.#current !== undefined) yield* readLines(this.#current, this.#end);
  }

  /** Closes the file. */
  close(): void {
    this.#current?.close();
  }

  /** The same as {@link AuditSnapshot.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Moves `audit.jsonl` to the name of a finished file. The lock must be held.
 *
 * @returns `false` if that name is taken: nothing that was recorded is ever written over.
 */
export function finishAuditFile(home: Home, lastSeq: number): boolean {
  const path = `${home.path}/audit-${String(lastSeq).padStart(12, "0")}.jsonl`;
  if (checkPrivateFile(path) !== undefined) return false;
  Deno.renameSync(home.auditFile, path);
  return true;
}

/** The lock that keeps writers of one trail apart. The system frees that of a process that died. */
export class AuditLock {
  readonly #file: Deno.FsFile | undefined;

  private constructor(file: Deno.FsFile | undefined) {
    this.#file = file;
  }

  /** Opens the lock, making its file if it is missing. */
  static open(home: Home): AuditLock {
    const path = lockPath(home);
    checkPrivateFile(path);
    return new AuditLock(
      Deno.openSync(path, { write: true, create: true, mode: PRIVATE_FILE_MODE }),
    );
  }

  /** Opens the lock for reading a trail; without a file there has never been a writer. */
  static openExisting(home: Home): AuditLock {
    const isThere = checkPrivateFile(lockPath(home)) !== undefined;
    return new AuditLock(isThere ? openLockFile(lockPath(home)) : undefined);
  }

  /** Runs `work` alone. Throws `TimedOut` if another process, stopped perhaps, keeps the lock. */
  hold<T>(work: () => T): T {
    if (this.#file === undefined) return work();
    takeLock(this.#file);
    try {
      return work();
    } finally {
      this.#file.unlockSync();
    }
  }

  /** Closes the lock's file. */
  close(): void {
    this.#file?.close();
  }

  /** The same as {@link AuditLock.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** For writing, which network file systems want of whoever takes a lock; else for reading. */
function openLockFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true });
  } catch {
    return Deno.openSync(path);
  }
}

function takeLock(file: Deno.FsFile): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + LOCK_TIMEOUT;
  while (!file.tryLockSync(true)) {
    if (performance.now() > deadline) throw new Deno.errors.TimedOut("The audit trail is locked.");
    Atomics.wait(clock, 0, 0, 1);
  }
}

function lockPath(home: Home): string {
  return `${home.auditFile}.lock`;
}

function listFinished(home: Home): string[] {
  const names: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(home.path)) if (FINISHED.test(name)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const paths = names.sort().map((name) => `${home.path}/${name}`);
  return paths.filter((path) => checkPrivateFile(path) !== undefined);
}
