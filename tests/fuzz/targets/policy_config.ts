/**
 * The `policy` section of `config.json`: one documented error, and rules that can be asked about any
 * request; one that is read-only for everybody lets no POST pass.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import { findViolation, type PolicyRequest } from "../../../lib/policy_check.ts";
import { parsePolicyConfig } from "../../../lib/policy_settings.ts";
import type { Random } from "../../support/random.ts";
import { generateJson, valueOf } from "../json_text.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const SAMPLES: readonly unknown[] = [
  { "*": { read_only: true } },
  { openai: { allow: ["GET,POST /v1/chat/**", "/v1/models/*"], max_requests: 5 } },
  { "openai/work": { expires: "15m", ask: true } },
  { github: { expires: "2030-01-31T12:00:00Z", allow: [], max_requests: 0 } },
];

const PATHS = ["/", "/v1/chat/completions", "/v1//models", "/%2e%2e/v1", "/v1/./x", "*", "", "/é"];

/** The target. */
export const policyConfig: FuzzTarget = {
  name: "policy_config",
  generate: (random) => generateJson(random, SAMPLES),
  check: (input, random) => {
    const value = valueOf(input);
    if (value === undefined) return;
    const options = { where: "config.json", now: 0 };
    const parsed = outcomeOf(() => parsePolicyConfig(value, options), AuthsomeError);
    if ("error" in parsed) {
      assert.ok(parsed.error.startsWith("config.json"), parsed.error);
      return;
    }
    const request = generateRequest(random);
    findViolation(parsed.value, request);
    const isReadOnly = parsed.value.some(({ readOnly }) => readOnly);
    const post = findViolation(parsed.value, { ...request, method: "POST" });
    if (isReadOnly) assert.notEqual(post, undefined);
  },
};

function generateRequest(random: Random): PolicyRequest {
  return {
    method: random.pick(["GET", "POST", "get", "", "M-SEARCH"]),
    path: random.chance(3) ? `/${random.text(20)}` : random.pick(PATHS),
    query: random.pick(["", "a=b", "_method=DELETE", "%5fmethod=PUT", "&&=&"]),
    isUpgrade: random.chance(4),
    fieldNames: random.pick([[], ["host"], ["X-HTTP-Method-Override"], [""]]),
  };
}
