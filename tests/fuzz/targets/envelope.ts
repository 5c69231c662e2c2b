/**
 * Envelopes: only what `seal` makes is read, and only what was sealed is opened, at its place.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import { parseEnvelope, seal, unseal } from "../../../lib/vault/envelope.ts";
import { generateJson, valueOf } from "../json_text.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const KEY = { kid: "k1", bytes: new Uint8Array(32).fill(7) };
const PLACE = { recordKey: "profile:default:openai:connection:default", field: "api_key" };
const SAMPLES = ["sk-abcdefghij0123456789", "", "ü\n".repeat(100)].map((text) => ({
  text,
  envelope: seal(new Secret(text), KEY, PLACE),
}));

/** The target. */
export const envelope: FuzzTarget = {
  name: "envelope",
  generate: (random) => generateJson(random, SAMPLES.map((sample) => sample.envelope)),
  check: (input) => {
    const value = valueOf(input);
    const parsed = parseEnvelope(value);
    if (parsed === undefined) return;
    assert.deepEqual({ ...parsed }, { ...value as object });
    const opened = outcomeOf(() => unseal(parsed, KEY, PLACE).reveal(), AuthsomeError);
    if (!("value" in opened)) return;
    // One of this process, or of the one that wrote the corpus; of ours nothing may be changed.
    assert.ok(SAMPLES.some((sample) => sample.text === opened.value));
    const source = SAMPLES.find((sample) => sample.envelope.nonce === parsed.nonce);
    if (source !== undefined) assert.deepEqual(parsed, source.envelope);
    const moved = outcomeOf(() => unseal(parsed, KEY, { ...PLACE, field: "x" }), AuthsomeError);
    assert.ok("error" in moved);
  },
};
