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

import { type ByteRange, concat, wholeOf } from "../stream/bytes.ts";
import { BlockReader } from "../hpack/block_reader.ts";
import { huffmanCodes } from "../hpack/huffman.ts";
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

/** Reads one block and writes it anew (RFC 7541, section 6). */
class BlockWriter {
  readonly #block: Uint8Array;
  readonly #reader = new BlockReader();
  readonly #matcher: SecretMatcher;
  /** Up to where the block is among the parts. */
  #copied = 0;
  readonly #parts: Uint8Array[] = [];

  constructor(block: Uint8Array, matcher: SecretMatcher) {
    this.#block = block;
    this.#matcher = matcher;
    this.#reader.begin(wholeOf(block));
  }

  rewrite(): Uint8Array | undefined {
    while (!this.#reader.isAtEnd) this.#passField();
    if (this.#parts.length === 0) return undefined;
    return concat([...this.#parts, this.#block.subarray(this.#copied)]);
  }

  #passField(): void {
    const first = this.#reader.next;
    if ((first & 0x80) !== 0) return void this.#reader.readInteger(7);
    if ((first & 0xe0) === 0x20) return void this.#reader.readInteger(5);
    const index = this.#reader.readInteger((first & 0x40) !== 0 ? 6 : 4);
    if (index === 0) this.#passString();
    this.#passString();
  }

  #passString(): void {
    const start = this.#reader.position;
    const text = this.#reader.readBytes();
    if (!this.#matcher.mask(wholeOf(text))) return;
    this.#parts.push(this.#block.subarray(this.#copied, start), formatLength(text.length), text);
    this.#copied = this.#reader.position;
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
