import assert from "node:assert/strict";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { RFC_EXAMPLES } from "../../fixtures/hpack_rfc7541.ts";
import { bytesOf } from "../../support/h2.ts";

const PLENTY = { headBytes: 1 << 20, headFields: 1000 };

function pairs(decoder: HpackDecoder, hex: string): (readonly [string, string])[] | undefined {
  return decoder.decode(wholeOf(bytesOf(hex)), PLENTY)?.map(({ name, value }) =>
    [name, value] as const
  );
}

for (const { section, tableSize, blocks } of RFC_EXAMPLES) {
  Deno.test(`decode() reads the example of RFC 7541, ${section}`, () => {
    const decoder = new HpackDecoder();
    if (tableSize === 256) assert.deepEqual(pairs(decoder, "3fe101"), []);
    for (const { hex, headers } of blocks) assert.deepEqual(pairs(decoder, hex), headers);
  });
}

Deno.test("decode() keeps 'never indexed' and only that", () => {
  const decoder = new HpackDecoder();
  const block = bytesOf("100161" + "0162" + "000161" + "0162" + "400161" + "0162");
  const flags = decoder.decode(wholeOf(block), PLENTY)?.map(({ neverIndexed }) => neverIndexed);
  assert.deepEqual(flags, [true, false, false]);
});

Deno.test("decode() gives obs-text as one character a byte", () => {
  assert.deepEqual(pairs(new HpackDecoder(), "000161" + "03ff80e9"), [["a", "\xff\x80\xe9"]]);
});

const MALFORMED: readonly (readonly [why: string, hex: string])[] = [
  ["index 0", "80"],
  ["an index beyond both tables", "be"],
  ["a name index beyond both tables", "7f0001" + "61"],
  ["an integer that is cut off", "ff"],
  ["an integer that is cut off later", "ffff"],
  ["an integer that never ends", "ff8080808080808000"],
  ["an integer beyond 28 bits", "ffffffffff0f"],
  ["a literal without a name", "40"],
  ["a literal without a value", "400161"],
  ["a string that is cut off", "40016105" + "6161"],
  ["a string that is longer than the block", "4001617f80808001" + "61"],
  ["a table size beyond the limit", "3fe21f"],
  ["a table size update after a field", "8220"],
  ["Huffman padding of zeros", "400161" + "8118"],
  ["Huffman padding of eight bits", "400161" + "821fff"],
  ["a whole byte of Huffman padding", "400161" + "81ff"],
  ["the end-of-string symbol", "400161" + "84ffffffff"],
];

for (const [why, hex] of MALFORMED) {
  Deno.test(`decode() refuses ${why}`, () => {
    assert.throws(() => new HpackDecoder().decode(wholeOf(bytesOf(hex)), PLENTY), HpackError);
  });
}

Deno.test("decode() takes several size updates at the start of a block", () => {
  assert.deepEqual(pairs(new HpackDecoder(), "203fe11f82"), [[":method", "GET"]]);
});

Deno.test("decode() drops the oldest entries when the table is full", () => {
  const decoder = new HpackDecoder();
  // 34 bytes an entry: the table of 68 bytes holds two.
  assert.deepEqual(pairs(decoder, "3f25" + "4001610162" + "4001630164" + "4001650166"), [
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
  ]);
  assert.deepEqual(pairs(decoder, "bebf"), [["e", "f"], ["c", "d"]]);
  assert.throws(() => pairs(decoder, "c0"), HpackError);
});

Deno.test("decode() empties the table for an entry that is larger than it", () => {
  const decoder = new HpackDecoder();
  pairs(decoder, "3f25" + "4001610162");
  const value = "00".repeat(60);
  pairs(decoder, "400161" + "3c" + value);
  assert.throws(() => pairs(decoder, "be"), HpackError);
});

Deno.test("limit() makes a size update obligatory", () => {
  const decoder = new HpackDecoder();
  decoder.table.limit(100);
  assert.equal(decoder.table.awaitedShrink, 100);
  assert.throws(() => pairs(decoder, "82"), HpackError);
  assert.deepEqual(pairs(decoder, "3f45" + "82"), [[":method", "GET"]]);
  assert.equal(decoder.table.awaitedShrink, undefined);
  assert.throws(() => pairs(decoder, "3f46" + "82"), HpackError);
});

Deno.test("allow() lets the encoder grow its table, but not by itself", () => {
  const decoder = new HpackDecoder();
  assert.throws(() => pairs(decoder, "3fe13f"), HpackError);
  decoder.table.allow(8192);
  assert.deepEqual(pairs(decoder, "3fe13f" + "82"), [[":method", "GET"]]);
});

Deno.test("decode() gives up a list that is too large, and keeps the table right", () => {
  const decoder = new HpackDecoder();
  const block = bytesOf("4001610162".repeat(3));
  assert.equal(decoder.decode(wholeOf(block), { headBytes: 1 << 20, headFields: 2 }), undefined);
  assert.equal(decoder.decode(wholeOf(block), { headBytes: 101, headFields: 9 }), undefined);
  assert.equal(decoder.decode(wholeOf(block), { headBytes: 102, headFields: 9 })?.length, 3);
  assert.deepEqual(pairs(decoder, "c6"), [["a", "b"]]);
});

Deno.test("decode() reads a block that refers to one large entry many times in little memory", () => {
  const decoder = new HpackDecoder();
  const entry = "400161" + "7fa11e" + "78".repeat(4000);
  assert.equal(pairs(decoder, entry)?.[0]?.[1].length, 4000);
  const bomb = new Uint8Array(256 * 1024).fill(0xbe);
  assert.equal(decoder.decode(wholeOf(bomb), { headBytes: 64 * 1024, headFields: 256 }), undefined);
});
