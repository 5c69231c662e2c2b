/**
 * Splits a byte stream into HTTP/2 frames, whatever the chunks are, and refuses frames that no
 * peer may send (RFC 9113, sections 4.2 and 6). No I/O.
 *
 * Theory of operation: DATA and frames of unknown types can be large and need no understanding:
 * they come out in pieces of the chunk, the first of which tells how much padding there is. All other
 * frames come out whole: from the chunk if it holds them entirely, else from a buffer that gathers
 * them.
 *
 * @module
 */

import type { ByteRange } from "../stream/bytes.ts";
import {
  DEFAULT_FRAME_SIZE,
  FLAG,
  FRAME,
  FRAME_HEAD_SIZE,
  type FrameHead,
  H2_ERROR,
  H2Error,
  readFrameHead,
  type ReusedHead,
} from "./frame.ts";

/**
 * A frame, or the next piece of one: its bytes as they came, the head included in the first piece.
 * The bytes are valid until the next chunk is pushed, the object until the next part is asked for.
 */
export interface FramePart extends ByteRange {
  readonly head: FrameHead;
  /** Where the payload's share begins. */
  readonly payloadStart: number;
  readonly first: boolean;
  readonly last: boolean;
}

/** The one object that all parts of a scanner are given in. */
interface ReusedPart extends FramePart {
  bytes: Uint8Array;
  start: number;
  end: number;
  readonly head: ReusedHead;
  payloadStart: number;
  first: boolean;
  last: boolean;
}

/** Frames of this size or less are gathered; no honest control frame or header block is larger. */
export const MAX_GATHERED = 1 << 18;

