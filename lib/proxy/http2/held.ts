/**
 * Requests that wait: for their own decision, or for that of a stream before them, because streams
 * must reach the upstream in the order of their identifiers (RFC 9113, section 5.1.1). No I/O.
 *
 * @module
 */

import { type ByteRange, wholeOf } from "../stream/bytes.ts";
import type { RequestHead } from "./heads.ts";
import type { H2Decision, H2Stream } from "./stream.ts";
import { Signal } from "../stream/signal.ts";

/** How a stream begins. */
export interface StreamOpening<D extends H2Decision> {
  readonly head: RequestHead<D>;
  readonly priority: Uint8Array | undefined;
  readonly endStream: boolean;
}

/** A frame of a waiting stream, or a piece of one. */
export interface HeldPart {
  readonly range: ByteRange;
  /** Whether another frame may follow it. */
  readonly atBoundary: boolean;
}

/** A stream that has not left yet. */
export interface HeldStream<D extends H2Decision> {
  readonly stream: H2Stream<D>;
  readonly opening: StreamOpening<D>;
  /** Frames that came after its HEADERS, in order. */
  readonly following: HeldPart[];
  /** How much of them is DATA payload, in bytes. */
  dataBytes: number;
}

/** A rough price of a held header field beside its bytes. */
const FIELD_OVERHEAD = 32;

/** The waiting streams, oldest first. */
export class HeldStreams<D extends H2Decision> {
  /** Notified whenever a stream stops waiting. */
  readonly shrank: Signal = new Signal();
  readonly #held = new Map<number, HeldStream<D>>();
  #bytes = 0;

  /** Memory that the held frames take, roughly, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** The stream that must leave next. */
  get first(): HeldStream<D> | undefined {
    for (const held of this.#held.values()) return held;
    return undefined;
  }

  /** Lets a stream wait behind all others. */
  add(stream: H2Stream<D>, opening: StreamOpening<D>): void {
    this.#held.set(stream.id, { stream, opening, following: [], dataBytes: 0 });
    this.#bytes += priceOf(opening);
  }

  /** Keeps a copy of what follows. `dataBytes` counts DATA payload. */
  hold(id: number, part: HeldPart & { readonly dataBytes: number }): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    const bytes = part.range.bytes.slice(part.range.start, part.range.end);
    held.following.push({ range: wholeOf(bytes), atBoundary: part.atBoundary });
    held.dataBytes += part.dataBytes;
    this.#bytes += bytes.length;
  }

  /** Takes a stream out, wherever it is in the order. */
  remove(id: number): HeldStream<D> | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    this.#held.delete(id);
    this.#bytes -= priceOf(held.opening);
    for (const { range } of held.following) this.#bytes -= range.end;
    this.shrank.notify();
    return held;
  }
}

function priceOf({ head }: StreamOpening<H2Decision>): number {
  return head.request.fields.reduce(
    (sum, { name, value }) => sum + name.length + value.length + FIELD_OVERHEAD,
    0,
  );
}
