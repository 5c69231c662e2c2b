/**
 * `--connect-to HOST:PORT:ADDR:PORT`, with curl's meaning: connections to a host go to another
 * address; the certificate must still be valid for the host.
 *
 * @module
 */

import { AuthsomeError } from "../../errors.ts";
import { type HostAndPort, type Hostname, parseHostname } from "../../hostname.ts";

/** One redirection; what is `undefined` matches everything, or stays as it was. */
export interface ConnectTo {
  readonly host: Hostname | undefined;
  readonly port: number | undefined;
  readonly toHost: Hostname | undefined;
  readonly toPort: number | undefined;
}

const FORM = /^(\[[^\]]*\]|[^:[\]]*):([0-9]*):(\[[^\]]*\]|[^:[\]]*):([0-9]*)$/;

/**
 * Reads one redirection. Each of the four parts may be empty.
 *
 * @throws {AuthsomeError} `usage` if it does not have this form.
 */
export function parseConnectTo(text: string): ConnectTo {
  const match = FORM.exec(text);
  if (match === null) throw malformed(text);
  const [, host = "", port = "", toHost = "", toPort = ""] = match;
  const parsed = {
    host: host === "" ? undefined : parseHostname(host),
    port: parsePort(port),
    toHost: toHost === "" ? undefined : parseHostname(toHost),
    toPort: parsePort(toPort),
  };
  const ports = [parsed.port, parsed.toPort].filter((value) => value !== undefined);
  if (ports.some((value) => value < 1 || value > 65535)) throw malformed(text);
  return parsed;
}

/** Where to connect for `target`: the first redirection that matches it counts. */
export function redirect(target: HostAndPort, rules: readonly ConnectTo[]): HostAndPort {
  const rule = ruleFor(target, rules);
  return { host: rule?.toHost ?? target.host, port: rule?.toPort ?? target.port };
}

/** Whether there is a redirection for `target`, even if it leads where it would go anyway. */
export function isRedirected(target: HostAndPort, rules: readonly ConnectTo[]): boolean {
  return ruleFor(target, rules) !== undefined;
}

function ruleFor(target: HostAndPort, rules: readonly ConnectTo[]): ConnectTo | undefined {
  return rules.find(({ host, port }) =>
    (host === undefined || host === target.host) && (port === undefined || port === target.port)
  );
}

function parsePort(text: string): number | undefined {
  return text === "" ? undefined : Number(text);
}

function malformed(text: string): AuthsomeError {
  return new AuthsomeError("usage", `'${text}' is not a redirection.`, {
    hint: "Write HOST:PORT:ADDR:PORT, for example: --connect-to api.example.com:443:127.0.0.1:8443",
  });
}
