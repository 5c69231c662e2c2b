/**
 * Puts a header block together from HEADERS or PUSH_PROMISE and the CONTINUATION frames that must
 * follow without a gap (RFC 9113, sections 4.3, 6.2, 6.6 and 6.10). No I/O.
 *
 * @module
 */

import { type ByteRange, concat, wholeOf } from "../stream/bytes.ts";
import { FLAG, FRAME, type FrameHead, H2_ERROR, H2Error } from "./frame.ts";
import type { FramePart } from "./scanner.ts";

/** A header block; its bytes are valid as long as the frame part that completed it. */
export interface HeaderBlock extends ByteRange {
  /** The frame that began it. */
  readonly head: FrameHead;
  /** The five bytes of priority, if the frame had them. */
  readonly priority: Uint8Array | undefined;
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
  /** What began a block that is not complete. */
  #open: HeaderBlock | undefined;
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
    const expected = this.#open === undefined
      ? head.type !== FRAME.continuation
      : head.type === FRAME.continuation && head.streamId === this.#open.head.streamId;
    if (!expected) throw new H2Error(H2_ERROR.protocolError, "a header block is interrupted");
  }

  /**
   * Takes a whole HEADERS, PUSH_PROMISE or CONTINUATION frame.
   *
   * @returns the block if this frame completes it.
   * @throws {H2Error} if the padding is wrong or the block is too large.
   */
  take(part: FramePart): HeaderBlock | undefined {
    const fragment = this.#open === undefined ? beginBlock(part) : continueBlock(this.#open, part);
    this.#bytes += fragment.end - fragment.start;
    const { blockBytes, continuations } = this.#limits;
    if (this.#bytes > blockBytes || this.#fragments.length > continuations) {
      throw new H2Error(H2_ERROR.enhanceYourCalm, "a header block is too large");
    }
    const isComplete = (part.head.flags & FLAG.endHeaders) !== 0;
    if (isComplete && this.#open === undefined) {
      this.#bytes = 0;
      return fragment;
    }
    this.#open ??= { ...fragment, head: { ...fragment.head } };
    this.#fragments.push(fragment.bytes.slice(fragment.start, fragment.end));
    return isComplete ? this.#join(this.#open) : undefined;
  }

  #join({ head, priority }: HeaderBlock): HeaderBlock {
    const bytes = concat(this.#fragments);
    this.#open = undefined;
    this.#fragments = [];
    this.#bytes = 0;
    return { head, priority, ...wholeOf(bytes) };
  }
}

/** @throws {H2Error} if the frame is too short for what its flags say. */
function beginBlock(part: FramePart): HeaderBlock {
  const { head, bytes } = part;
  const padding = paddingOf(part);
  const end = part.end - padding;
  const start = part.payloadStart + ((head.flags & FLAG.padded) === 0 ? 0 : 1);
  if (head.type === FRAME.pushPromise) {
    return { head, priority: undefined, bytes, start: Math.min(start + 4, end), end };
  }
  if ((head.flags & FLAG.priority) === 0) return { head, priority: undefined, bytes, start, end };
  if (end - start < 5) throw new H2Error(H2_ERROR.frameSizeError, "a HEADERS frame is short");
  return { head, priority: bytes.slice(start, start + 5), bytes, start: start + 5, end };
}

function continueBlock({ head, priority }: HeaderBlock, part: FramePart): HeaderBlock {
  return { head, priority, bytes: part.bytes, start: part.payloadStart, end: part.end };
}

/**
 * How many bytes of padding end a whole frame.
 *
 * @throws {H2Error} if the padding is longer than the frame.
 */
function paddingOf({ head, bytes, payloadStart, end }: FramePart): number {
  if ((head.flags & FLAG.padded) === 0) return 0;
  const length = end - payloadStart;
  const padding = length === 0 ? 0 : bytes[payloadStart]!;
  if (padding >= length) {
    throw new H2Error(H2_ERROR.protocolError, "the padding is longer than its frame");
  }
  return padding;
}
