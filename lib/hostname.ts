/**
 * Host names in the one spelling that is ever compared: lower-case DNS names, canonical IPv4 and
 * canonical IPv6 without brackets.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";

/** A validated host. Made only by {@link parseHostname}. IPv6 is held without brackets. */
export type Hostname = string & { readonly __brand: "Hostname" };

/** A host and a port, as a CONNECT target or a `Host` field names them. */
export interface HostAndPort {
  readonly host: Hostname;
  /** 1–65535. */
  readonly port: number;
}

const LABELS = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
const LONG_LABEL = /[^.]{64}/;
/** What some parsers read as an IPv4 number: `127.1`, `0x7f.1`, `2130706433`. */
const NUMERIC_END = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const IPV6 = /^\[[0-9a-f:.]+\]$/;

/**
 * Reads a host name or an IP literal (IPv6 in brackets) as RFC 3986, section 3.2.2 spells them.
 * Only the case is normalised. Whatever two parsers could read in two ways is refused: a trailing
 * dot, an octal, decimal or hexadecimal IPv4 address, a zone, non-ASCII, NUL, an empty label.
 *
 * @throws {AuthsomeError} `usage` if `text` is not such a name.
 */
export function parseHostname(text: string): Hostname {
  const host = lowerCase(text);
  if (IPV6.test(host)) return parseIpv6(text, host);
  if (host.length > 253 || !LABELS.test(host) || LONG_LABEL.test(host)) throw refused(text);
  if (NUMERIC_END.test(host) && !IPV4.test(host)) throw refused(text);
  return host as Hostname;
}

/** Unlike `toLowerCase`, leaves non-ASCII alone: the Kelvin sign must not become a `k`. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function parseIpv6(text: string, host: string): Hostname {
  const url = `https://${host}/`;
  if (!URL.canParse(url)) throw refused(text);
  return new URL(url).hostname.slice(1, -1) as Hostname;
}

function refused(text: string): AuthsomeError {
  return new AuthsomeError("usage", `${JSON.stringify(text)} is not a host name.`, {
    hint: "Write a plain DNS name or an IP address, for example api.example.com or [::1].",
  });
}

/** Whether `host` is an IPv4 or IPv6 address. */
export function isIpAddress(host: Hostname): boolean {
  return host.includes(":") || IPV4.test(host);
}

/** Whether `host` never leaves this machine: `localhost`, `*.localhost`, 127.0.0.0/8 and `::1`. */
export function isLoopback(host: Hostname): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  return host.startsWith("127.") && IPV4.test(host);
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostAndPort(target: HostAndPort): string {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return `${host}:${target.port}`;
}
