/**
 * One direction's outgoing frames: relayed bytes in order, our own frames in between, never inside
 * another frame or between HEADERS and its CONTINUATION.
 *
 * @module
 */

import type { ByteStream } from "../stream/byte_stream.ts";
import { type ByteRange, wholeOf } from "../stream/bytes.ts";
import { Signal } from "../stream/signal.ts";

/** Gathers what is to be written and writes it in as few pieces as possible. */
export class FrameOutput {
  /** Notified when no frame of ours waits any longer. */
  readonly released: Signal = new Signal();
  readonly #stream: ByteStream;
  #segments: Segment[] = [];
  /** What leaves in the write after the next. */
  #later: Segment[] = [];
  #isDivided = false;
  #inserted: Uint8Array[] = [];
  #atBoundary = true;
  #gated: boolean;
  #backlog = 0;
  #flushing: Promise<void> | undefined;

  /** With `gated`, our own frames wait for {@link FrameOutput.openGate}. */
  constructor(stream: ByteStream, gated = false) {
    this.#stream = stream;
    this.#gated = gated;
  }

  /** Whether another frame may begin here. */
  get atBoundary(): boolean {
    return this.#atBoundary;
  }

  /** Bytes that nobody has begun to write. */
  get backlog(): number {
    return this.#backlog;
  }

  /**
   * Adds relayed bytes, which must stay valid until a later `flush()` resolves. `atBoundary` says
   * whether another frame may follow them.
   */
  relay(range: ByteRange, atBoundary: boolean): void {
    this.#append(range);
    this.#atBoundary = atBoundary;
    this.#release();
  }

  /** Keeps what was added so far and what comes now in two writes. */
  divide(): void {
    this.#isDivided = this.#segments.length > 0;
  }

  /** Adds a frame of our own, or several, at the next boundary. */
  insert(frame: Uint8Array): void {
    this.#inserted.push(frame);
    this.#release();
  }

  /** Whether our own frames are still held back altogether. */
  get isGated(): boolean {
    return this.#gated;
  }

  /** Lets our own frames go. */
  openGate(): void {
    this.#gated = false;
    this.#release();
  }

  /** Writes everything added so far. Rejects if the stream is broken. */
  flush(): Promise<void> {
    if (this.#segments.length === 0 && this.#flushing === undefined) return Promise.resolve();
    return this.#flushing ??= this.#write();
  }

  /** Says that it is over in the same turn: what is added a turn later needs a write of its own. */
  async #write(): Promise<void> {
    try {
      while (this.#segments.length > 0) {
        const segments = this.#segments;
        this.#segments = this.#later;
        this.#later = [];
        this.#isDivided = false;
        const bytes = join(segments);
        this.#backlog -= bytes.length;
        await this.#stream.write(bytes);
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  #release(): void {
    if (!this.#atBoundary || this.#gated || this.#inserted.length === 0) return;
    for (const frame of this.#inserted) this.#append(wholeOf(frame));
    this.#inserted = [];
    this.released.notify();
  }

  /** Neighbours in the same buffer become one segment, so an unchanged chunk is never copied. */
  #append({ bytes, start, end }: ByteRange): void {
    this.#backlog += end - start;
    const segments = this.#isDivided ? this.#later : this.#segments;
    const last = segments.at(-1);
    if (last?.bytes === bytes && last.end === start) last.end = end;
    else segments.push({ bytes, start, end });
  }
}

interface Segment extends ByteRange {
  end: number;
}

function join(segments: readonly Segment[]): Uint8Array {
  const [first] = segments;
  if (segments.length === 1 && first !== undefined) {
    return first.bytes.subarray(first.start, first.end);
  }
  const whole = new Uint8Array(segments.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { bytes, start, end } of segments) {
    whole.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return whole;
}
