/**
 * Ends what has been silent for too long, with one timer for all.
 *
 * Theory of operation: a timer for every wait would cost more than most requests. Here a wait is a
 * number in a set, and one timer looks at the set now and then; a deadline is therefore met with a
 * delay of up to a quarter of the shortest time that is watched for.
 *
 * @module
 */

/** Something that is watched. */
export class Watch {
  readonly #set: Set<Watch>;
  readonly #now: () => number;
  readonly #expire: () => void;
  #deadline = Infinity;
  #span = Infinity;

  /** Made by {@link Watchdog.watch}. */
  constructor(set: Set<Watch>, now: () => number, expire: () => void) {
    this.#set = set;
    this.#now = now;
    this.#expire = expire;
    set.add(this);
  }

  /** From now on, ends after `milliseconds` without a {@link touch}. */
  allow(milliseconds: number): void {
    this.#span = milliseconds;
    this.touch();
  }

  /** Something happened: the time begins anew. */
  touch(): void {
    this.#deadline = this.#now() + this.#span;
  }

  /** No longer watched. */
  end(): void {
    this.#set.delete(this);
  }

  /** Ends what is watched if its time is over. */
  check(now: number): void {
    if (now < this.#deadline) return;
    this.end();
    this.#expire();
  }
}

/** Watches any number of things. */
export class Watchdog {
  readonly #watches = new Set<Watch>();
  readonly #now: () => number;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `now` gives milliseconds; `shortestMs` is the shortest time that will be watched for. */
  constructor(now: () => number, shortestMs: number) {
    this.#now = now;
    this.#intervalMs = Math.max(1, Math.min(1000, shortestMs / 4));
  }

  /** Watches; `expire` is called once when the time is over, which is never unless allowed. */
  watch(expire: () => void): Watch {
    this.#timer ??= setInterval(() => this.#look(), this.#intervalMs);
    return new Watch(this.#watches, this.#now, expire);
  }

  /** Stops the timer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = this.#now();
    for (const watch of [...this.#watches]) watch.check(now);
    if (this.#watches.size === 0) this.close();
  }
}
