/**
 * Host patterns: which hosts, ports and paths a provider's credential may go to. Nothing here
 * matches by sub-string: hosts are compared label by label, in the one spelling of `hostname.ts`.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";
import { isIpAddress, isLoopback, parseHostname } from "./hostname.ts";
import type { HostAndPort, Hostname } from "./hostname.ts";
import { literalSuffix, parseLinearPattern } from "./linear_pattern.ts";

export type { HostAndPort, Hostname };

/** One parsed `api_url`. Made only by {@link parseHostPattern}. */
export type HostPattern =
  | {
    /** `host`, `host:port` or `https://host[:port]/path-prefix`. */
    readonly kind: "exact";
    /** `http` only for a loopback host whose pattern says so. */
    readonly scheme: "https" | "http";
    readonly host: Hostname;
    readonly port: number;
    /** Begins with `/` and does not end with one; empty if every path belongs. */
    readonly path: string;
  }
  | {
    /** `*.suffix`: subdomains at any depth, not `suffix` itself. */
    readonly kind: "wildcard";
    readonly suffix: Hostname;
    readonly port: number;
  }
  | {
    /** `regex:^…$`, matched against the whole host; port 443 only. */
    readonly kind: "regex";
    readonly regexp: RegExp;
    /** Every matching host is this name or lies under it. */
    readonly suffix: Hostname;
  };

const DEFAULT_PORTS = { https: 443, http: 80 } as const;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::([0-9]+))?$/;
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,;=:@-]+$/;

/**
 * Reads `host`, `host:port`, `*.host`, `https://host[:port][/path-prefix]`, `http://…` for a
 * loopback host, or `regex:^…$`.
 *
 * @throws {AuthsomeError} `usage`, naming the pattern and what is wrong with it.
 */
export function parseHostPattern(text: string): HostPattern {
  if (text.startsWith("regex:")) return parseRegexPattern(text);
  const match = SCHEME.exec(text);
  if (match !== null) return parseUrlPattern(text, match[1] ?? "", match[2] ?? "");
  if (text.includes("/")) {
    throw refused(text, "a path needs a scheme", `Write https://${text}`);
  }
  return text.startsWith("*.") ? parseWildcard(text) : parseExact(text, "https", text, "");
}

function parseUrlPattern(text: string, scheme: string, rest: string): HostPattern {
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  if (scheme !== "https" && scheme !== "http") {
    throw refused(text, `'${scheme}' is not a scheme of an API`, "Use https://");
  }
  if (authority.startsWith("*.")) {
    throw refused(text, "a wildcard cannot have a scheme or a path", `Write ${authority}`);
  }
  return parseExact(text, scheme, authority, parsePathPrefix(text, path));
}

function parseExact(
  text: string,
  scheme: "https" | "http",
  authority: string,
  path: string,
): HostPattern {
  const { host, port } = parseAuthority(text, authority, DEFAULT_PORTS[scheme]);
  if (scheme === "http" && !isLoopback(host)) {
    throw refused(text, "only a loopback host may be used without TLS", "Use https://");
  }
  return { kind: "exact", scheme, host, port, path };
}

function parseWildcard(text: string): HostPattern {
  const { host, port } = parseAuthority(text, text.slice(2), DEFAULT_PORTS.https);
  if (isIpAddress(host) || (!host.includes(".") && !isLoopback(host))) {
    throw refused(text, "it would match too many hosts", "Name a domain, as in *.example.com");
  }
  return { kind: "wildcard", suffix: host, port };
}

function parseAuthority(text: string, authority: string, defaultPort: number): HostAndPort {
  const match = AUTHORITY.exec(authority);
  if (match === null || authority.includes("@")) throw refused(text, "it does not name a host");
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  if (port < 1 || port > 65535 || String(port) !== (match[2] ?? String(port))) {
    throw refused(text, `'${match[2]}' is not a port`);
  }
  try {
    return { host: parseHostname(match[1] ?? ""), port };
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    throw refused(text, "it does not name a host in its plain spelling");
  }
}

