/**
 * A visit: the right to use one page once, within its life, and the outcome it leads to.
 *
 * @module
 */

/** What a visit answers to a request now. */
export type VisitState = "open" | "busy" | "used" | "expired";

/** How the work of a visit ended. */
export type Ending<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly error: unknown };

/** Owns the state of one page. At most one piece of work ever runs in it. */
export class Visit {
  /** Settles as the work did, but only after the page that tells of it has been sent. */
  readonly outcome: Promise<void>;
  /** Milliseconds since the epoch at which an unused visit ends. */
  readonly expiresAt: number;

  readonly #settle: PromiseWithResolvers<void>;
  #started = false;
  #ended = false;

  constructor(expiresAt: number) {
    this.expiresAt = expiresAt;
    this.#settle = Promise.withResolvers<void>();
    this.outcome = this.#settle.promise;
    this.outcome.catch(() => undefined); // a failure may come before anyone waits
  }

  /** @param now milliseconds since the epoch */
  state(now: number): VisitState {
    if (this.#ended) return "used";
    if (this.#started) return "busy";
    return now >= this.expiresAt ? "expired" : "open";
  }

  /**
   * Does the work, once. Call it only while {@link Visit.state} is `open`, without an `await`
   * in between.
   *
   * @param sent resolves when the response that tells of the ending has left, or cannot any more
   */
  async run<T>(work: () => Promise<T>, sent: Promise<unknown>): Promise<Ending<T>> {
    this.#started = true;
    const ending = await endingOf(work);
    this.#ended = true;
    const settle = () =>
      ending.kind === "done" ? this.#settle.resolve() : this.#settle.reject(ending.error);
    sent.then(settle, settle);
    return ending;
  }
}

async function endingOf<T>(work: () => Promise<T>): Promise<Ending<T>> {
  try {
    return { kind: "done", value: await work() };
  } catch (error) {
    return { kind: "failed", error };
  }
}
