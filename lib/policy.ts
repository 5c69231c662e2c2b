/**
 * Policies: what a run may do with a credential. Each policy only narrows; a request must satisfy
 * every one that concerns its connection.
 *
 * @module
 */

import { type ConnectionName, parseConnectionName } from "./connection.ts";
import { parsePathPattern, type PathPattern } from "./path_pattern.ts";
import { parseProviderName, type ProviderName } from "./provider.ts";

/** Whom a policy is about; without a provider everyone, without a connection all of a provider. */
export interface PolicySubject {
  readonly provider?: ProviderName;
  readonly connection?: ConnectionName;
}

/** One policy. What is absent or `false` does not restrict. */
export interface Policy {
  readonly subject: PolicySubject;
  /** Where it is written, for messages: `config.json` or `the command line`. */
  readonly origin: string;
  /** A request must be covered by one of these; none at all covers nothing. */
  readonly allow?: readonly AllowRule[];
  readonly readOnly: boolean;
  /** Requests that may be forwarded in one run. */
  readonly maxRequests?: number;
  /** End of the grant, milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Whether a person is asked about every request. */
  readonly ask: boolean;
}

/** Methods and paths that are allowed. */
export interface AllowRule {
  /** Upper case; absent: every method. */
  readonly methods?: readonly string[];
  readonly path: PathPattern;
}

/** What a person is asked. */
export interface AskQuestion {
  /** Whose credential the request would carry. */
  readonly provider: ProviderName;
  /** Which of the provider's. */
  readonly connection: ConnectionName;
  /** As it came. */
  readonly method: string;
  /** With its port unless that is 443. */
  readonly host: string;
  /** Without query. */
  readonly path: string;
  /** Whether the request asks for another protocol, such as WebSocket. */
  readonly isUpgrade: boolean;
}

/** What a person answers. */
export type AskAnswer =
  /** This request only. */
  | { readonly kind: "once" }
  /** This method and path at this host, until the run ends. */
  | { readonly kind: "run" }
  /** `reason` is a clause: who denied it, or why nobody could be asked. */
  | { readonly kind: "deny"; readonly reason: string };

/** Asks a person about one request. Must give up by itself after some time. */
export type AskPerson = (question: AskQuestion) => Promise<AskAnswer>;

/**
 * Reads `*`, `openai` or `openai/work`.
 *
 * @throws {AuthsomeError} `usage` if a name is malformed.
 */
export function parsePolicySubject(text: string): PolicySubject {
  if (text === "*") return {};
  const slash = text.indexOf("/");
  if (slash < 0) return { provider: parseProviderName(text) };
  return {
    provider: parseProviderName(text.slice(0, slash)),
    connection: parseConnectionName(text.slice(slash + 1)),
  };
}

/** As {@link parsePolicySubject} reads it; `every provider` for `*`. */
export function describeSubject({ provider, connection }: PolicySubject): string {
  if (provider === undefined) return "every provider";
  return connection === undefined ? provider : `${provider}/${connection}`;
}

/**
 * Reads `/v1/**` or `GET,POST /v1/**`.
 *
 * @throws {SyntaxError} with a clause that says what is wrong with it.
 */
export function parseAllowRule(text: string): AllowRule {
  const written = text.trim();
  if (written.startsWith("/")) return { path: parsePathPattern(written) };
  const match = /^([A-Za-z-]+(?:,[A-Za-z-]+)*)\s+(.*)$/.exec(written);
  if (match === null) throw new SyntaxError("it is not a path, or methods and a path");
  const [, methods = "", path = ""] = match;
  return { methods: methods.toUpperCase().split(","), path: parsePathPattern(path) };
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const DURATION = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;
const INSTANT = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads the end of a grant: a duration from `now` such as `90s`, `15m` or `1h30m`, or an instant
 * (RFC 3339, section 5.6). Both in milliseconds since the epoch.
 *
 * @throws {SyntaxError} with a clause that says what is wrong with it.
 */
export function parseExpiry(text: string, now: number): number {
  const duration = text === "" ? null : DURATION.exec(text);
  if (duration !== null) {
    const [, days, hours, minutes, seconds] = duration.map((count) => Number(count ?? 0));
    const length = days! * UNITS.d + hours! * UNITS.h + minutes! * UNITS.m + seconds! * UNITS.s;
    if (length === 0) throw new SyntaxError("it is no time at all");
    return now + length;
  }
  const day = INSTANT.exec(text)?.[1];
  const instant = day === undefined ? NaN : Date.parse(text);
  // `Date` takes 30 February for 2 March.
  if (day === undefined || Number.isNaN(instant) || !isDayOf(text, day)) {
    throw new SyntaxError("it is neither a duration (15m, 8h) nor a time (2030-01-31T12:00:00Z)");
  }
  return instant;
}

function isDayOf(text: string, day: string): boolean {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return date.getUTCDate() === Number(day);
}
