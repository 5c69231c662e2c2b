/**
 * Request targets and authorities: which host a request names, in every place where it names one.
 *
 * @module
 */

import { type HostAndPort, parseHostname } from "../../hostname.ts";
import type { RouteScheme } from "./route.ts";

/** A request target (RFC 9112, section 3.2). CONNECT's authority form is read elsewhere. */
export type RequestTarget =
  | {
    readonly kind: "origin";
    /** With query. */
    readonly path: string;
  }
  | { readonly kind: "asterisk" }
  | {
    readonly kind: "absolute";
    readonly scheme: RouteScheme;
    readonly authority: HostAndPort;
    /** With query; may be empty or begin with `?`, as it came. */
    readonly path: string;
  };

/** The port that a scheme stands for. */
export const DEFAULT_PORT = { https: 443, http: 80 } as const;

const AUTHORITY = /^(\[[^\]]*\]|[^:@/?#]*)(?::([0-9]{1,5}))?$/;
const ABSOLUTE = /^(https?):\/\/([^/?#]*)(\/[^#]*|\?[^#]*|)$/i;

/**
 * Reads `host` or `host:port`, as `Host` and CONNECT have it. Without user info, without zone.
 *
 * @returns `undefined` if it is not exactly one host in its plain spelling.
 */
export function parseAuthority(text: string, defaultPort?: number): HostAndPort | undefined {
  const match = AUTHORITY.exec(text);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match === null || port === undefined || port < 1 || port > 65535) return undefined;
  try {
    return { host: parseHostname(match[1] ?? ""), port };
  } catch {
    return undefined;
  }
}

/**
 * Reads a target of visible characters (obs-text included).
 *
 * @returns `undefined` if it has none of the forms, or an authority that is not one plain host.
 */
export function parseTarget(text: string): RequestTarget | undefined {
  if (text.includes("#")) return undefined;
  if (text.startsWith("/")) return { kind: "origin", path: text };
  if (text === "*") return { kind: "asterisk" };
  const match = ABSOLUTE.exec(text);
  if (match === null) return undefined;
  const scheme = match[1]?.toLowerCase() === "https" ? "https" : "http";
  const authority = parseAuthority(match[2] ?? "", DEFAULT_PORT[scheme]);
  return authority && { kind: "absolute", scheme, authority, path: match[3] ?? "" };
}

/** Whether both name the same host and port. */
export function isSameTarget(a: HostAndPort, b: HostAndPort): boolean {
  return a.host === b.host && a.port === b.port;
}

/** The path of a target, for rules and records: without query, `/` if empty, `*` as it is. */
export function pathOf(target: RequestTarget): string {
  if (target.kind === "asterisk") return "*";
  const question = target.path.indexOf("?");
  const path = question < 0 ? target.path : target.path.slice(0, question);
  return path === "" ? "/" : path;
}

/** The query of a target as it is written, without the question mark; empty if there is none. */
export function queryOf(text: string): string {
  const question = text.indexOf("?");
  return question < 0 ? "" : text.slice(question + 1);
}

/**
 * Whether a path could mean another one to some server: dot segments (also with parameters, as
 * `..;`), encoded or backward slashes, encoded dots, encoded NUL, bytes beyond ASCII.
 */
export function isDoubtfulPath(path: string): boolean {
  return /%2f|%5c|%2e|%00|\\|[^\x21-\x7e]/i.test(path) || /\/\.{1,2}(?:[/;]|$)/.test(path);
}
