/**
 * The one shape of a two-way byte stream inside the proxy, whatever socket is behind it.
 *
 * @module
 */

/** A connected two-way stream. Errors reject the pending call; afterwards the stream is closed. */
export interface ByteStream {
  /**
   * The next bytes, or `null` at the end of the stream. The view is valid only until the next
   * `read()`: copy what has to live longer. One read at a time. Nothing is read ahead beyond a
   * fixed bound, so a reader that waits holds the sender back.
   */
  read(): Promise<Uint8Array | null>;
  /**
   * Resolves when the bytes are handed to the system or queued within a fixed bound; the caller may
   * then reuse its buffer. One write at a time.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our direction (TCP half-close, TLS close_notify) and leaves the other open. */
  closeWrite(): Promise<void>;
  /** Ends both directions at once. Idempotent, never throws; bytes already written are sent. */
  close(): void;
  /** Resolves once the stream is unusable, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
}