/** Refuses what servers and proxies normalise in different ways: `..`, `%2f`, `//`, `\`. */
function parsePathPrefix(text: string, path: string): string {
  const prefix = path.endsWith("/") ? path.slice(0, -1) : path;
  const segments = prefix === "" ? [] : prefix.slice(1).split("/");
  const plain = segments.every((part) => SEGMENT.test(part) && part !== "." && part !== "..");
  if (!plain) throw refused(text, "its path is not plain", "Use a path such as /v1/models");
  return prefix;
}

function parseRegexPattern(text: string): HostPattern {
  const source = text.slice("regex:".length);
  let parsed;
  try {
    parsed = parseLinearPattern(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refused(text, error.message, "Write regex:^…$, or *.example.com for all subdomains");
  }
  const suffixes = parsed.sequences.map((sequence) => wholeLabels(literalSuffix(sequence)));
  const suffix = suffixes.reduce(commonLabels);
  if (suffix.length < 2 || /^[0-9]+$/.test(suffix.at(-1) ?? "")) {
    throw refused(text, "it does not end with a literal domain", "End it as in \\.example\\.com$");
  }
  const { host } = parseAuthority(text, suffix.join("."), DEFAULT_PORTS.https);
  return { kind: "regex", regexp: parsed.regexp, suffix: host };
}

/** The labels of a literal suffix, without a first one that may be the end of a longer label. */
function wholeLabels(literal: { text: string; whole: boolean }): string[] {
  const labels = literal.text.split(".");
  return literal.whole ? labels : labels.slice(1);
}

function commonLabels(a: string[], b: string[]): string[] {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count === 0 ? [] : a.slice(-count);
}

/** Whether a connection to `target` may belong to `pattern`; the path is not looked at. */
export function matchHost(pattern: HostPattern, target: HostAndPort): boolean {
  switch (pattern.kind) {
    case "exact":
      return target.host === pattern.host && target.port === pattern.port;
    case "wildcard":
      return target.port === pattern.port && target.host.endsWith(`.${pattern.suffix}`);
    case "regex":
      return target.port === DEFAULT_PORTS.https && pattern.regexp.test(target.host);
    default:
      return pattern satisfies never;
  }
}

/**
 * Whether a request target in origin form (`/path?query`) lies under the pattern's path prefix,
 * segment by segment: `/v1` matches `/v1`, `/v1/x` and `/v1?x`, not `/v1x`. The caller has refused
 * dot segments and encoded slashes before.
 */
export function matchPath(pattern: HostPattern, path: string): boolean {
  if (pattern.kind !== "exact" || pattern.path === "") return true;
  if (!path.startsWith(pattern.path)) return false;
  const next = path[pattern.path.length];
  return next === undefined || next === "/" || next === "?";
}

/**
 * Sorts the most specific pattern first: exact host over wildcard over regex, a longer suffix over
 * a shorter one, a longer path prefix over a shorter one. 0 means a tie if both match one request.
 */
export function comparePatterns(a: HostPattern, b: HostPattern): number {
  return RANKS[a.kind] - RANKS[b.kind] || specificity(b) - specificity(a);
}

const RANKS = { exact: 0, wildcard: 1, regex: 2 } as const;

function specificity(pattern: HostPattern): number {
  return pattern.kind === "exact" ? pattern.path.length : pattern.suffix.length;
}

/** The DNS name or IP address that is, or is above, every host the pattern can match. */
export function constraintOf(pattern: HostPattern): Hostname {
  return pattern.kind === "exact" ? pattern.host : pattern.suffix;
}

function refused(text: string, why: string, hint?: string): AuthsomeError {
  return new AuthsomeError(
    "usage",
    `The host pattern ${JSON.stringify(text)} is refused: ${why}.`,
    {
      hint: hint ?? "Write a host such as api.example.com, *.example.com or https://host/path.",
    },
  );
}
