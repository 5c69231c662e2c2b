/**
 * A `Deno.Conn`, TCP or TLS, as a byte stream.
 *
 * Theory of operation: Deno's TLS gives one record, at most 16 KiB, for each read. So one read is
 * always under way: what arrives while the last bytes are still being written elsewhere is gathered
 * behind them, and the next `read()` takes it all at once. Bytes are gathered in two blocks that
 * take turns, because a view that was handed out must stay as it is until the next `read()`; when
 * both are full, nothing is read and the sender has to wait. They are small until a record comes
 * that is not, since most answers are, and connections are kept by the dozen.
 *
 * @module
 */

import type { ByteStream } from "./byte_stream.ts";

/** Room that a read should have, so that a TLS record fits. */
const RECORD_BYTES = 16 * 1024;
/** Size of a block while what comes is small, and then. */
const SMALL_BLOCK_BYTES = RECORD_BYTES + 8 * 1024;
const BLOCK_BYTES = 4 * RECORD_BYTES;

interface Waiter {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Wraps a connection; closing the stream closes it. */
export class DenoStream implements ByteStream {
  readonly #conn: Deno.Conn;
  readonly #closed = Promise.withResolvers<void>();
  /** The block that reads go to, and what it holds: `#start` to `#end` is not handed out yet. */
  #block: Uint8Array | undefined;
  #blockBytes = SMALL_BLOCK_BYTES;
  #start = 0;
  #end = 0;
  /** The other block; while it is `#lent`, the last view handed out lies in it. */
  #spare: Uint8Array | undefined;
  #lent = false;
  #reading = false;
  #waiting: Waiter | undefined;
  #unattended = false;
  #ended = false;
  #error: unknown;
  #isClosed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether nothing more can be read, beyond what has arrived already. */
  get isOver(): boolean {
    return this.#ended || this.#error !== undefined || this.#isClosed;
  }

  /** Begins to read ahead before anybody asks, so that the end is noticed; then it closes. */
  startReading(): void {
    this.#unattended = true;
    this.#readAhead();
  }

  read(): Promise<Uint8Array | null> {
    this.#unattended = false;
    this.#lent = false;
    if (this.#end > this.#start) {
      const bytes = this.#take();
      this.#readAhead();
      return Promise.resolve(bytes);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(null);
    const bytes = new Promise<Uint8Array | null>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#readAhead();
    return bytes;
  }

  /** A failed write leaves the other direction open: an early answer may wait there. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#conn.write(bytes).then((written) => {
      return written < bytes.length ? this.write(bytes.subarray(written)) : undefined;
    });
  }

  async closeWrite(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed.resolve();
    try {
      this.#conn.close();
    } catch {
      // The runtime has closed it already.
    }
  }

  #take(): Uint8Array {
    const bytes = this.#block!.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  /** Begins the next read if none is under way and there is room for it. */
  #readAhead(): void {
    if (this.#reading || this.#ended || this.#error !== undefined || !this.#makeRoom()) return;
    this.#reading = true;
    this.#conn.read(this.#block!.subarray(this.#end)).then(this.#onRead, this.#onError);
  }

  /** Turns to the other block when this one is full. */
  #makeRoom(): boolean {
    const block = this.#block ??= new Uint8Array(this.#blockBytes);
    if (block.length - this.#end >= RECORD_BYTES) return true;
    // Not yet handed out, or handed out and still in use over there.
    if (this.#end > this.#start || this.#lent) return false;
    const fits = this.#spare?.length === this.#blockBytes;
    this.#block = fits ? this.#spare : new Uint8Array(this.#blockBytes);
    this.#spare = block;
    this.#lent = true;
    this.#start = this.#end = 0;
    return true;
  }

  #onRead = (count: number | null): void => {
    this.#reading = false;
    if (count === null) this.#ended = true;
    else this.#end += count;
    if (count !== null && count > SMALL_BLOCK_BYTES - RECORD_BYTES) this.#blockBytes = BLOCK_BYTES;
    const waiting = this.#waiting;
    if (waiting === undefined) {
      return this.#ended && this.#unattended ? this.close() : this.#readAhead();
    }
    this.#waiting = undefined;
    waiting.resolve(count === null ? null : this.#take());
    this.#readAhead();
  };

  #onError = (error: unknown): void => {
    this.#reading = false;
    this.#error = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.close();
  };
}
