import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { HeaderBlockMask } from "../../../lib/proxy/redaction/hpack_mask.ts";
import { SecretMatcher } from "../../../lib/proxy/redaction/secret_matcher.ts";
import { CANARY } from "../../support/proxy.ts";
import { encodeHuffman } from "../../support/huffman.ts";
import { createRandom } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";

const STARS = "*".repeat(CANARY.length);
const LIMITS = { headBytes: 1 << 20, headFields: 1000 };

const mask = new HeaderBlockMask(new SecretMatcher([fromLatin1(CANARY)]));

/** A string literal, with Huffman's code or plain. */
function literal(text: string, coded: boolean): Uint8Array {
  const bytes = coded ? encodeHuffman([...fromLatin1(text)]) : fromLatin1(text);
  const length = bytes.length;
  const prefix = coded ? 0x80 : 0;
  const head = length < 127 ? [prefix | length] : [prefix | 127];
  for (let rest = length - 127; rest >= 0; rest = rest > 127 ? rest >>> 7 : -1) {
    head.push(rest > 127 ? 0x80 | (rest & 127) : rest);
  }
  return concat([Uint8Array.from(head), bytes]);
}

/** A field as a literal with a new name: with indexing, without, or never indexed. */
function field(name: string, value: string, first: number, coded: boolean): Uint8Array {
  return concat([Uint8Array.of(first), literal(name, coded), literal(value, coded)]);
}

function decode(decoder: HpackDecoder, block: Uint8Array): string[] {
  return decoder.decode(wholeOf(block), LIMITS)!.map(({ name, value }) => `${name}: ${value}`);
}

Deno.test("a secret is found wherever its bits begin, in any kind of literal", () => {
  for (const coded of [true, false]) {
    for (const first of [0x40, 0x00, 0x10]) {
      // The code of "1" has five bits, so that every shift is among these.
      for (let before = 0; before < 8; before++) {
        const value = `${"1".repeat(before)}${CANARY}${"2".repeat(before * 30)}`;
        const block = concat([
          Uint8Array.of(0x20, 0x88),
          field("x-a", "plain", first, coded),
          field("x-key", value, first, coded),
          field("x-b", CANARY.slice(1), first, coded),
        ]);
        const expected = decode(new HpackDecoder(), block)
          .map((line) => line.replace(CANARY, STARS));
        const masked = mask.mask(wholeOf(block));
        assert.ok(masked !== undefined, `${coded} ${first} ${before}`);
        assert.deepEqual(decode(new HpackDecoder(), masked), expected);
      }
    }
  }
});

Deno.test("a secret is found in a name, and behind an indexed one", () => {
  const inName = field(`x-${CANARY}`, "v", 0x40, true);
  assert.deepEqual(decode(new HpackDecoder(), mask.mask(wholeOf(inName))!), [`x-${STARS}: v`]);
  const location = concat([Uint8Array.of(0x40 | 46), literal(`/?k=${CANARY}`, true)]);
  assert.deepEqual(decode(new HpackDecoder(), mask.mask(wholeOf(location))!), [
    `location: /?k=${STARS}`,
  ]);
});

Deno.test("a block without a secret is left alone", () => {
  const random = createRandom(5);
  for (let round = 0; round < 200; round++) {
    const value = random.text(random.below(200)) + CANARY.slice(0, 1 + random.below(21));
    assert.equal(mask.mask(wholeOf(field("x", value, 0x40, random.chance(2)))), undefined);
  }
});

Deno.test("the client's table stays as large as its upstream believes, and gives masked text", () => {
  const [original, masked] = [new HpackDecoder(), new HpackDecoder()];
  const blocks = [
    field("x-key", CANARY, 0x40, true),
    field("x-other", "value", 0x40, true),
    // The two entries, and a third one that pushes out the first.
    Uint8Array.of(0xbe, 0xbf),
    field("x-large", "v".repeat(3960), 0x40, true),
    Uint8Array.of(0xbe, 0xbf),
  ];
  for (const block of blocks) {
    const expected = decode(original, block).map((line) => line.replace(CANARY, STARS));
    assert.deepEqual(decode(masked, mask.mask(wholeOf(block)) ?? block), expected);
  }
  assert.throws(() => decode(masked, Uint8Array.of(0xc0)), HpackError);
});

Deno.test("a block with a secret that is not valid HPACK ends the connection", () => {
  const block = concat([Uint8Array.of(0x40), literal(CANARY, false), Uint8Array.of(0x7f)]);
  assert.throws(() => mask.mask(wholeOf(block)), HpackError);
});
