/**
 * One request while it is served: whose business it is, what its plan and its answer may ask for,
 * and what is recorded of it.
 *
 * @module
 */

import {
  exchangeFact,
  redactedFact,
  type StartedExchange,
  startFact,
} from "../decision/exchange_fact.ts";
import type { Refusal } from "../decision/refusal.ts";
import type { ExchangeSubject, PlanningSession } from "../decision/request_plan.ts";
import type { SecretMatcher } from "../redaction/secret_matcher.ts";
import type { RequestHead } from "./request_head.ts";
import type { ClientEnd } from "./request_sender.ts";
import type { AnswerRedaction } from "./response_body.ts";
import type { SessionServices } from "./session.ts";

/** What a request is served with. */
export interface ServedRequestOptions {
  readonly client: ClientEnd;
  readonly services: SessionServices;
  /** Called whenever bytes pass. */
  readonly touch: () => void;
}

/** What became of a request; nothing if it was refused before it had a plan. */
export interface RequestOutcome {
  /** Of the answer, if one came. */
  readonly status: number | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

const NOTHING: RequestOutcome = { status: undefined, requestBytes: 0, responseBytes: 0 };

/** A request that is being served. */
export class ServedRequest implements PlanningSession, AnswerRedaction {
  readonly head: RequestHead;
  readonly #options: ServedRequestOptions;
  readonly #startedAt: number;
  #subject: ExchangeSubject | undefined;
  /** Its number in the run, once it is about to leave. */
  #number: number | undefined;
  #isHit = false;

  constructor(head: RequestHead, options: ServedRequestOptions) {
    this.head = head;
    this.#options = options;
    this.#startedAt = options.services.now();
  }

  note(subject: ExchangeSubject): void {
    this.#subject = subject;
  }

  get redacts(): boolean {
    return this.#options.services.redaction !== undefined;
  }

  async holdBody(): Promise<Uint8Array> {
    const { client, services, touch } = this.#options;
    const { holdBody } = await import("./held_body.ts");
    return await holdBody(client, { head: this.head, limit: services.limits.heldBodyBytes, touch });
  }

  matcher(): SecretMatcher | undefined {
    const owner = this.#subject?.owner;
    return owner && this.#options.services.redaction?.searchFor(owner)?.matcher;
  }

  readonly onHit = (): void => {
    if (this.#isHit || this.#subject === undefined) return;
    this.#isHit = true;
    this.#options.services.record(redactedFact(this.#headline(this.#subject)));
  };

  /** Notes that the request is about to leave, if it is anybody's business. */
  begin(): void {
    if (this.#subject === undefined) return;
    const { services } = this.#options;
    this.#number = services.begin(startFact(this.#headline(this.#subject)));
    services.commit();
  }

  /** Records how it ended, if it is anybody's business. */
  record(refusal: Refusal | undefined, outcome: RequestOutcome = NOTHING): void {
    if (this.#subject === undefined) return;
    const { host, owner, path } = this.#subject;
    const { now, record } = this.#options.services;
    record(exchangeFact({
      host,
      owner,
      method: this.head.method,
      path,
      request: this.#number,
      status: outcome.status ?? refusal?.status,
      refusal,
      requestBytes: outcome.requestBytes,
      responseBytes: outcome.responseBytes,
      milliseconds: now() - this.#startedAt,
    }));
  }

  #headline({ host, owner, path }: ExchangeSubject): StartedExchange {
    return { host, owner, method: this.head.method, path };
  }
}
