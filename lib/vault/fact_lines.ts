/**
 * Makes lines of facts: those of the audit trail and of a run's journal. One object takes up each
 * fact in turn, as a line is made for every request, twice.
 *
 * @module
 */

import { type AuditEvent, type AuditFact, formatAuditEvent } from "../audit.ts";
import type { ProfileName } from "../connection.ts";

/** Formats facts as events of one profile. */
export class FactLines {
  /** Fields are written in this order. */
  readonly #event: { -readonly [Field in keyof AuditEvent]-?: AuditEvent[Field] };
  #run: string | undefined;

  constructor(profile: ProfileName) {
    this.#event = {
      time: "",
      event: "request",
      profile,
      provider: undefined,
      connection: undefined,
      outcome: undefined,
      request: undefined,
      method: undefined,
      host: undefined,
      path: undefined,
      status: undefined,
      request_bytes: undefined,
      response_bytes: undefined,
      milliseconds: undefined,
      run: undefined,
      exit_status: undefined,
      seq: undefined,
      prev: undefined,
    };
  }

  /** What the facts that follow have in common: their time (RFC 3339), and their run if any. */
  stamp(time: string, run: string | undefined): void {
    this.#event.time = time;
    this.#run = run;
  }

  /** The line of a fact, without a line break. `given` is what the fact itself does not say. */
  format(fact: AuditFact, given: Pick<AuditEvent, "request" | "seq" | "prev">): string {
    const event = this.#event;
    event.event = fact.event;
    event.provider = fact.provider;
    event.connection = fact.connection;
    event.outcome = fact.outcome;
    event.request = given.request ?? fact.request;
    event.method = fact.method;
    event.host = fact.host;
    event.path = fact.path;
    event.status = fact.status;
    event.request_bytes = fact.request_bytes;
    event.response_bytes = fact.response_bytes;
    event.milliseconds = fact.milliseconds;
    event.run = this.#run ?? fact.run;
    event.exit_status = fact.exit_status;
    event.seq = given.seq;
    event.prev = given.prev;
    return formatAuditEvent(event);
  }
}
