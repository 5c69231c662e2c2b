/**
 * A `Deno.Conn`, TCP or TLS, as a byte stream.
 *
 * @module
 */

import type { ByteStream } from "./byte_stream.ts";

/** Deno's TLS gives at most one record, 16 KiB, at a time; TCP fills what it is given. */
const READ_BYTES = 64 * 1024;

/** Wraps a connection; closing the stream closes it. */
export class DenoStream implements ByteStream {
  readonly #conn: Deno.Conn;
  readonly #closed = Promise.withResolvers<void>();
  readonly #readBytes: number;
  #buffer: Uint8Array | undefined;
  #isClosed = false;

  /** `readBytes`: the most that one read takes. */
  constructor(conn: Deno.Conn, readBytes: number = READ_BYTES) {
    this.#conn = conn;
    this.#readBytes = readBytes;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async read(): Promise<Uint8Array | null> {
    const buffer = this.#buffer ??= new Uint8Array(this.#readBytes);
    try {
      const count = await this.#conn.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A failed write leaves the other direction open: an early answer may wait there. */
  async write(bytes: Uint8Array): Promise<void> {
    let written = await this.#conn.write(bytes);
    while (written < bytes.length) written += await this.#conn.write(bytes.subarray(written));
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
}
