/**
 * The journal of one run: which requests are about to leave. It outlives a run that is killed, and
 * whoever comes next puts what is not in the audit trail there.
 *
 * Theory of operation: a request is recorded when it is over, but a run can be killed before. So a
 * line goes into a file of the run before the first byte of a request leaves. One write is enough:
 * what the system has taken survives the process, though not a power cut, and there is no chain to
 * extend and no lock to wait for. The run holds a lock on the file, which the system frees when the
 * run dies. Requests carry numbers, so that those in the trail already are told apart; a file that
 * has grown large is replaced by one with the requests that are still under way.
 *
 * @module
 */

import type { AuditEvent, AuditFact } from "../audit.ts";
import { parseAuditEvent } from "../audit.ts";
import type { ProfileName } from "../connection.ts";
import type { AuditTrail } from "./audit_trail.ts";
import type { Home } from "./home.ts";
import { FactLines } from "./fact_lines.ts";
import { readLines } from "./line_file.ts";
import { OpenLines } from "./open_lines.ts";
import { PRIVATE_FILE_MODE, removeQuietly } from "./private_file.ts";

/** A file this large is replaced, in bytes. */
const LARGE = 1024 * 1024;

const SUFFIX = ".requests";

/** What a journal is kept for. */
export interface JournalOptions {
  readonly home: Home;
  /** Identifier of the run. */
  readonly run: string;
  readonly profile: ProfileName;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Size at which the file is replaced, in bytes; default 1 MiB. */
  readonly replaceAt?: number;
}

/** The journal of a living run. No file is made before the first request. */
export class RequestJournal {
  readonly #options: JournalOptions;
  readonly #path: string;
  /** Lines of requests that are not in the trail yet. */
  readonly #open = new OpenLines();
  #file: Deno.FsFile | undefined;
  #size = 0;
  /** Whether lines are missing in the file, as the disk was full: the next one gets them. */
  #isTorn = false;
  #replaceAt: number;
  #count = 0;
  readonly #lines: FactLines;
  /** The time that lines are stamped with. */
  #now = NaN;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#lines = new FactLines(options.profile);
    this.#path = `${options.home.runFolder}/${options.run}${SUFFIX}`;
    this.#replaceAt = options.replaceAt ?? LARGE;
  }

  /**
   * Takes a request that is about to leave. It is on record once {@link RequestJournal.commit} was
   * called.
   *
   * @returns The number of the request in this run, counted from 1.
   */
  begin(fact: AuditFact): number {
    const request = ++this.#count;
    this.#stamp();
    this.#open.add(request, this.#lines.format(fact, { request }));
    return request;
  }

  /**
   * Writes down what was begun, before a byte of it leaves. Never throws: as with the trail, a full
   * disk must not end a child's connections.
   */
  commit(): void {
    // Line breaks go first: what a full disk took of the line before stays apart.
    const lines = this.#open.takeNew();
    if (lines === undefined) return;
    try {
      if (this.#file !== undefined && !this.#isTorn) this.#write(this.#file, lines);
      const isLarge = this.#size > this.#replaceAt;
      if (this.#file === undefined || this.#isTorn || isLarge) this.#replace();
    } catch {
      // See above. Whatever kept the file from being replaced is not tried again at once.
      this.#replaceAt = Math.max(this.#replaceAt, 2 * this.#size);
    }
  }

  /** The request is in the trail. */
  end(number: number): void {
    this.#open.end(number);
  }

  /** Closes the journal; it is kept for others if requests are left in it. */
  close(): void {
    if (this.#file !== undefined && this.#open.size === 0) removeQuietly(this.#path);
    this.#file?.close();
    this.#file = undefined;
  }

  #write(file: Deno.FsFile, lines: Uint8Array): void {
    this.#isTorn = true;
    const written = file.writeSync(lines);
    this.#isTorn = written < lines.length;
    this.#size += written;
  }

  /** Makes a text for each millisecond, however many requests it has. */
  #stamp(): void {
    const now = this.#options.now();
    if (now === this.#now) return;
    this.#lines.stamp(new Date(now).toISOString(), this.#options.run);
    this.#now = now;
  }

  /** Makes a new file of the requests under way. It is locked before it has its name. */
  #replace(): void {
    const temporary = `${this.#path}.tmp`;
    removeQuietly(temporary);
    const mode = PRIVATE_FILE_MODE;
    const file = Deno.openSync(temporary, { append: true, createNew: true, mode });
    lockQuietly(file);
    const lines = this.#open.compact();
    this.#size = file.writeSync(lines);
    Deno.renameSync(temporary, this.#path);
    this.#file?.close();
    this.#file = file;
    this.#isTorn = this.#size < lines.length;
    this.#replaceAt = Math.max(this.#options.replaceAt ?? LARGE, 2 * this.#size);
  }
}

/**
 * Puts into the trail what dead runs left in their journals: requests that were about to leave or had
 * left, and of which nothing more is known (outcome `unknown`). Never throws: what cannot be put there
 * now is left for the next one.
 *
 * @returns How many requests that were.
 */
export function recoverRequests(home: Home, trail: AuditTrail): number {
  let recovered = 0;
  for (const path of listJournals(home)) {
    try {
      recovered += recoverJournal(path, trail);
    } catch {
      // See above.
    }
  }
  return recovered;
}

function recoverJournal(path: string, trail: AuditTrail): number {
  using file = openAbandoned(path);
  if (file === undefined) return 0;
  const left = new Map<number, AuditEvent>();
  for (const line of readLines(file, file.statSync().size)) {
    const event = parseAuditEvent(line);
    if (event?.request !== undefined) left.set(event.request, event);
  }
  const run = left.values().next().value?.run;
  if (run !== undefined) forgetRecorded(left, run, trail);
  const lost = [...left.values()].map((event) => ({ ...event, outcome: "unknown" }));
  if (lost.length > 0 && !trail.appendStamped(lost)) return 0;
  Deno.removeSync(path);
  return lost.length;
}

/** Takes out what is in the trail; that can only be after the run's start. */
function forgetRecorded(left: Map<number, AuditEvent>, run: string, trail: AuditTrail): void {
  for (const event of trail.eventsFromEnd()) {
    if (left.size === 0) return;
    if (event.run !== run) continue;
    if (event.event === "run_start") return;
    if (event.request !== undefined) left.delete(event.request);
  }
}

/** Opens and locks a journal whose run is dead; `undefined` if it lives or somebody else is at it. */
function openAbandoned(path: string): Deno.FsFile | undefined {
  const file = openOrMissing(path);
  if (file === undefined) return undefined;
  // What was replaced or recovered in the meantime has another file under its name, or none.
  if (tryLock(file) && file.statSync().ino === inodeOf(path)) return file;
  file.close();
  return undefined;
}

function openOrMissing(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch {
    return undefined;
  }
}

function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return undefined;
  }
}

function tryLock(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    return false;
  }
}

/** Where the file system has no locks, no journal is ever found abandoned. */
function lockQuietly(file: Deno.FsFile): void {
  try {
    file.lockSync(true);
  } catch {
    // See above.
  }
}

function listJournals(home: Home): string[] {
  try {
    return [...Deno.readDirSync(home.runFolder)]
      .filter(({ name, isFile }) => isFile && name.endsWith(SUFFIX))
      .map(({ name }) => `${home.runFolder}/${name}`).sort();
  } catch {
    return [];
  }
}
