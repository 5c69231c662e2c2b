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

/** How long facts are collected, in milliseconds. Longer, and they outlive a minor collection. */
const COLLECT_MS = 2;

/** Collects and records. */
export interface RequestLog {
  /** Takes a request that is about to leave, and gives its number. Never throws. */
  begin(fact: AuditFact): number;
  /** Takes a fact of this run. Never throws. */
  record(fact: AuditFact): void;
  /** Writes what is left. Returns how many facts could not be recorded since the start. */
  close(): number;
}

/** Makes the log of the run named `run`. */
export function createRequestLog(broker: Broker, run: string): RequestLog {
  const { trail, home, profile, now } = broker;
  const journal = new RequestJournal({ home, profile, now, run });
  let waiting: AuditFact[] = [];
  let lost = 0;
  const flush = (): void => {
    const facts = waiting;
    waiting = [];
    if (facts.length > 0 && !isRecorded(() => trail.appendAll(facts, run))) lost += facts.length;
    else for (const { request } of facts) if (request !== undefined) journal.end(request);
  };
  return {
    begin: (fact) => journal.begin(fact),
    record: (fact) => {
      if (waiting.length === 0) setTimeout(flush, COLLECT_MS);
      waiting.push(fact);
    },
    close: () => {
      flush();
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
