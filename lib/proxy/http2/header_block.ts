/**
 * Puts a header block together from HEADERS or PUSH_PROMISE and the CONTINUATION frames that must
 * follow without a gap (RFC 9113, sections 4.3, 6.2, 6.6 and 6.10). No I/O.
 *
 * @module
 */

import { concat } from "../stream/bytes.ts";
import { FLAG, FRAME, type FrameHead, H2_ERROR, H2Error } from "./frame.ts";
import type { FramePart } from "./scanner.ts";

/** A complete header block. */
export interface HeaderBlock {
  /** The frame that began it. */
  readonly head: FrameHead;
  /** The five bytes of priority, if the frame had them. */
  readonly priority: Uint8Array | undefined;
  /** Valid as long as the frame part it came with. */
  readonly bytes: Uint8Array;
}

/** How much may be gathered for one block. */
export interface HeaderBlockLimits {
  /** Encoded bytes. */
  readonly blockBytes: number;
  /** CONTINUATION frames. */
  readonly continuations: number;
}

/** Gathers the blocks of one direction. */
export class HeaderBlockReader {
  readonly #limits: HeaderBlockLimits;
  #head: FrameHead | undefined;
  #priority: Uint8Array | undefined;
  #fragments: Uint8Array[] = [];
  #bytes = 0;

  constructor(limits: HeaderBlockLimits) {
    this.#limits = limits;
  }

  /**
   * Must see every frame's head before anything else is done with it.
   *
   * @throws {H2Error} if a block is open and this is not its continuation, or the reverse.
   */
  checkSequence(head: FrameHead): void {
    const expected = this.#head === undefined
      ? head.type !== FRAME.continuation
      : head.type === FRAME.continuation && head.streamId === this.#head.streamId;
    if (!expected) throw new H2Error(H2_ERROR.protocolError, "a header block is interrupted");
  }

  /**
   * Takes a whole HEADERS, PUSH_PROMISE or CONTINUATION frame.
   *
   * @returns the block if this frame completes it.
   * @throws {H2Error} if the padding is wrong or the block is too large.
   */
  take(part: FramePart): HeaderBlock | undefined {
    const isContinuation = part.head.type === FRAME.continuation;
    const fragment = isContinuation ? payloadOf(part) : this.#begin(part);
    this.#bytes += fragment.length;
    const { blockBytes, continuations } = this.#limits;
    if (this.#bytes > blockBytes || this.#fragments.length > continuations) {
      throw new H2Error(H2_ERROR.enhanceYourCalm, "a header block is too large");
    }
    const complete = (part.head.flags & FLAG.endHeaders) !== 0;
    if (!complete) {
      this.#fragments.push(fragment.slice());
      return undefined;
    }
    const bytes = this.#fragments.length === 0 ? fragment : concat([...this.#fragments, fragment]);
    const block = { head: this.#head!, priority: this.#priority, bytes };
    this.#head = undefined;
    this.#fragments = [];
    this.#bytes = 0;
    return block;
  }

  #begin(part: FramePart): Uint8Array {
    this.#head = part.head;
    this.#priority = undefined;
    const payload = stripPadding(part);
    if (part.head.type === FRAME.pushPromise) return payload.subarray(4);
    if ((part.head.flags & FLAG.priority) === 0) return payload;
    if (payload.length < 5) throw new H2Error(H2_ERROR.frameSizeError, "a HEADERS frame is short");
    this.#priority = payload.slice(0, 5);
    return payload.subarray(5);
  }
}

/**
 * The payload of a whole frame without its padding.
 *
 * @throws {H2Error} if the padding is longer than the frame.
 */
function stripPadding(part: FramePart): Uint8Array {
  const { head } = part;
  const payload = payloadOf(part);
  if ((head.flags & FLAG.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined || padding >= payload.length) {
    throw new H2Error(H2_ERROR.protocolError, "the padding is longer than its frame");
  }
  return payload.subarray(1, payload.length - padding);
}

function payloadOf(part: FramePart): Uint8Array {
  return part.bytes.subarray(part.payloadStart, part.end);
}
