import assert from "node:assert/strict";
import { objectIdentifier, octetString, sequence, smallInteger } from "../../lib/ca/der.ts";
import { readDer, readDerMembers } from "../../lib/ca/der_reader.ts";

for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
  Deno.test(`readDer() reads back a value of ${length} bytes`, () => {
    const contents = new Uint8Array(length).fill(7);
    const encoded = octetString(contents);
    const value = readDer(Uint8Array.of(...encoded, 1, 2, 3));
    assert.equal(value.tag, 0x04);
    assert.deepEqual(value.contents, contents);
    assert.deepEqual(value.encoded, encoded);
  });
}

Deno.test("readDerMembers() reads what sequence() wrote", () => {
  const members = [smallInteger(3), objectIdentifier("1.2.3"), sequence()];
  const read = readDerMembers(readDer(sequence(...members)).contents);
  assert.deepEqual(read.map((member) => member.encoded), members);
});

const BROKEN: readonly (readonly [string, readonly number[]])[] = [
  ["nothing", []],
  ["a tag without a length", [0x30]],
  ["contents that end too early", [0x30, 3, 1, 2]],
  ["a length that ends too early", [0x30, 0x82, 1]],
  ["an indefinite length", [0x30, 0x80, 0, 0]],
  ["a length of five bytes", [0x30, 0x85, 0, 0, 0, 0, 0]],
];

for (const [what, bytes] of BROKEN) {
  Deno.test(`readDer() refuses ${what}`, () =>
    assert.throws(() => readDer(Uint8Array.from(bytes)), RangeError));
}
