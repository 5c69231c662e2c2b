/**
 * The audit trail: `audit.jsonl`, one event a line, only ever appended to, each line chained to the
 * one before it.
 *
 * Theory of operation: a writer takes the trail's lock for the few microseconds it needs to see where
 * the chain ends and to write its line, so any number of processes extend one chain. What a kill
 * leaves of a line does not count, and the next writer cuts it off. Reading goes from the end, in
 * blocks, so a long history costs nothing; a file that has grown large is moved aside and read on
 * from there. When an event cannot be written (the disk is full), what reveals or lends a secret
 * fails, because an unrecorded disclosure must not happen; what only takes away or already happened
 * goes on, because a broken log must not keep anybody from logging out. A file that is not safely ours (a symbolic link, another owner) fails everything.
 *
 * @module
 */

import { type AuditEvent, type AuditEventName, type AuditFact, parseAuditEvent } from "../audit.ts";
import type { ProfileName } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import {
  type AuditLink,
  type ChainedLine,
  chainEvent,
  chainFact,
  type ChainReport,
  linkOf,
  verifyChain,
} from "./audit_chain.ts";
import { AuditLock, AuditSnapshot, finishAuditFile } from "./audit_files.ts";
import { FactLines } from "./fact_lines.ts";
import { fileError } from "./file_error.ts";
import { watchFolder } from "./folder_watch.ts";
import type { Home } from "./home.ts";
import { LineBuffer } from "./line_buffer.ts";
import { findLineStart, readLinesFromEnd } from "./line_file.ts";
import { checkPrivateFile, PRIVATE_FILE_MODE } from "./private_file.ts";

/** Events that must be on record before the secret leaves. */
const REVEALING: readonly AuditEventName[] = ["export", "show_secret", "run_start"];

/** Events that say little by themselves: not worth the disk's time to seal the trail's head after. */
const FRAMING: readonly AuditEventName[] = ["run_start", "run_end"];

/** A file this large is finished and a new one begun, in bytes. */
const LARGE = 16 * 1024 * 1024;

/** Behind more lines than this that are no events, a chain is begun anew; a check tells of both. */
const MAX_FOREIGN = 200;

/** What a trail is opened with. */
export interface AuditTrailOptions {
  readonly home: Home;
  /** Stamped on every event. */
  readonly profile: ProfileName;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Size at which a new file is begun, in bytes; default 16 MiB. */
  readonly finishAt?: number;
}

/** Which events a reader wants; all of them by default. */
export type AuditFilter = (event: AuditEvent) => boolean;

/** Makes the line of a fact or an event, behind the last one. */
type Chain<T> = (fact: T, last: AuditLink | undefined) => ChainedLine;

