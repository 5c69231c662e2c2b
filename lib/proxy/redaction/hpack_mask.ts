/**
 * Masks secrets in HTTP/2 header blocks that otherwise pass as they are.
 *
 * Theory of operation: decoding every block to look into it would cost more than all else that is
 * done with an answer. But a secret can only be in a literal, plain or in Huffman's code, which is
 * the same wherever it stands but for the bit it begins at. So the encoded block is searched for
 * the bytes that a secret surely fills at each of the eight bits. Only a block with such bytes is
 * taken apart, and only literals with a secret are written anew, plain and as long as they were
 * when decoded. What a client puts into its table is then as large as its upstream believes, and
 * an index that refers to it later gives the masked text.
 *
 * @module
 */

import { type ByteRange, concat } from "../stream/bytes.ts";
import { HpackError } from "../hpack/hpack_error.ts";
import { decodeHuffman, huffmanCodes } from "../hpack/huffman.ts";
import { SecretMatcher } from "./secret_matcher.ts";

/** Masks the secrets that `matcher` finds. */
export class HeaderBlockMask {
  readonly #matcher: SecretMatcher;
  readonly #detector: SecretMatcher;

  constructor(matcher: SecretMatcher) {
    const codes = huffmanCodes();
    this.#matcher = matcher;
    this.#detector = new SecretMatcher(
      matcher.patterns.flatMap((pattern) => [pattern, ...huffmanPatterns(pattern, codes)]),
    );
  }

  /**
   * The block with its secrets masked, or `undefined` if it has none.
   *
   * @throws {HpackError} if the block is not valid, as far as it was looked at.
   */
  mask(block: ByteRange): Uint8Array | undefined {
    if (this.#detector.find(block).length === 0) return undefined;
    return new BlockWriter(block.bytes.subarray(block.start, block.end), this.#matcher).rewrite();
  }
}

/** The bytes that a pattern's code fills completely, for each bit of a byte it may begin at. */
function huffmanPatterns(pattern: Uint8Array, codes: readonly string[]): Uint8Array[] {
  const bits = Array.from(pattern, (symbol) => codes[symbol]).join("");
  return Array.from({ length: 8 }, (_, skipped) => {
    const bytes = bits.slice(skipped).match(/.{8}/g) ?? [];
    return Uint8Array.from(bytes, (byte) => parseInt(byte, 2));
  });
}

/** Integers beyond this many bits mean nothing in a header block. */
const MAX_INTEGER_BITS = 28;

/** Reads one block and writes it anew (RFC 7541, sections 5 and 6). */
class BlockWriter {
  readonly #block: Uint8Array;
  readonly #matcher: SecretMatcher;
  #at = 0;
  /** Up to where the block is among the parts. */
  #copied = 0;
  readonly #parts: Uint8Array[] = [];

  constructor(block: Uint8Array, matcher: SecretMatcher) {
    this.#block = block;
    this.#matcher = matcher;
  }

  rewrite(): Uint8Array | undefined {
    while (this.#at < this.#block.length) this.#passField();
    if (this.#parts.length === 0) return undefined;
    return concat([...this.#parts, this.#block.subarray(this.#copied)]);
  }

  #passField(): void {
    const first = this.#block[this.#at]!;
    if ((first & 0x80) !== 0) return void this.#readInteger(7);
    if ((first & 0xe0) === 0x20) return void this.#readInteger(5);
    const index = this.#readInteger((first & 0x40) !== 0 ? 6 : 4);
    if (index === 0) this.#passString();
    this.#passString();
  }

  #passString(): void {
    const start = this.#at;
    const isCoded = (this.#block[start] ?? 0) >= 0x80;
    const length = this.#readInteger(7);
    const end = this.#at + length;
    if (end > this.#block.length) throw new HpackError("a string is cut off");
    const text = isCoded ? this.#decode(end) : this.#block.slice(this.#at, end);
    this.#at = end;
    if (!this.#matcher.mask({ bytes: text, start: 0, end: text.length })) return;
    this.#parts.push(this.#block.subarray(this.#copied, start), formatLength(text.length), text);
    this.#copied = end;
  }

  #decode(end: number): Uint8Array {
    const text = new Uint8Array(Math.ceil((end - this.#at) * 8 / 5));
    const length = decodeHuffman({ bytes: this.#block, start: this.#at, end }, text);
    if (length < 0) throw new HpackError("a Huffman string is malformed");
    return text.subarray(0, length);
  }

  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#block[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < MAX_INTEGER_BITS; shift += 7) {
      const byte = this.#block[this.#at++] ?? 0x80;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is too large");
  }
}

/** A plain string's length: an integer with a prefix of seven bits. */
function formatLength(length: number): Uint8Array {
  if (length < 0x7f) return Uint8Array.of(length);
  const bytes = [0x7f];
  let rest = length - 0x7f;
  for (; rest > 0x7f; rest >>>= 7) bytes.push(0x80 | (rest & 0x7f));
  return Uint8Array.from([...bytes, rest]);
}
