/**
 * HPACK: one documented error, tables that agree with a second encoder's, and bounds that hold. An
 * input is a sequence of blocks of one connection, each after its length in two bytes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat, wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { StatusDecoder } from "../../../lib/proxy/hpack/status_decoder.ts";
import type { HpackField } from "../../../lib/proxy/hpack/tables.ts";
import type { Random } from "../../support/random.ts";
import { ReferenceEncoder } from "../hpack_reference.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const LIMITS = { headBytes: 8192, headFields: 100 };
const UNLIMITED = { headBytes: Infinity, headFields: Infinity };

/** The target. */
export const hpack: FuzzTarget = {
  name: "hpack",
  generate: (random) => joinBlocks(generateBlocks(random).map(({ block }) => block)),
  check: (input, random) => {
    checkAgreement(random);
    checkBlocks(splitBlocks(input));
  },
};

/** What the second encoder writes must be read as it was meant. */
function checkAgreement(random: Random): void {
  const decoder = new HpackDecoder();
  for (const { block, fields } of generateBlocks(random)) {
    assert.deepEqual(decoder.decode(wholeOf(block), UNLIMITED), fields);
  }
}

/** Two readings of the same blocks: all fields, and only the status. */
function checkBlocks(blocks: readonly Uint8Array[]): void {
  const whole = new HpackDecoder();
  const short = new StatusDecoder();
  for (const block of blocks) {
    const fields = outcomeOf(() => whole.decode(wholeOf(block), LIMITS), HpackError);
    const status = outcomeOf(() => short.decode(wholeOf(block)), HpackError);
    if (!("value" in fields)) return;
    // Skipped text is not looked at, so the short reading may only be more lenient.
    assert.ok("value" in status, "the short reading refuses what the long one takes");
    if (fields.value === undefined) continue;
    const [first] = fields.value;
    const isStatus = first?.name === ":status";
    const expected = isStatus
      ? (/^[0-9]{3}$/.test(first.value) ? Number(first.value) : 0)
      : undefined;
    assert.equal(status.value, expected);
    const { value } = fields;
    assert.ok(value.length <= LIMITS.headFields);
    assert.deepEqual(
      new HpackDecoder().decode(wholeOf(encodeHeaderBlock(value)), UNLIMITED),
      value,
    );
  }
}

function joinBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  return concat(
    blocks.map((block) => concat([Uint8Array.of(block.length >> 8, block.length), block])),
  );
}

/** The blocks of an input. */
export function splitBlocks(input: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at + 2 <= input.length;) {
    const length = (input[at]! << 8) | input[at + 1]!;
    blocks.push(input.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return blocks;
}

interface GeneratedBlock {
  readonly block: Uint8Array;
  readonly fields: readonly HpackField[];
}

const NAMES = [":method", ":path", ":status", "authorization", "cookie", "x-a", "x-b", "date", ""];
const VALUES = ["GET", "/", "200", "404", "103", "gzip, deflate", "Bearer x", "a=1", ""];

function generateBlocks(random: Random): GeneratedBlock[] {
  const encoder = new ReferenceEncoder(random);
  return Array.from({ length: 1 + random.below(5) }, () => {
    const fields = Array.from({ length: random.below(12) }, () => ({
      name: random.chance(6) ? random.text(random.below(200)) : random.pick(NAMES),
      value: random.chance(3)
        ? random.text(random.below(random.chance(9) ? 5000 : 60))
        : random.pick(VALUES),
      neverIndexed: random.chance(5),
    }));
    return { block: encoder.encode(fields), fields };
  });
}
