/**
 * Policies: whatever is written in one is read or refused in the documented way; a path has either
 * the segments that URL parsers see, or none; a pattern covers what a regular expression covers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import { matchPathPattern, parsePathPattern, plainSegments } from "../../../lib/path_pattern.ts";
import { parseAllowRule, parseExpiry } from "../../../lib/policy.ts";
import { parsePolicyConfig, parsePolicyFlags } from "../../../lib/policy_settings.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const PIECES = [
  "/",
  "/",
  "/a",
  "/b",
  "*",
  "**",
  "a",
  ".",
  "..",
  ";",
  "%2f",
  "%2e",
  "%25",
  "%c0%af",
];
const MORE = [
  "%20",
  "%C3%BC",
  "\\",
  "?",
  "#",
  "é",
  "%",
  "GET ",
  "POST,",
  "15m",
  "2030-01-01T00:00:00Z",
];
const CONFIGS = [
  '{"openai":{"allow":["GET /v1/**"],"max_requests":5}}',
  '{"openai/work":{"read_only":true,"expires":"15m"},"*":{"ask":true}}',
];

/** The target: a pattern, a path and a configuration, one line each. */
export const policy: FuzzTarget = {
  name: "policy",
  generate: (random) => {
    const line = (): string => {
      const length = random.below(8);
      return "/" + Array.from({ length }, () => random.pick([...PIECES, ...MORE])).join("");
    };
    const path = line().replaceAll("*", "ab");
    return new TextEncoder().encode(`${line()}\n${path}\n${random.pick(CONFIGS)}`);
  },
  check: (input) => {
    const [pattern = "", path = "", config = ""] = new TextDecoder().decode(input).split("\n");
    checkPath(path);
    checkMatch(pattern, path);
    checkSettings(pattern, config);
  },
};

/** The WHATWG URL parser resolves dot segments, encoded ones too, and takes `\` for `/`. */
function checkPath(path: string): void {
  const segments = plainSegments(path);
  if (segments === undefined) return;
  const { pathname, search, hash } = new URL(`https://api.example.com${path}`);
  assert.equal(search + hash, "");
  assert.deepEqual(pathname.slice(1).split("/").map(decodeURIComponent), segments);
  assert.ok(segments.every((segment) => !/[/\\%;?#]/.test(segment)));
  assert.deepEqual(plainSegments(`/${segments.map(encodeURIComponent).join("/")}`), segments);
}

function checkMatch(written: string, path: string): void {
  const outcome = outcomeOf(() => parsePathPattern(written), SyntaxError);
  const segments = plainSegments(path);
  if ("error" in outcome || segments === undefined) return;
  const source = outcome.value.segments.map(segmentSource).join("");
  const text = segments.map((segment) => `/${segment}`).join("");
  assert.equal(
    matchPathPattern(outcome.value, segments),
    new RegExp(`^${source}$`, "u").test(text),
    `${written} and ${text}`,
  );
}

function segmentSource(segment: string): string {
  if (segment === "**") return "(?:/[^/]*)*";
  if (segment === "") return "/";
  const parts = segment.split("*").map((part) => part.replaceAll(/[^a-z0-9]/giu, escaped));
  return `/(?!/|$)${parts.join("[^/]*")}`;
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function checkSettings(text: string, config: string): void {
  outcomeOf(() => parseAllowRule(text), SyntaxError);
  outcomeOf(() => parseExpiry(text.slice(1), 0), SyntaxError);
  const none = { allow: [], readOnly: [], maxRequests: [], expires: [], ask: [] };
  outcomeOf(() => parsePolicyFlags({ ...none, allow: [`openai:${text}`] }, 0), AuthsomeError);
  outcomeOf(() => parsePolicyFlags({ ...none, maxRequests: [text] }, 0), AuthsomeError);
  const value = outcomeOf(() => JSON.parse(config), SyntaxError);
  if ("error" in value) return;
  outcomeOf(() => parsePolicyConfig(value.value, { where: "config.json", now: 0 }), AuthsomeError);
}
