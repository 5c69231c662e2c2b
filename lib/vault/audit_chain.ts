/**
 * The chain that the events of a trail form: every line carries its number and the hash of the line
 * before it, so that a line that was changed, removed, added or moved breaks the chain behind it.
 *
 * What the chain alone cannot show is the removal of its end, or a chain written anew: for that, the
 * hash of a recent line is kept elsewhere; see `Vault.sealAuditHead`.
 *
 * @module
 */

import { type AuditEvent, type AuditFact, formatAuditEvent, parseAuditEvent } from "../audit.ts";
import type { FactLines } from "./fact_lines.ts";
import { nodeCrypto } from "./node_crypto.ts";

/** The place of one line in the chain. */
export interface AuditLink {
  /** Counted from 1. */
  readonly seq: number;
  /** SHA-256 of the line without its line break, hexadecimal. */
  readonly hash: string;
}

/** A line and its place. */
export interface ChainedLine {
  readonly line: string;
  readonly link: AuditLink;
}

/** Puts an event behind the line that `last` is the link of. */
export function chainEvent(event: AuditEvent, last: AuditLink | undefined): ChainedLine {
  const place = placeAfter(last);
  return linkLine(formatAuditEvent({ ...event, ...place }), place.seq);
}

/** The same for a fact, which `lines` stamps. */
export function chainFact(
  fact: AuditFact,
  lines: FactLines,
  last: AuditLink | undefined,
): ChainedLine {
  const place = placeAfter(last);
  return linkLine(lines.format(fact, place), place.seq);
}

function placeAfter(last: AuditLink | undefined): { readonly seq: number; readonly prev: string } {
  return { seq: (last?.seq ?? 0) + 1, prev: last?.hash ?? "" };
}

function linkLine(line: string, seq: number): ChainedLine {
  return { line, link: { seq, hash: hashLine(line) } };
}

/** The link of a line; `undefined` if it is not an event of a chain. */
export function linkOf(line: string): AuditLink | undefined {
  const seq = parseAuditEvent(line)?.seq;
  return isSequence(seq) ? { seq, hash: hashLine(line) } : undefined;
}

/** What is wrong with a trail, a sentence each, in order; and where the chain ends. */
export interface ChainReport {
  /** Lines that are events of the chain. */
  readonly events: number;
  readonly last: AuditLink | undefined;
  readonly problems: readonly string[];
}

/**
 * Follows the chain through the lines of a trail, oldest first.
 *
 * @param sealed A link known from elsewhere that must be in it.
 */
export function verifyChain(lines: Iterable<string>, sealed?: AuditLink): ChainReport {
  const problems: string[] = [];
  let last: AuditLink | undefined;
  let events = 0;
  let isSealedFound = sealed === undefined;
  for (const line of lines) {
    const link = linkOf(line);
    if (link === undefined) {
      const problem = `After event ${last?.seq ?? 0} stands what is no event of the trail.`;
      if (problems.at(-1) !== problem) problems.push(problem);
      continue;
    }
    events += 1;
    problems.push(...compareLinks(last, { line, link }));
    if (link.seq === sealed?.seq) {
      isSealedFound = true;
      if (link.hash !== sealed.hash) problems.push(`Event ${link.seq} is not the one recorded.`);
    }
    last = link;
  }
  if (!isSealedFound && sealed !== undefined) problems.push(missingEnd(last, sealed));
  return { events, last, problems };
}

function compareLinks(
  last: AuditLink | undefined,
  { line, link }: { readonly line: string; readonly link: AuditLink },
): string[] {
  const expected = (last?.seq ?? 0) + 1;
  if (link.seq > expected) return [`Events ${expected} to ${link.seq - 1} are missing.`];
  if (link.seq < expected) return [`Event ${link.seq} stands again after event ${expected - 1}.`];
  if (parseAuditEvent(line)?.prev === (last?.hash ?? "")) return [];
  return [`Event ${link.seq - 1} was changed after event ${link.seq} was recorded.`];
}

function missingEnd(last: AuditLink | undefined, sealed: AuditLink): string {
  return (last?.seq ?? 0) < sealed.seq
    ? `Events ${(last?.seq ?? 0) + 1} to ${sealed.seq}, or more, are missing at the end.`
    : `Event ${sealed.seq} is missing.`;
}

function isSequence(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function hashLine(line: string): string {
  return nodeCrypto().hash("sha256", line, "hex");
}