/** The trail of one home, for one profile. Nothing is opened before it is needed. */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  #lock: AuditLock | undefined;
  #file: Deno.FsFile | undefined;
  #inode: number | null | undefined;
  /** Where the file ended when `#last` was its last line, in bytes. */
  #end = 0;
  #last: AuditLink | undefined;
  #hasRecorded = false;
  readonly #lines: FactLines;
  readonly #text = new LineBuffer();

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.#lines = new FactLines(options.profile);
  }

  /**
   * Opens the file for appending, making it if it is missing. Every `append` does so by itself; call
   * it before a change that must not happen unless it can be recorded.
   *
   * @throws {AuthsomeError} `vault_unavailable` if it is not safely ours or cannot be opened.
   */
  open(): void {
    try {
      this.#hold(() => this.#ensureOpen());
    } catch (error) {
      throw fileError(this.#options.home.auditFile, error, "cannot be opened for appending");
    }
  }

  /**
   * Records a fact, stamped with time and profile. Do it before a secret is revealed.
   *
   * @returns `false` if it could not be written and the event is one that may go unrecorded.
   * @throws {AuthsomeError} `vault_unavailable` if the file is not safely ours, or if it cannot be
   * written and the event is `export`, `show_secret` or `run_start`.
   */
  append(fact: AuditFact): boolean {
    return this.appendAll([fact]);
  }

  /** Records several facts, of the run named `run` if any, in one write; otherwise as `append`. */
  appendAll(facts: readonly AuditFact[], run?: string): boolean {
    this.#lines.stamp(new Date(this.#options.now()).toISOString(), run);
    return this.#append(facts, (fact, last) => chainFact(fact, this.#lines, last));
  }

  /** The same for events that have time and profile, of a moment ago or of a run that died. */
  appendStamped(events: readonly AuditEvent[]): boolean {
    return this.#append(events, chainEvent);
  }

  /** Whether anything was recorded through this trail, apart from runs that did nothing. */
  get hasRecorded(): boolean {
    return this.#hasRecorded;
  }

  /** Every event, the newest first. Torn lines are left out. */
  *eventsFromEnd(): Generator<AuditEvent, void> {
    using snapshot = AuditSnapshot.open(this.#options.home);
    for (const line of snapshot.linesFromEnd()) {
      const event = parseAuditEvent(line);
      if (event !== undefined) yield event;
    }
  }

  /** The last `count` events the filter lets through, oldest first. Torn lines are left out. */
  readLast(count: number, filter: AuditFilter = () => true): readonly AuditEvent[] {
    return this.#readBack({ count, filter, known: undefined }).events;
  }

  /**
   * The last `count` events and then every new one, whoever writes it, until `signal` aborts.
   * Nothing is left out or repeated.
   */
  async *follow(
    signal: AbortSignal,
    options: { readonly count?: number; readonly filter?: AuditFilter } = {},
  ): AsyncGenerator<AuditEvent, void> {
    const { count = 0, filter = () => true } = options;
    let { events, newest } = this.#readBack({ count, filter, known: undefined });
    yield* events;
    for await (const _ of watchFolder(this.#options.home.path, signal)) {
      ({ events, newest } = this.#readBack({ count: Infinity, filter, known: newest }));
      yield* events;
    }
  }

  /** The link of the last event, or of the one numbered `seq`; `undefined` if it is not there. */
  link(seq?: number): AuditLink | undefined {
    using snapshot = AuditSnapshot.open(this.#options.home);
    for (const line of snapshot.linesFromEnd()) {
      const number = parseAuditEvent(line)?.seq;
      if (number === undefined || (seq !== undefined && number > seq)) continue;
      const link = linkOf(line);
      return seq === undefined || link?.seq === seq ? link : undefined;
    }
    return undefined;
  }

  /** Follows the whole chain; `sealed` is a link kept elsewhere that must be in it. */
  verify(sealed?: AuditLink): ChainReport {
    using snapshot = AuditSnapshot.open(this.#options.home);
    return verifyChain(snapshot.lines(), sealed);
  }

  /** Closes the files; the next `append` opens them again. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#lock?.close();
    this.#lock = undefined;
  }

  /** The same as {@link AuditTrail.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads from the end to `count` events, or to the line that is known already. */
  #readBack(
    { count, filter, known }: {
      readonly count: number;
      readonly filter: AuditFilter;
      readonly known: string | undefined;
    },
  ): { readonly events: readonly AuditEvent[]; readonly newest: string | undefined } {
    const events: AuditEvent[] = [];
    let newest: string | undefined;
    using snapshot = AuditSnapshot.open(this.#options.home);
    for (const line of snapshot.linesFromEnd()) {
      newest ??= line;
      if (line === known || events.length >= count) break;
      const event = parseAuditEvent(line);
      if (event !== undefined && filter(event)) events.push(event);
    }
    return { events: events.reverse(), newest };
  }

  #append<T extends AuditFact>(facts: readonly T[], chain: Chain<T>): boolean {
    const { home } = this.#options;
    try {
      this.#hold(() => this.#write(facts, chain));
      this.#hasRecorded ||= facts.some(({ event }) => !FRAMING.includes(event));
      return true;
    } catch (error) {
      this.close();
      const mayGoUnrecorded = !(error instanceof AuthsomeError) &&
        !facts.some(({ event }) => REVEALING.includes(event));
      if (mayGoUnrecorded) return false;
      throw fileError(home.auditFile, error, "cannot be written");
    }
  }

  #hold<T>(work: () => T): T {
    this.#lock ??= AuditLock.open(this.#options.home);
    return this.#lock.hold(work);
  }

  /** Opens the file that has the name now. Returns it and its size, in bytes. */
  #ensureOpen(): { readonly file: Deno.FsFile; readonly size: number } {
    const { home } = this.#options;
    const info = checkPrivateFile(home.auditFile);
    const isOurs = this.#file !== undefined && info !== undefined && info.ino === this.#inode;
    if (this.#file !== undefined && isOurs) return { file: this.#file, size: info.size };
    this.#file?.close();
    const mode = PRIVATE_FILE_MODE;
    this.#file = Deno.openSync(home.auditFile, { read: true, append: true, create: true, mode });
    const { ino, size } = this.#file.statSync();
    this.#inode = ino;
    this.#end = -1;
    return { file: this.#file, size };
  }

  #write<T>(facts: readonly T[], chain: Chain<T>): void {
    const { home, finishAt = LARGE } = this.#options;
    let { file, size } = this.#ensureOpen();
    if (size !== this.#end) size = this.#findEnd(file, size);
    if (size >= finishAt && finishAuditFile(home, this.#last?.seq ?? 0)) {
      ({ file, size } = this.#ensureOpen());
    }
    let last = this.#last;
    this.#text.cut(0);
    for (const fact of facts) {
      const { line, link } = chain(fact, last);
      this.#text.add(line);
      this.#text.addBreak();
      last = link;
    }
    const bytes = this.#text.bytes();
    if (file.writeSync(bytes) !== bytes.length) {
      throw new Deno.errors.WriteZero("The disk is full.");
    }
    this.#end = size + bytes.length;
    this.#last = last;
  }

  /** Finds the last link, and cuts off what is left of a torn line. Returns the size. */
  #findEnd(file: Deno.FsFile, size: number): number {
    const end = cutTornLine(file, size);
    if (end > 0) {
      this.#last = findLink(readLinesFromEnd(file, end));
      return end;
    }
    // A new file: the chain goes on from the one before it.
    using snapshot = AuditSnapshot.openLocked(this.#options.home);
    this.#last = findLink(snapshot.linesFromEnd());
    return end;
  }
}

/** The first link among the lines, unless too many that are none come before it. */
function findLink(lines: Iterable<string>): AuditLink | undefined {
  let looked = 0;
  for (const line of lines) {
    const link = linkOf(line);
    looked += 1;
    if (link !== undefined || looked > MAX_FOREIGN) return link;
  }
  return undefined;
}

/** The lock is held, so whoever began the line has failed or died. */
function cutTornLine(file: Deno.FsFile, size: number): number {
  const end = findLineStart(file, size);
  if (end < size) file.truncateSync(end);
  return end;
}
