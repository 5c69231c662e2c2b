/**
 * The audit trail: lines that are events can be filtered and counted on; a chain in which anything is
 * changed, removed, added or moved never verifies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { formatAuditEvent, parseAuditEvent } from "../../../lib/audit.ts";
import { createLogFilter } from "../../../lib/cli/log_filter.ts";
import { type AuditLink, chainEvent, linkOf, verifyChain } from "../../../lib/vault/audit_chain.ts";
import { PROFILE } from "../../support/vault.ts";
import type { Random } from "../../support/random.ts";
import { generateJson, textOf } from "../json_text.ts";
import type { FuzzTarget } from "../target.ts";

const CHAIN = makeChain();
const HEAD = linkOf(CHAIN.at(-1) ?? "");
const FILTERS = [
  createLogFilter({ run: "0123", event: "request", since: "2026-01-01" }, 0),
  createLogFilter({ provider: "openai", connection: "default", since: "1h" }, 0),
];

/** The target. */
export const audit: FuzzTarget = {
  name: "audit",
  generate: (random) => new TextEncoder().encode(generateTrail(random)),
  check: (input) => {
    const lines = textOf(input).split("\n").filter((line) => line !== "");
    for (const line of lines) checkLine(line);
    const { problems } = verifyChain(lines, HEAD);
    if (problems.length > 0) return;
    assert.deepEqual(lines.slice(0, CHAIN.length), CHAIN);
  },
};

function checkLine(line: string): void {
  const event = parseAuditEvent(line);
  if (event === undefined) return;
  for (const filter of FILTERS) filter(event);
  const text = formatAuditEvent(event);
  assert.equal(formatAuditEvent(parseAuditEvent(text) ?? event), text);
  const texts = [event.time, event.event, event.profile, event.provider, event.connection];
  for (const text of [...texts, event.run, event.outcome, event.method, event.host, event.path]) {
    assert.ok(text === undefined || typeof text === "string");
  }
}

function makeChain(): string[] {
  const lines: string[] = [];
  let last: AuditLink | undefined;
  for (let status = 0; status < 8; status++) {
    const event = {
      time: "2026-01-01T00:00:00.000Z",
      event: "request",
      profile: PROFILE,
      run: "0123456789abcdef",
      path: "/v1",
    } as const;
    const { line, link } = chainEvent({ ...event, status }, last);
    lines.push(line);
    last = link;
  }
  return lines;
}

function generateTrail(random: Random): string {
  const lines = [...CHAIN];
  for (let left = random.below(3); left > 0; left--) {
    const at = random.below(lines.length);
    const event: unknown = JSON.parse(random.pick(CHAIN));
    const line = random.chance(2) ? textOf(generateJson(random, [event])) : random.pick(CHAIN);
    lines.splice(at, random.below(2), ...(random.chance(3) ? [] : [line]));
  }
  return lines.map((line) => `${line}\n`).join("");
}
