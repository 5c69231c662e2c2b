/**
 * Reads the integers and strings of a header block (RFC 7541, section 5).
 *
 * @module
 */

import { type ByteRange, formatByteString } from "../stream/bytes.ts";
import { HpackError } from "./hpack_error.ts";
import { decodeHuffman } from "./huffman.ts";

/** Integers beyond this many bits mean nothing in a header block. */
const MAX_INTEGER_BITS = 28;

/** Reads one block after the other. Each method throws {@link HpackError} if the block is not valid. */
export class BlockReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** The bytes of the string that was skipped last. */
  readonly #text = { bytes: this.#bytes, start: 0, end: 0 };
  /** Whether that string is in Huffman's code. */
  #isCoded = false;
  #scratch: Uint8Array = new Uint8Array(256);

  /** Turns to another block. */
  begin({ bytes, start, end }: ByteRange): void {
    this.#bytes = this.#text.bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Whether all of the block was read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Where the next byte is that is read. */
  get position(): number {
    return this.#at;
  }

  /** The byte that is read next, unless at the end. */
  get next(): number {
    return this.#bytes[this.#at]!;
  }

  /** Reads the integer that the next byte begins with its last `prefixBits` (section 5.1). */
  readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < MAX_INTEGER_BITS; shift += 7) {
      if (this.isAtEnd) throw new HpackError("an integer is cut off");
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is too large");
  }

  /** Reads a string (section 5.2). */
  readString(): string {
    this.skipString();
    if (!this.#isCoded) return formatByteString(this.#text);
    const end = this.#decode();
    return formatByteString({ bytes: this.#scratch, start: 0, end });
  }

  /** Reads a string as bytes of the caller's own. */
  readBytes(): Uint8Array {
    this.skipString();
    const { bytes, start, end } = this.#text;
    if (!this.#isCoded) return bytes.slice(start, end);
    const length = this.#decode();
    return this.#scratch.slice(0, length);
  }

  /** Reads a string and gives its length only. */
  measureString(): number {
    this.skipString();
    return this.#isCoded ? this.#decode() : this.#text.end - this.#text.start;
  }

  /** Passes over a string without looking at its text. */
  skipString(): void {
    if (this.isAtEnd) throw new HpackError("a string is missing");
    this.#isCoded = this.next >= 0x80;
    const length = this.readInteger(7);
    this.#text.start = this.#at;
    this.#text.end = this.#at += length;
    if (this.#at > this.#end) throw new HpackError("a string is cut off");
  }

  /** Decodes the string that was skipped last. Returns its length. */
  #decode(): number {
    const text = this.#text;
    const size = Math.ceil((text.end - text.start) * 8 / 5);
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    const length = decodeHuffman(text, this.#scratch);
    if (length < 0) throw new HpackError("a Huffman string is malformed");
    return length;
  }
}
