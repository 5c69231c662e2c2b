/**
 * Reads a stream by parts whose length is found on the way: heads, then bodies. Holds what came in
 * with them and is not taken yet.
 *
 * @module
 */

import type { ByteStream } from "./byte_stream.ts";

const NOTHING = new Uint8Array(0);
const SMALLEST_BUFFER = 4096;
/** Not worth giving back below this, in bytes. */
const LARGE = 16 * 1024;

/** Bytes of one stream that were received and not taken. */
export class ByteReader {
  readonly #stream: ByteStream;
  /** Received bytes; the stream's memory, or ours once `#owned`. */
  #bytes: Uint8Array = NOTHING;
  #owned: Uint8Array = NOTHING;
  #pending: Promise<boolean> | undefined;
  #ended = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** What is there now. Valid until the next {@link fill}, even one under way. */
  get available(): Uint8Array {
    return this.#bytes;
  }

  /** Whether the other side has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Waits for more bytes than there are. Calls at the same time share one read, so a read may be
   * left waiting in the background to notice the end of the stream.
   *
   * @returns `false` at the end of the stream. Rejects if the stream fails.
   */
  fill(): Promise<boolean> {
    if (this.#pending !== undefined) return this.#pending;
    if (this.#ended) return Promise.resolve(false);
    if (this.#bytes.length > 0) this.#own(this.#bytes, 0);
    return this.#pending = this.#stream.read().then(this.#onBytes, this.#onError);
  }

  /** Takes the first `count` bytes. The view is valid until the next {@link fill}. */
  take(count: number): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = count === bytes.length ? NOTHING : bytes.subarray(count);
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  /**
   * Gives the memory of `taken` back if it is large and nothing else lies in it: received bytes would
   * wait for a collection that comes only after a lot of them. No view of them may be used again.
   */
  free({ buffer, byteLength }: Uint8Array): void {
    const isShared = byteLength < buffer.byteLength || buffer === this.#owned.buffer;
    if (!isShared && byteLength >= LARGE && buffer instanceof ArrayBuffer) buffer.transfer(0);
  }

  readonly #onBytes = (bytes: Uint8Array | null): boolean => {
    this.#pending = undefined;
    if (bytes === null) this.#ended = true;
    else if (this.#bytes.length === 0) this.#bytes = bytes;
    else this.#own(this.#bytes, bytes.length).set(bytes, this.#bytes.length - bytes.length);
    return bytes !== null;
  };

  readonly #onError = (error: unknown): never => {
    this.#pending = undefined;
    throw error;
  };

  /** Puts `kept` into our own memory, followed by `room` bytes; both become what is available. */
  #own(kept: Uint8Array, room: number): Uint8Array {
    const needed = kept.length + room;
    const start = kept.buffer === this.#owned.buffer ? kept.byteOffset : 0;
    if (start + needed > this.#owned.length || (kept.buffer !== this.#owned.buffer)) {
      // Never the memory of before: a head that was taken may lie in it while its body is held.
      const owned = new Uint8Array(Math.max(SMALLEST_BUFFER, needed * 2));
      owned.set(kept);
      this.#owned = owned;
      this.#bytes = owned.subarray(0, needed);
    } else {
      this.#bytes = this.#owned.subarray(start, start + needed);
    }
    return this.#bytes;
  }
}