/** Finds the frames of one direction of one connection. */
export class FrameScanner {
  /** The largest payload the sender may use, in bytes. */
  maxFrameSize: number = DEFAULT_FRAME_SIZE;
  /** Whether DATA comes out whole, too. */
  gathersData = false;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The beginning of a frame whose rest is in chunks to come. */
  #gathered: Uint8Array | undefined;
  #gatheredLength = 0;
  /** How much is to come of the frame that is coming out in pieces. */
  #openRest = 0;
  readonly #part: ReusedPart = {
    bytes: this.#chunk,
    start: 0,
    end: 0,
    head: { length: 0, type: 0, flags: 0, streamId: 0 },
    payloadStart: 0,
    first: true,
    last: true,
  };

  /** Takes the next bytes. All parts of the chunk before must have been taken with `next()`. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next frame or piece, or `undefined` if more bytes are needed.
   *
   * @throws {H2Error} if the frame is larger than allowed or breaks a rule of its type.
   */
  next(): FramePart | undefined {
    if (this.#openRest > 0) return this.#nextPiece();
    if (!this.#has(FRAME_HEAD_SIZE)) return undefined;
    const { head } = this.#part;
    const gathered = this.#gathered;
    readFrameHead(gathered ?? this.#chunk, gathered === undefined ? this.#at : 0, head);
    if (head.length > this.maxFrameSize) throw new H2Error(H2_ERROR.frameSizeError, "frame size");
    checkFrame(head);
    if (comesInPieces(head.type) && !(this.gathersData && head.type === FRAME.data)) {
      return this.#has(FRAME_HEAD_SIZE + paddingField(head)) ? this.#firstPiece(head) : undefined;
    }
    if (head.length > MAX_GATHERED) throw new H2Error(H2_ERROR.enhanceYourCalm, "frame size");
    return this.#has(FRAME_HEAD_SIZE + head.length) ? this.#wholeFrame(head) : undefined;
  }

  #wholeFrame(head: FrameHead): FramePart {
    const part = this.#consume(FRAME_HEAD_SIZE + head.length);
    part.payloadStart = part.start + FRAME_HEAD_SIZE;
    part.first = part.last = true;
    return part;
  }

  #firstPiece(head: FrameHead): FramePart {
    const available = this.#gathered === undefined
      ? this.#chunk.length - this.#at
      : FRAME_HEAD_SIZE + paddingField(head);
    const part = this.#consume(Math.min(available, FRAME_HEAD_SIZE + head.length));
    part.payloadStart = part.start + FRAME_HEAD_SIZE;
    part.first = true;
    this.#openRest = head.length - (part.end - part.payloadStart);
    part.last = this.#openRest === 0;
    return part;
  }

  #nextPiece(): FramePart | undefined {
    const available = Math.min(this.#openRest, this.#chunk.length - this.#at);
    if (available === 0) return undefined;
    const part = this.#consume(available);
    part.payloadStart = part.start;
    part.first = false;
    this.#openRest -= available;
    part.last = this.#openRest === 0;
    return part;
  }

  /** Whether the next `size` bytes are there, in the chunk or gathered. If not, gathers the rest. */
  #has(size: number): boolean {
    const available = this.#chunk.length - this.#at;
    if (this.#gathered === undefined) {
      if (available >= size) return true;
      if (available === 0) return false;
    }
    const gathered = this.#reserve(size);
    const missing = Math.min(size - this.#gatheredLength, available);
    if (missing > 0) {
      gathered.set(this.#chunk.subarray(this.#at, this.#at + missing), this.#gatheredLength);
      this.#gatheredLength += missing;
      this.#at += missing;
    }
    return this.#gatheredLength >= size;
  }

  #reserve(size: number): Uint8Array {
    const gathered = this.#gathered;
    if (gathered !== undefined && gathered.length >= size) return gathered;
    const larger = new Uint8Array(size);
    if (gathered !== undefined) larger.set(gathered.subarray(0, this.#gatheredLength));
    return this.#gathered = larger;
  }

  /** Takes bytes that are there. */
  #consume(size: number): ReusedPart {
    const part = this.#part;
    const gathered = this.#gathered;
    part.bytes = gathered ?? this.#chunk;
    part.start = gathered === undefined ? this.#at : 0;
    part.end = part.start + size;
    if (gathered === undefined) this.#at = part.end;
    this.#gathered = undefined;
    this.#gatheredLength = 0;
    return part;
  }
}

/** Bytes of the payload that say how much padding there is: 1 in a padded DATA frame. */
function paddingField({ type, flags, length }: FrameHead): number {
  return type === FRAME.data && (flags & FLAG.padded) !== 0 && length > 0 ? 1 : 0;
}

function comesInPieces(type: number): boolean {
  return type === FRAME.data || type > FRAME.continuation;
}

/** What a type demands: stream 0 or another, and a payload length, exact or at least. */
interface FrameRule {
  readonly onConnection?: boolean;
  readonly length?: number;
  readonly atLeast?: number;
}

const RULES: readonly FrameRule[] = [
  /* DATA */ { onConnection: false },
  /* HEADERS */ { onConnection: false },
  /* PRIORITY */ { onConnection: false, length: 5 },
  /* RST_STREAM */ { onConnection: false, length: 4 },
  /* SETTINGS */ { onConnection: true },
  /* PUSH_PROMISE */ { onConnection: false, atLeast: 4 },
  /* PING */ { onConnection: true, length: 8 },
  /* GOAWAY */ { onConnection: true, atLeast: 8 },
  /* WINDOW_UPDATE */ { length: 4 },
  /* CONTINUATION */ { onConnection: false },
];

function checkFrame(head: FrameHead): void {
  const rule = RULES[head.type];
  if (rule === undefined) return;
  if (rule.onConnection !== undefined && rule.onConnection !== (head.streamId === 0)) {
    throw new H2Error(H2_ERROR.protocolError, "a frame is on the wrong stream");
  }
  const wrong = rule.length !== undefined && head.length !== rule.length ||
    rule.atLeast !== undefined && head.length < rule.atLeast ||
    head.type === FRAME.settings &&
      (head.length % 6 !== 0 || (head.flags & 1) === 1 && head.length > 0);
  if (wrong) throw new H2Error(H2_ERROR.frameSizeError, "a frame has the wrong length");
}

/**
 * Body bytes of the DATA frame that a first piece begins, without padding.
 *
 * @throws {H2Error} if the padding is longer than the frame (RFC 9113, section 6.1).
 */
export function bodySizeOf({ head, bytes, payloadStart }: FramePart): number {
  if ((head.flags & FLAG.padded) === 0) return head.length;
  const padding = head.length === 0 ? 0 : bytes[payloadStart]!;
  if (padding >= head.length) {
    throw new H2Error(H2_ERROR.protocolError, "the padding is longer than its frame");
  }
  return head.length - 1 - padding;
}
