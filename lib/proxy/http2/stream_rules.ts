/**
 * Which frames a client may still send on streams that are not open, and how many that lead nowhere
 * (RFC 9113, section 5.1). No I/O.
 *
 * @module
 */

import { H2_ERROR, H2Error } from "./frame.ts";
import { TokenBucket } from "./limits.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision } from "./stream.ts";

/** The rules of one connection. */
export class StreamRules<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #resets: TokenBucket;
  readonly #idleFrames: TokenBucket;

  constructor(session: H2Session<D>) {
    const { limits, now } = session.policy;
    this.#session = session;
    this.#resets = new TokenBucket(limits.resets, now);
    this.#idleFrames = new TokenBucket(limits.idleFrames, now);
  }

  /**
   * A stream that is not open may only be one that our side reset a moment ago.
   *
   * @throws {H2Error} if it is another.
   */
  checkClosed(streamId: number): void {
    if (streamId % 2 === 0) throw new H2Error(H2_ERROR.protocolError, "a stream is the server's");
    this.checkIdle(streamId);
    if (!this.#session.streams.wasReset(streamId)) throw streamClosed();
  }

  /** @throws {H2Error} if the client has never opened the stream. */
  checkIdle(streamId: number): void {
    if (streamId <= this.#session.streams.highestId) return;
    throw new H2Error(H2_ERROR.protocolError, "a frame is on a stream that was never opened");
  }

  /** @throws {H2Error} if the client sends frames that lead nowhere faster than it may. */
  countIdleFrame(): void {
    if (this.#idleFrames.take()) return;
    throw new H2Error(H2_ERROR.enhanceYourCalm, "too many frames without use");
  }

  /** @throws {H2Error} if the client resets streams faster than it may. */
  countReset(): void {
    if (this.#resets.take()) return;
    throw new H2Error(H2_ERROR.enhanceYourCalm, "too many resets");
  }
}

/** The error of a frame on a stream on which the client may send none. */
export function streamClosed(): H2Error {
  return new H2Error(H2_ERROR.streamClosed, "a frame is on a closed stream");
}
