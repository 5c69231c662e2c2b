import assert from "node:assert/strict";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import type { HpackField } from "../../../lib/proxy/hpack/tables.ts";
import { createRandom } from "../../support/random.ts";
import { hexOf } from "../../support/h2.ts";

function field(name: string, value: string, neverIndexed = false): HpackField {
  return { name, value, neverIndexed };
}

const ENCODED: readonly (readonly [what: string, field: HpackField, hex: string])[] = [
  ["an entry of the static table as one byte", field(":method", "POST"), "83"],
  ["the last of several entries of a name", field(":status", "500"), "8e"],
  ["a value that follows a static name", field(":method", "PUT"), "0203505554"],
  ["a static name whose value is empty", field("accept", ""), "0f0400"],
  ["a name that is in no table", field("x", "y"), "0001780179"],
  ["a credential, never indexed", field("authorization", "k", true), "1f08016b"],
  ["a static entry that is never indexed", field(":method", "GET", true), "1203474554"],
  ["obs-text, byte by byte", field("x", "\xff\x80"), "00017802ff80"],
];

for (const [what, single, hex] of ENCODED) {
  Deno.test(`encodeHeaderBlock() writes ${what}`, () => {
    assert.equal(hexOf(encodeHeaderBlock([single])), hex);
  });
}

Deno.test("encodeHeaderBlock() sets the peer's table size first", () => {
  assert.equal(hexOf(encodeHeaderBlock([field(":method", "GET")], 0)), "2082");
  assert.equal(hexOf(encodeHeaderBlock([], 4096)), "3fe11f");
});

Deno.test("encodeHeaderBlock() writes what decode() reads, whatever the fields", () => {
  const random = createRandom(7541);
  const decoder = new HpackDecoder();
  const limits = { headBytes: Infinity, headFields: Infinity };
  for (let round = 0; round < 300; round++) {
    const fields = Array.from({ length: random.below(20) }, () => {
      const name = random.pick([":path", "cookie", "te", "x-" + random.text(3), random.text(200)]);
      return field(
        name,
        random.text(random.pick([0, 1, 40, 126, 127, 128, 5000])),
        random.chance(3),
      );
    });
    assert.deepEqual(decoder.decode(wholeOf(encodeHeaderBlock(fields)), limits), fields);
  }
});

Deno.test("encodeHeaderBlock() never adds to the peer's table", () => {
  const decoder = new HpackDecoder();
  const limits = { headBytes: 1 << 20, headFields: 100 };
  const block = encodeHeaderBlock([field("x", "y"), field("authorization", "k", true)]);
  decoder.decode(wholeOf(block), limits);
  assert.throws(() => decoder.decode(wholeOf(Uint8Array.of(0xbe)), limits), /points nowhere/);
});
