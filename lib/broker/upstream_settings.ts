/**
 * How a run reaches the world: the parent's own proxy, redirections, and further roots.
 *
 * @module
 */

import { readOwnRoots } from "../ca/trust.ts";
import { AuthsomeError } from "../errors.ts";
import { type ConnectTo, parseConnectTo } from "../proxy/upstream/connect_to.ts";
import type { ProxySetting, UpstreamProxySettings } from "../proxy/upstream/chained_proxy.ts";
import type { Environment } from "./broker.ts";

/** What a person wrote on the command line. */
export interface UpstreamOptions {
  /** `HOST:PORT:ADDR:PORT` redirections of upstream connections, as curl's `--connect-to`. */
  readonly connectTo: readonly string[];
  /** Files with further roots (PEM) for upstream certificates. */
  readonly upstreamCa: readonly string[];
}

/** The same, read and checked. */
export interface UpstreamSettings {
  readonly connectTo: readonly ConnectTo[];
  readonly upstreamProxy: UpstreamProxySettings;
  /** PEM, one certificate each; read at the first call that needs it. */
  readonly caCerts: () => readonly string[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads the settings of a run.
 *
 * @throws {AuthsomeError} `usage` for a malformed redirection or a file without certificates.
 */
export function readUpstreamSettings(env: Environment, options: UpstreamOptions): UpstreamSettings {
  const given = options.upstreamCa.flatMap(readCertificates);
  return {
    connectTo: options.connectTo.map(parseConnectTo),
    upstreamProxy: {
      httpProxy: first(env, ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
      httpsProxy: first(env, ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
      noProxy: first(env, ["no_proxy", "NO_PROXY"])?.url,
    },
    caCerts: () => [...given, ...readOwnRoots(env)],
  };
}

/** Lower case first, as curl does; an empty variable switches nothing on. */
function first(env: Environment, names: readonly string[]): ProxySetting | undefined {
  return names.map((variable) => ({ variable, url: env[variable] ?? "" }))
    .find(({ url }) => url !== "");
}

function readCertificates(path: string): readonly string[] {
  const certificates = readText(path).replaceAll("\r", "").match(CERTIFICATE) ?? [];
  if (certificates.length > 0) return certificates;
  throw new AuthsomeError("usage", `${path} holds no certificate.`, {
    hint: "Give a PEM file: --upstream-ca company-ca.pem",
  });
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new AuthsomeError("usage", `${path} cannot be read.`, {
      hint: `Check the path: ls -l ${path}`,
      cause,
    });
  }
}
