/**
 * One direction's outgoing frames: relayed bytes in order, our own frames in between, never inside
 * another frame or between HEADERS and its CONTINUATION.
 *
 * @module
 */

import type { ByteStream } from "../stream/byte_stream.ts";
import { type ByteRange, wholeOf } from "../stream/bytes.ts";
import { Signal } from "../stream/signal.ts";
import {
  DEFAULT_FRAME_SIZE,
  FLAG,
  formatHeaders,
  FRAME,
  FRAME_HEAD_SIZE,
  type HeadersContent,
  writeFrame,
} from "./frame.ts";

/** Room for the HEADERS of one write, in bytes; more takes memory of its own. */
const HEADERS_ROOM = 8 * 1024;

/** Segments up to this size together are joined in memory that is used again, in bytes. */
const JOIN_ROOM = 16 * 1024;

/** Up to here bytes are faster to copy than to make a view of. */
const SHORT = 128;

/** How frames are gathered. */
export interface FrameOutputOptions {
  readonly gated?: boolean;
  /** Called before every write. Must not throw. */
  readonly beforeWrite?: (() => void) | undefined;
}

/** Gathers what is to be written and writes it in as few pieces as possible. */
export class FrameOutput {
  /** Notified when no frame of ours waits any longer. */
  readonly released: Signal = new Signal();
  /** Notified when a write fails. */
  readonly broken: Signal = new Signal();
  readonly #stream: ByteStream;
  readonly #beforeWrite: (() => void) | undefined;
  #segments: Segment[] = [];
  /** What leaves in the write after the next. */
  #later: Segment[] = [];
  #isDivided = false;
  #inserted: Uint8Array[] = [];
  #atBoundary = true;
  #gated: boolean;
  #backlog = 0;
  #flushing: Promise<void> | undefined;
  /** HEADERS that are not written yet, one behind the other. */
  #headers: Uint8Array = NOTHING;
  #headersEnd = 0;
  #joined: Uint8Array = NOTHING;

  /** With `gated`, our own frames wait for {@link FrameOutput.openGate}. */
  constructor(stream: ByteStream, options: FrameOutputOptions = {}) {
    this.#stream = stream;
    this.#beforeWrite = options.beforeWrite;
    this.#gated = options.gated ?? false;
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

  /** Adds HEADERS, of which nothing is kept. */
  relayHeaders(content: HeadersContent): void {
    const { streamId, endStream, priority, block: payload } = content;
    if (priority !== undefined || payload.length > DEFAULT_FRAME_SIZE) {
      return this.relay(wholeOf(formatHeaders(content)), true);
    }
    const size = FRAME_HEAD_SIZE + payload.length;
    if (this.#headers.length - this.#headersEnd < size) {
      this.#headers = new Uint8Array(Math.max(size, HEADERS_ROOM));
      this.#headersEnd = 0;
    }
    const start = this.#headersEnd;
    const flags = FLAG.endHeaders | (endStream ? FLAG.endStream : 0);
    writeFrame(this.#headers, start, { type: FRAME.headers, flags, streamId, payload });
    this.#headersEnd = start + size;
    this.relay({ bytes: this.#headers, start, end: this.#headersEnd }, true);
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

  /** Writes everything added so far, if there is anything. Never rejects: see `broken`. */
  flush(): Promise<void> | undefined {
    if (this.#segments.length === 0) return this.#flushing;
    return this.#flushing ??= this.#write().then(this.#onWritten, this.#onBroken);
  }

  #write(): Promise<void> {
    const bytes = this.#join(this.#segments);
    this.#segments = this.#later;
    this.#later = [];
    this.#isDivided = false;
    this.#backlog -= bytes.length;
    this.#beforeWrite?.();
    return this.#stream.write(bytes);
  }

  /** Says that it is over in the same turn: what is added a turn later needs a write of its own. */
  #onWritten = (): Promise<void> | undefined => {
    if (this.#segments.length > 0) return this.#writeRest();
    this.#headersEnd = 0;
    this.#flushing = undefined;
  };

  #onBroken = (): void => {
    this.#flushing = undefined;
    this.broken.notify();
  };

  async #writeRest(): Promise<void> {
    try {
      while (this.#segments.length > 0) await this.#write();
      this.#onWritten();
    } catch {
      this.#onBroken();
    }
  }

  /** The segments as one, in memory that is only used again when they are written. */
  #join(segments: readonly Segment[]): Uint8Array {
    const first = segments[0]!;
    if (segments.length === 1) return first.bytes.subarray(first.start, first.end);
    let size = 0;
    for (const { start, end } of segments) size += end - start;
    const whole = size > JOIN_ROOM ? new Uint8Array(size) : this.#roomFor(size);
    let at = 0;
    for (const segment of segments) at = copy(segment, whole, at);
    return whole.length === size ? whole : whole.subarray(0, size);
  }

  #roomFor(size: number): Uint8Array {
    if (this.#joined.length >= size) return this.#joined;
    return this.#joined = new Uint8Array(Math.min(JOIN_ROOM, 2 * size));
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
    // Most writes have one segment, and an array that grows makes room for many.
    else if (last === undefined && !this.#isDivided) this.#segments = [{ bytes, start, end }];
    else segments.push({ bytes, start, end });
  }
}

interface Segment extends ByteRange {
  end: number;
}

/** Copies a range to `target` at `at`. Returns where it ends there. */
function copy({ bytes, start, end }: ByteRange, target: Uint8Array, at: number): number {
  if (end - start > SHORT) target.set(bytes.subarray(start, end), at);
  else for (let from = start; from < end; from++) target[at + from - start] = bytes[from]!;
  return at + end - start;
}

const NOTHING = new Uint8Array(0);
