/**
 * Records the requests of a run: those of a moment go into the trail together.
 *
 * Theory of operation: a line of the trail costs a lock, a hash and a write, which is as much as
 * the rest of a small request. Facts are collected for a moment, so that requests share that cost.
 * A trail that cannot be written must not end a child's connections: the run says so when it ends.
 * What a kill leaves unrecorded is in the run's journal, where each request is noted before it
 * leaves.
 *
 * @module
 */

import type { AuditFact } from "../audit.ts";
import { RequestJournal } from "../vault/request_journal.ts";
import type { Broker } from "./broker.ts";

/** How long facts are collected, in milliseconds. */
const COLLECT_MS = 10;

/** So many are written at once: as objects, they would outlive the collections of young garbage. */
const COLLECT_MOST = 32;

/** Collects and records. */
export interface RequestLog {
  /** Takes a request that is about to leave, and gives its number. */
  begin(fact: AuditFact): number;
  /** Writes down what was begun: before the first byte of it leaves. Never throws. */
  commit(): void;
  /** Takes a fact of this run. Never throws. */
  record(fact: AuditFact): void;
  /** Writes what is left. Returns how many facts could not be recorded since the start. */
  close(): number;
}

/** What a log is made of. */
export type LogParts = Pick<Broker, "home" | "now" | "profile" | "trail">;

/** Makes the log of the run named `run`. */
export function createRequestLog(parts: LogParts, run: string): RequestLog {
  const { trail, home, profile, now } = parts;
  const journal = new RequestJournal({ home, profile, now, run });
  let waiting: AuditFact[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lost = 0;
  const flush = (): void => {
    const facts = waiting;
    waiting = [];
    if (facts.length > 0 && !isRecorded(() => trail.appendAll(facts, run))) lost += facts.length;
    else for (const { request } of facts) if (request !== undefined) journal.end(request);
  };
  const flushInTime = (): void => {
    timer = undefined;
    flush();
  };
  return {
    begin: (fact) => journal.begin(fact),
    commit: () => journal.commit(),
    record: (fact) => {
      waiting.push(fact);
      if (waiting.length === COLLECT_MOST) flush();
      else timer ??= setTimeout(flushInTime, COLLECT_MS);
    },
    close: () => {
      clearTimeout(timer);
      flushInTime();
      journal.close();
      return lost;
    },
  };
}

function isRecorded(append: () => boolean): boolean {
  try {
    return append();
  } catch {
    return false;
  }
}
