/**
 * Domains that look like another one: the same name under another suffix, one letter off, letters of
 * another script, or the real name tucked in. Loads the public suffix list, so import it only where
 * a person is about to be asked.
 *
 * @module
 */

import { domainToUnicode } from "node:url";
import { getDomain, getDomainWithoutSuffix } from "tldts";
import unhomoglyph from "unhomoglyph";
import { countEdits } from "./suggestion.ts";

/** A domain that is known to be a service's own. */
export interface KnownDomain {
  /** Registrable: `openai.com`. */
  readonly domain: string;
  /** Whose it is. */
  readonly owner: string;
}

/** A host that could be taken for a known one. */
export interface Resemblance extends KnownDomain {
  readonly host: string;
}

/** Names below this length resemble too much by chance. */
const SHORTEST_NAME = 3;
const SHORTEST_WORD = 5;
/** Letters that may differ, by the length of the known name. */
const EDITS: readonly (readonly [length: number, edits: number])[] = [[9, 2], [5, 1]];

/** The domain that somebody registered: `openai.com` of `api.openai.com`; a lone name as it is. */
export function registrableDomain(host: string): string {
  return getDomain(host) ?? host;
}

/**
 * Whether names under `host` belong to different people, as under `co.uk` and, by the rules of the
 * one who owns it, under `github.io`.
 */
export function isPublicSuffix(host: string): boolean {
  return getDomain(host, { allowPrivateDomains: true }) === null;
}

/** Tells which known domain `host` could be taken for; `undefined` if none, or if it is one. */
export function findResemblance(
  host: string,
  known: readonly KnownDomain[],
): Resemblance | undefined {
  const domain = registrableDomain(host);
  if (known.some((one) => one.domain === domain)) return undefined;
  const name = getDomainWithoutSuffix(host) ?? "";
  const found = known.find((one) =>
    `.${host}`.includes(`.${one.domain}.`) || areAlike(name, nameOf(one.domain))
  );
  return found === undefined ? undefined : { ...found, host };
}

/** A host with letters outside of ASCII as people read it; `undefined` if it has none. */
export function unicodeName(host: string): string | undefined {
  return /(?:^|\.)xn--/.test(host) ? domainToUnicode(host) : undefined;
}

function nameOf(domain: string): string {
  return getDomainWithoutSuffix(domain) ?? domain;
}

function areAlike(name: string, known: string): boolean {
  if (known.length < SHORTEST_NAME) return false;
  if (name === known || skeleton(name) === skeleton(known)) return true;
  if (known.length >= SHORTEST_WORD && name.split("-").includes(known)) return true;
  const [, most = 0] = EDITS.find(([length]) => known.length >= length) ?? [];
  return Math.abs(name.length - known.length) <= most && countEdits(name, known) <= most;
}

/** What is left of a name to the eye (Unicode TS 39, section 4). */
function skeleton(name: string): string {
  const seen: string = unhomoglyph(domainToUnicode(name) || name);
  return seen.toLowerCase().replaceAll("-", "");
}
