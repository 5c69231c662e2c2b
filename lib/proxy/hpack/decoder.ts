/**
 * Decodes HPACK header blocks (RFC 7541), strictly: what the RFC calls a decoding error is one.
 *
 * @module
 */

import { type ByteRange, formatByteString } from "../stream/bytes.ts";
import { decodeHuffman } from "./huffman.ts";
import { type HpackField, STATIC_TABLE } from "./tables.ts";

/** The peer's header block cannot be decoded; the connection's compression state is lost. */
export class HpackError extends Error {
  constructor(reason: string) {
    super(`The header block is not valid HPACK: ${reason}.`);
    this.name = "HpackError";
  }
}

/** How large a decoded header list may be. */
export interface HeaderListLimits {
  /** Sum over all fields of name and value lengths plus 32 bytes (RFC 9113, section 6.5.2). */
  readonly headBytes: number;
  readonly headFields: number;
}

/** Table size before any SETTINGS, in bytes (RFC 9113, section 6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;

/** What an entry costs beside its bytes (RFC 7541, section 4.1). */
const ENTRY_OVERHEAD = 32;

/** Integers beyond this many bits mean nothing in a header block. */
const MAX_INTEGER_BITS = 28;

/** The decoding half of one direction of one connection; it owns that direction's dynamic table. */
export class HpackDecoder {
  /** Oldest first; entries before `#oldest` are evicted. */
  #entries: HpackField[] = [];
  #oldest = 0;
  #tableBytes = 0;
  #tableCapacity = DEFAULT_TABLE_SIZE;
  #capacityLimit = DEFAULT_TABLE_SIZE;
  #awaitedShrink: number | undefined;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  #stringStart = 0;
  #scratch: Uint8Array = new Uint8Array(256);

  /**
   * Sets the largest table the encoder may use, in bytes, once it has acknowledged the setting. An
   * encoder whose table is larger must open its next block with a size update (RFC 7541, 4.2).
   */
  limitTable(bytes: number): void {
    this.#capacityLimit = bytes;
    if (bytes < this.#tableCapacity) {
      this.#awaitedShrink = Math.min(bytes, this.#awaitedShrink ?? bytes);
    }
  }

  /** Lets the encoder use up to `bytes`, should that be more than before: it may not wait. */
  allowTable(bytes: number): void {
    this.#capacityLimit = Math.max(this.#capacityLimit, bytes);
  }

  /** The size the next block must first shrink the table to, or `undefined` if it need not. */
  get awaitedShrink(): number | undefined {
    return this.#awaitedShrink;
  }

  /**
   * Decodes one complete header block.
   *
   * @returns the fields in order, or `undefined` if there are more than `limits` allow; the table
   * is right in either case.
   * @throws {HpackError} if the block is not valid.
   */
  decode(block: Uint8Array, limits: HeaderListLimits): HpackField[] | undefined {
    this.#begin(block);
    const fields: HpackField[] = [];
    let room = limits.headBytes;
    while (this.#at < block.length) {
      const field = this.#readField();
      room -= sizeOf(field);
      if (room >= 0 && fields.length < limits.headFields) fields.push(field);
      else room = -1;
    }
    return room < 0 ? undefined : fields;
  }

  /**
   * Decodes one complete header block for its first field only. Text that the table does not need
   * is skipped unseen.
   *
   * @throws {HpackError} if the block is not valid, as far as it was looked at.
   */
  decodeFirst(block: Uint8Array): HpackField | undefined {
    this.#begin(block);
    if (block.length === this.#at) return undefined;
    const first = this.#readField();
    while (this.#at < block.length) {
      if (block[this.#at]! < 0x20) this.#skipLiteral();
      else this.#readField();
    }
    return first;
  }

  #begin(block: Uint8Array): void {
    this.#block = block;
    this.#at = 0;
    this.#readSizeUpdates();
  }

  #readSizeUpdates(): void {
    const block = this.#block;
    while (this.#at < block.length && (block[this.#at]! & 0xe0) === 0x20) {
      const capacity = this.#readInteger(5);
      if (capacity > this.#capacityLimit) throw new HpackError("the table is too large");
      this.#tableCapacity = capacity;
      this.#awaitedShrink = undefined;
      this.#evict();
    }
    if (this.#awaitedShrink !== undefined) throw new HpackError("a table size update is missing");
  }

  #readField(): HpackField {
    const first = this.#block[this.#at]!;
    if (first & 0x80) return this.#entry(this.#readInteger(7));
    if (first & 0x40) {
      const field = this.#readLiteral(6, false);
      this.#insert(field);
      return field;
    }
    if (first & 0x20) throw new HpackError("a table size update follows a field");
    return this.#readLiteral(4, (first & 0x10) !== 0);
  }

  #readLiteral(prefixBits: number, neverIndexed: boolean): HpackField {
    const index = this.#readInteger(prefixBits);
    const name = index === 0 ? this.#readString() : this.#entry(index).name;
    return { name, value: this.#readString(), neverIndexed };
  }

  #skipLiteral(): void {
    const index = this.#readInteger(4);
    if (index === 0) this.#skipString();
    else this.#entry(index);
    this.#skipString();
  }

  #entry(index: number): HpackField {
    const field = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#dynamicEntry(index - STATIC_TABLE.length);
    if (field === undefined) throw new HpackError("an index points nowhere");
    return field;
  }

  #dynamicEntry(index: number): HpackField | undefined {
    const at = this.#entries.length - index;
    return at < this.#oldest ? undefined : this.#entries[at];
  }

  #insert(field: HpackField): void {
    this.#entries.push(field);
    this.#tableBytes += sizeOf(field);
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableCapacity) {
      this.#tableBytes -= sizeOf(this.#entries[this.#oldest++]!);
    }
    if (this.#oldest > 64 && this.#oldest * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** RFC 7541, section 5.1. */
  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#block[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < MAX_INTEGER_BITS; shift += 7) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw new HpackError("an integer is cut off");
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is too large");
  }

  /** RFC 7541, section 5.2. */
  #readString(): string {
    const start = this.#skipString();
    const range = { bytes: this.#block, start: this.#stringStart, end: this.#at };
    return this.#block[start]! < 0x80 ? formatByteString(range) : this.#readHuffman(range);
  }

  /** Notes where a string's bytes begin and moves to their end. Returns where it began itself. */
  #skipString(): number {
    const start = this.#at;
    if (start >= this.#block.length) throw new HpackError("a string is missing");
    const length = this.#readInteger(7);
    this.#stringStart = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new HpackError("a string is cut off");
    return start;
  }

  #readHuffman(range: ByteRange): string {
    const size = Math.ceil((range.end - range.start) * 8 / 5);
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    const length = decodeHuffman(range, this.#scratch);
    if (length < 0) throw new HpackError("a Huffman string is malformed");
    return formatByteString({ bytes: this.#scratch, start: 0, end: length });
  }
}

function sizeOf(field: HpackField): number {
  return field.name.length + field.value.length + ENTRY_OVERHEAD;
}
