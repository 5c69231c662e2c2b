/**
 * How large the dynamic table of one direction may be and is (RFC 7541, sections 4.2 and 6.3).
 *
 * @module
 */

import type { BlockReader } from "./block_reader.ts";
import { HpackError } from "./hpack_error.ts";

/** Table size before any SETTINGS, in bytes (RFC 9113, section 6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;

/** What an entry costs beside its bytes (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** The size that an encoder has chosen, within what its peer allows. */
export class TableSize {
  #bytes = DEFAULT_TABLE_SIZE;
  #limit = DEFAULT_TABLE_SIZE;
  #awaitedShrink: number | undefined;

  /** The largest sum of entries, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The size the next block must first shrink the table to, or `undefined` if it need not. */
  get awaitedShrink(): number | undefined {
    return this.#awaitedShrink;
  }

  /**
   * Sets the largest table the encoder may use, in bytes, once it has acknowledged the setting. An
   * encoder whose table is larger must open its next block with a size update (RFC 7541, 4.2).
   */
  limit(bytes: number): void {
    this.#limit = bytes;
    if (bytes < this.#bytes) this.#awaitedShrink = Math.min(bytes, this.#awaitedShrink ?? bytes);
  }

  /** Lets the encoder use up to `bytes`, should that be more than before: it may not wait. */
  allow(bytes: number): void {
    this.#limit = Math.max(this.#limit, bytes);
  }

  /**
   * Reads the size updates that a block begins with.
   *
   * @returns the smallest of them, in bytes: entries beyond it are gone. Infinity if there is none.
   * @throws {HpackError} if one is larger than allowed, or missing.
   */
  readUpdates(block: BlockReader): number {
    let smallest = Infinity;
    while (!block.isAtEnd && (block.next & 0xe0) === 0x20) {
      this.#bytes = block.readInteger(5);
      if (this.#bytes > this.#limit) throw new HpackError("the table is too large");
      this.#awaitedShrink = undefined;
      smallest = Math.min(smallest, this.#bytes);
    }
    if (this.#awaitedShrink !== undefined) throw new HpackError("a table size update is missing");
    return smallest;
  }
}
