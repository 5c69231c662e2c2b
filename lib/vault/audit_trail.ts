/**
 * The audit trail: `audit.jsonl`, one event a line, only ever appended to.
 *
 * Theory of operation: every event is one `write` on a descriptor opened for appending, so lines of
 * different processes never mix and a kill leaves whole lines. Reading goes from the end, in
 * blocks, so a long history costs nothing. When an event cannot be written (the disk is full), what
 * reveals or lends a secret fails, because an unrecorded disclosure must not happen; what only takes
 * away or already happened goes on, because a broken log must not keep anybody from logging out. A
 * file that is not safely ours (a symbolic link, another owner) fails everything.
 *
 * @module
 */

import {
  type AuditEvent,
  type AuditEventName,
  type AuditFact,
  formatAuditEvent,
  parseAuditEvent,
} from "../audit.ts";
import type { ProfileName } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { Home } from "./home.ts";
import { checkPrivateFile, fileError, PRIVATE_FILE_MODE } from "./private_file.ts";
import { followLines, readLinesFromEnd } from "./line_file.ts";

/** Events that must be on record before the secret leaves. */
const REVEALING: readonly AuditEventName[] = ["export", "show_secret", "run_start"];

const LINE_BREAK = new Uint8Array([0x0a]);

/** What a trail is opened with. */
export interface AuditTrailOptions {
  readonly home: Home;
  /** Stamped on every event. */
  readonly profile: ProfileName;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Which events a reader wants; all of them by default. */
export type AuditFilter = (event: AuditEvent) => boolean;

/** The trail of one home, for one profile. Nothing is opened before it is needed. */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  #file: Deno.FsFile | undefined;
  #inode: number | null | undefined;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
  }

  /**
   * Opens the file for appending, making it if it is missing. Every `append` does so by itself; call
   * it before a change that must not happen unless it can be recorded.
   *
   * @throws {AuthsomeError} `vault_unavailable` if it is not safely ours or cannot be opened.
   */
  open(): void {
    try {
      this.#ensureOpen();
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
    const { home, profile, now } = this.#options;
    const { event, ...rest } = fact;
    const time = new Date(now()).toISOString();
    const line = `${formatAuditEvent({ time, event, profile, ...rest })}\n`;
    try {
      this.#ensureOpen();
      this.#write(new TextEncoder().encode(line));
      return true;
    } catch (error) {
      this.close();
      const mayGoUnrecorded = !(error instanceof AuthsomeError) && !REVEALING.includes(event);
      if (mayGoUnrecorded) return false;
      throw fileError(home.auditFile, error, "cannot be written");
    }
  }

  /** The last `count` events the filter lets through, oldest first. Torn lines are left out. */
  readLast(count: number, filter: AuditFilter = () => true): AuditEvent[] {
    return this.#readLast(count, { filter, end: Infinity });
  }

  /**
   * The last `count` events and then every new one, whoever writes it, until `signal` aborts.
   * Nothing is left out or repeated between the two.
   */
  async *follow(
    signal: AbortSignal,
    options: { readonly count?: number; readonly filter?: AuditFilter } = {},
  ): AsyncGenerator<AuditEvent, void> {
    const { count = 0, filter = () => true } = options;
    const path = this.#options.home.auditFile;
    const start = checkPrivateFile(path)?.size ?? 0;
    yield* this.#readLast(count, { filter, end: start });
    for await (const line of followLines(path, { start, signal })) {
      const event = parseAuditEvent(line);
      if (event !== undefined && filter(event)) yield event;
    }
  }

  /** Closes the file; the next `append` opens it again. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** The same as {@link AuditTrail.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #ensureOpen(): void {
    const path = this.#options.home.auditFile;
    const inode = checkPrivateFile(path)?.ino;
    // Removed or moved away since it was opened: events go to the file that has the name.
    if (this.#file !== undefined && this.#inode !== inode) this.close();
    if (this.#file !== undefined) return;
    this.#file = openForAppending(path);
    this.#inode = this.#file.statSync().ino;
  }

  #write(line: Uint8Array): void {
    if (this.#file === undefined) return;
    const sent = this.#file.writeSync(line);
    if (sent !== line.length) throw new Deno.errors.WriteZero("The disk is full.");
  }

  #readLast(
    count: number,
    { filter, end }: { readonly filter: AuditFilter; readonly end: number },
  ): AuditEvent[] {
    const path = this.#options.home.auditFile;
    const events: AuditEvent[] = [];
    if (count <= 0 || checkPrivateFile(path) === undefined) return events;
    for (const line of readLinesFromEnd(path, end)) {
      const event = parseAuditEvent(line);
      if (event === undefined || !filter(event)) continue;
      events.push(event);
      if (events.length >= count) break;
    }
    return events.reverse();
  }
}

/** A line that a full disk cut short gets its end, so that it does not swallow the next one. */
function openForAppending(path: string): Deno.FsFile {
  const file = Deno.openSync(path, {
    read: true,
    append: true,
    create: true,
    mode: PRIVATE_FILE_MODE,
  });
  const last = new Uint8Array(1);
  if (file.statSync().size === 0) return file;
  file.seekSync(-1, Deno.SeekMode.End);
  if (file.readSync(last) === 1 && last[0] !== LINE_BREAK[0]) file.writeSync(LINE_BREAK);
  return file;
}
