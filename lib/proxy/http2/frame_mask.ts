/**
 * Masks the secrets in the DATA frames of one HTTP/2 stream. Frames stay as they are: those whose
 * end begins a secret are held, whole, until the next ones decide. Where the client's window has no
 * room for a next one, the beginning is masked: a child could have the secret in pieces as small as
 * its window. No I/O.
 *
 * @module
 */

import { type ByteRange, concat, wholeOf } from "../stream/bytes.ts";
import { FRAME_HEAD_SIZE } from "./frame.ts";
import type { SecretMatcher } from "../redaction/secret_matcher.ts";
import { StreamMask } from "../redaction/stream_mask.ts";

/** Frames without content cost no window: a flood of them would be held for ever. */
const MAX_HELD_FRAMES = 1024;

/** A whole DATA frame. */
export interface DataFrame extends ByteRange {
  /** Where its content begins, behind its head. */
  readonly contentStart: number;
  /** Where its padding begins. */
  readonly contentEnd: number;
  /** Whether it is the stream's last frame. */
  readonly endStream: boolean;
  /** Whether another frame may follow before this one has reached the client. */
  readonly mayWait: boolean;
}

/** Where one stream is masked. */
export class FrameMask {
  readonly #mask: StreamMask;
  /** Whole frames that may not leave yet. */
  #held: Uint8Array = NOTHING;
  /** Where each of them begins. */
  #starts: number[] = [];

  /** `onHit` is called when a secret was masked, possibly more than once. */
  constructor(matcher: SecretMatcher, onHit: () => void) {
    this.#mask = new StreamMask(matcher, onHit);
  }

  /** Masks the next frame in place. Returns the frames that may leave, if any. */
  take(frame: DataFrame): ByteRange | undefined {
    if (this.#held.length > 0) return this.#takeBehindHeld(frame);
    const { bytes, start, end, endStream, mayWait } = frame;
    this.#mask.mask(bytes, frame.contentStart, frame.contentEnd);
    if (this.#mask.heldFrom === undefined) {
      this.#mask.leave(end);
      return frame;
    }
    this.#starts.push(start);
    return this.#letLeave(bytes, { end, endStream, mayWait });
  }

  #takeBehindHeld(frame: DataFrame): ByteRange | undefined {
    const { bytes, start, contentStart, contentEnd, endStream } = frame;
    const mayWait = frame.mayWait && this.#starts.length < MAX_HELD_FRAMES;
    const offset = this.#held.length - start;
    const buffer = concat([this.#held, bytes.subarray(start, frame.end)]);
    this.#starts.push(offset + start);
    this.#mask.mask(buffer, offset + contentStart, offset + contentEnd);
    return this.#letLeave(buffer, { end: offset + frame.end, endStream, mayWait });
  }

  /** Gives those of the frames in `buffer`, which end at `end`, that may leave. */
  #letLeave(
    buffer: Uint8Array,
    { end, endStream, mayWait }: Pick<DataFrame, "end" | "endStream" | "mayWait">,
  ): ByteRange | undefined {
    const from = this.#starts[0]!;
    if (!mayWait && this.#mask.heldFrom !== undefined) this.#mask.maskHeld(buffer);
    const to = endStream || !mayWait ? end : this.#boundary(end);
    this.#leave(to);
    this.#held = to === end ? NOTHING : buffer.slice(to, end);
    return from === to ? undefined : { bytes: buffer, start: from, end: to };
  }

  /** Payload bytes of the frames that are held. */
  get heldPayload(): number {
    return this.#held.length - this.#starts.length * FRAME_HEAD_SIZE;
  }

  /** Gives what is held, when something else than DATA ends the content. */
  release(): ByteRange | undefined {
    if (this.#held.length === 0) return undefined;
    const held = wholeOf(this.#held);
    this.#leave(held.end);
    this.#held = NOTHING;
    return held;
  }

  /** Gives what is held, masked, when there is no room left for what would decide about it. */
  giveUp(): ByteRange | undefined {
    if (this.#held.length > 0) this.#mask.maskHeld(this.#held);
    return this.release();
  }

  /** Where the frame begins that holds the first byte that may not leave. */
  #boundary(end: number): number {
    const { heldFrom } = this.#mask;
    if (heldFrom === undefined) return end;
    return this.#starts.findLast((start) => start <= heldFrom) ?? end;
  }

  #leave(count: number): void {
    this.#mask.leave(count);
    this.#starts = this.#starts.filter((start) => start >= count).map((start) => start - count);
  }
}

const NOTHING = new Uint8Array(0);
