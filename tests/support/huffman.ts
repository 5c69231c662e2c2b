/**
 * HPACK's Huffman code from the other side: an encoder that works on text, bit by bit.
 *
 * @module
 */

import { HUFFMAN_LENGTHS } from "../../lib/proxy/hpack/tables.ts";

/** The code of each symbol as bits, counted up in the order of (length, symbol). */
export const HUFFMAN_CODES: readonly string[] = createCodes();

/** Encodes symbols and pads the last byte with ones. */
export function encodeHuffman(symbols: readonly number[]): Uint8Array {
  const bits = symbols.map((symbol) => HUFFMAN_CODES[symbol]).join("");
  const padded = bits + "1".repeat((8 - bits.length % 8) % 8);
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}

function createCodes(): string[] {
  const symbols = [...HUFFMAN_LENGTHS.keys()]
    .sort((a, b) => HUFFMAN_LENGTHS[a]! - HUFFMAN_LENGTHS[b]! || a - b);
  const codes: string[] = [];
  let code = 0n;
  let length = 0;
  for (const symbol of symbols) {
    code <<= BigInt(HUFFMAN_LENGTHS[symbol]! - length);
    length = HUFFMAN_LENGTHS[symbol]!;
    codes[symbol] = code.toString(2).padStart(length, "0");
    code++;
  }
  return codes;
}
