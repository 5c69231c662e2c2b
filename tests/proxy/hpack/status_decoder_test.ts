import assert from "node:assert/strict";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { StatusDecoder } from "../../../lib/proxy/hpack/status_decoder.ts";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { RFC_EXAMPLES } from "../../fixtures/hpack_rfc7541.ts";
import { ReferenceEncoder } from "../../fuzz/hpack_reference.ts";
import { bytesOf } from "../../support/h2.ts";
import { createRandom } from "../../support/random.ts";

function status(decoder: StatusDecoder, hex: string): number | undefined {
  return decoder.decode(wholeOf(bytesOf(hex)));
}

for (const { section, tableSize, blocks } of RFC_EXAMPLES) {
  Deno.test(`decode() finds the status in the example of RFC 7541, ${section}`, () => {
    const decoder = new StatusDecoder();
    if (tableSize === 256) assert.equal(status(decoder, "3fe101"), undefined);
    for (const { hex, headers: [[name, value] = ["", ""]] } of blocks) {
      assert.equal(status(decoder, hex), name === ":status" ? Number(value) : undefined);
    }
  });
}

const CASES: readonly (readonly [what: string, hex: string, status: number | undefined])[] = [
  ["of the static table", "89", 204],
  ["of a literal with a known name", "0803" + "323031", 201],
  ["of a literal with its own name", "0007" + "3a737461747573" + "03" + "313033", 103],
  ["that is no number", "0803" + "787878", 0],
  ["that is too long", "0804" + "32303030", 0],
  ["that is not there", "0f0d01" + "31", undefined],
  ["of an empty block", "", undefined],
];

for (const [what, hex, expected] of CASES) {
  Deno.test(`decode() reads a status ${what}`, () => {
    assert.equal(status(new StatusDecoder(), hex), expected);
  });
}

Deno.test("decode() knows a status by its index, and its name for another one", () => {
  const decoder = new StatusDecoder();
  assert.equal(status(decoder, "4803" + "343138"), 418);
  assert.equal(status(decoder, "be"), 418);
  assert.equal(status(decoder, "7e03" + "343239"), 429);
  assert.deepEqual([status(decoder, "be"), status(decoder, "bf")], [429, 418]);
});

Deno.test("decode() refuses what points nowhere, and a size update that is missing", () => {
  for (const hex of ["80", "be", "0803", "8220", "7f0001" + "61"]) {
    assert.throws(() => status(new StatusDecoder(), hex), HpackError);
  }
  const decoder = new StatusDecoder();
  decoder.table.limit(100);
  assert.throws(() => status(decoder, "88"), HpackError);
  assert.equal(status(decoder, "3f45" + "88"), 200);
});

Deno.test("decode() follows a table of any size as a whole decoder does", () => {
  const random = createRandom(7541);
  const encoder = new ReferenceEncoder(random);
  const [short, whole] = [new StatusDecoder(), new HpackDecoder()];
  for (let round = 0; round < 300; round++) {
    const expected = 200 + random.below(random.pick([3, 300]));
    const fields = Array.from({ length: random.below(40) }, () => ({
      name: `x-${random.below(50)}`,
      value: random.text(random.below(random.pick([3, 90]))),
      neverIndexed: false,
    }));
    const first = { name: ":status", value: `${expected}`, neverIndexed: false };
    const block = wholeOf(encoder.encode([first, ...fields]));
    assert.equal(short.decode(block), expected);
    const limits = { headBytes: Infinity, headFields: Infinity };
    assert.equal(whole.decode(block, limits)?.[0]?.value, first.value);
  }
});
