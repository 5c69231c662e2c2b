import assert from "node:assert/strict";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { decodeHuffman } from "../../../lib/proxy/hpack/huffman.ts";
import { END_OF_STRING } from "../../../lib/proxy/hpack/tables.ts";
import { encodeHuffman, HUFFMAN_CODES } from "../../support/huffman.ts";
import { createRandom } from "../../support/random.ts";

function decode(bytes: Uint8Array): number[] | undefined {
  const output = new Uint8Array(Math.ceil(bytes.length * 8 / 5));
  const length = decodeHuffman(wholeOf(bytes), output);
  return length < 0 ? undefined : [...output.subarray(0, length)];
}

const APPENDIX_B: readonly (readonly [symbol: number, hex: string, bits: number])[] = [
  [0, "1ff8", 13],
  [10, "3ffffffc", 30],
  [32, "14", 6],
  [48, "0", 5],
  [97, "3", 5],
  [122, "7b", 7],
  [127, "ffffffc", 28],
  [192, "3ffffe0", 26],
  [255, "3ffffee", 26],
  [END_OF_STRING, "3fffffff", 30],
];

Deno.test("the code lengths give the codes of RFC 7541, appendix B", () => {
  for (const [symbol, hex, bits] of APPENDIX_B) {
    assert.equal(
      HUFFMAN_CODES[symbol],
      parseInt(hex, 16).toString(2).padStart(bits, "0"),
      `${symbol}`,
    );
  }
});

Deno.test("decodeHuffman() reads every symbol, alone and between others", () => {
  for (let symbol = 0; symbol < 256; symbol++) {
    assert.deepEqual(decode(encodeHuffman([symbol])), [symbol]);
    assert.deepEqual(decode(encodeHuffman([97, symbol, symbol, 48])), [97, symbol, symbol, 48]);
  }
});

Deno.test("decodeHuffman() reads what was encoded, whatever the text", () => {
  const random = createRandom(42);
  for (let round = 0; round < 500; round++) {
    const symbols = [...random.bytes(random.below(60))];
    assert.deepEqual(decode(encodeHuffman(symbols)), symbols);
  }
});

Deno.test("decodeHuffman() refuses the end-of-string symbol wherever it is", () => {
  for (const before of [[], [97], [48, 48, 48]]) {
    assert.equal(decode(encodeHuffman([...before, END_OF_STRING])), undefined);
    assert.equal(decode(encodeHuffman([...before, END_OF_STRING, 97])), undefined);
  }
});

Deno.test("decodeHuffman() takes up to seven one bits as padding and nothing else", () => {
  // '0' has the code 00000: three bits are left in its byte.
  assert.deepEqual(decode(Uint8Array.of(0b00000_111)), [48]);
  for (const wrong of [0b00000_110, 0b00000_011, 0b00000_101]) {
    assert.equal(decode(Uint8Array.of(wrong)), undefined);
  }
  assert.equal(decode(Uint8Array.of(0b00000_111, 0xff)), undefined);
});
