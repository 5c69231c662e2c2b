/**
 * What one HTTP/2 connection may ask of us. Each limit is far above what clients need and low
 * enough that no client can make the proxy hold memory or spin for it.
 *
 * @module
 */

import type { HeaderListLimits } from "../hpack/decoder.ts";
import { DEFAULT_LIMITS } from "../limits.ts";

/** Bounds of one connection. */
export interface H2Limits extends HeaderListLimits {
  /** Encoded size of one header block, in bytes; more ends the connection. */
  readonly blockBytes: number;
  /** CONTINUATION frames of one header block (CVE-2024-27316 and its like). */
  readonly continuations: number;
  /** Streams under way; more are refused one by one. */
  readonly streams: number;
  /** Bytes of requests that wait for a decision before we stop reading, in bytes. */
  readonly heldBytes: number;
  /** PING or SETTINGS frames of one peer that the other has not acknowledged yet. */
  readonly unacknowledged: number;
  /** HPACK table of either direction, in bytes; larger settings are lowered in passing. */
  readonly tableBytes: number;
  /** Stream resets by the client (CVE-2023-44487). */
  readonly resets: RateLimit;
  /** Frames that lead nowhere: on closed streams, or DATA without a byte. */
  readonly idleFrames: RateLimit;
}

/** A token bucket: so many at once, then so many per second. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

/** The limits used where nothing else is said. */
export const DEFAULT_H2_LIMITS: H2Limits = {
  headBytes: DEFAULT_LIMITS.headBytes,
  headFields: DEFAULT_LIMITS.headFields,
  blockBytes: 256 * 1024,
  continuations: 128,
  streams: 2000,
  heldBytes: 1024 * 1024,
  unacknowledged: 1000,
  tableBytes: 64 * 1024,
  resets: { burst: 1000, perSecond: 100 },
  idleFrames: { burst: 10_000, perSecond: 1000 },
};

/** Counts events against a {@link RateLimit}. */
export class TokenBucket {
  readonly #limit: RateLimit;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** `now` gives milliseconds. */
  constructor(limit: RateLimit, now: () => number) {
    this.#limit = limit;
    this.#now = now;
    this.#tokens = limit.burst;
    this.#filledAt = now();
  }

  /** Counts one event. Returns whether it is within the limit. */
  take(): boolean {
    if (this.#tokens < 1) this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #fill(): void {
    const now = this.#now();
    const earned = (now - this.#filledAt) * this.#limit.perSecond / 1000;
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + earned);
    this.#filledAt = now;
  }
}
