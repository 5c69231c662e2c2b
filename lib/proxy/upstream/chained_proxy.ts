/**
 * The proxy that the parent uses to reach the world (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and which
 * destinations go through it. Pure.
 *
 * @module
 */

import { AuthsomeError } from "../../errors.ts";
import { type HostAndPort, type Hostname, isIpAddress, isLoopback } from "../../hostname.ts";
import { Secret } from "../../secret.ts";
import type { RouteScheme } from "../decision/route.ts";
import { DEFAULT_PORT, parseAuthority } from "../decision/target.ts";

/** One of the parent's variables as it is. */
export interface ProxySetting {
  /** Its name, in the letter case it has. */
  readonly variable: string;
  /** May hold user info. Empty counts as absent. */
  readonly url: string;
}

/** The parent's variables. */
export interface UpstreamProxySettings {
  /** For `http://` requests. */
  readonly httpProxy?: ProxySetting | undefined;
  /** For CONNECT. */
  readonly httpsProxy?: ProxySetting | undefined;
  readonly noProxy?: string | undefined;
}

/** One proxy. */
export interface UpstreamProxy {
  readonly address: HostAndPort;
  /** The variable that names it, for messages. */
  readonly variable: string;
  /** Whether the connection to the proxy itself is TLS (`https://proxy`). */
  readonly tls: boolean;
  /** The whole value of `Proxy-Authorization`, if the URL has user info. */
  readonly authorization: Secret | undefined;
}

/** Finds the proxy for a destination; `undefined` means to connect directly. */
export type ProxyChoice = (target: HostAndPort, scheme: RouteScheme) => UpstreamProxy | undefined;

/**
 * Reads the settings once.
 *
 * @throws {AuthsomeError} `usage` if a proxy is not an http or https URL. User info is never named.
 */
export function createProxyChoice(settings: UpstreamProxySettings): ProxyChoice {
  const proxies = {
    http: settings.httpProxy && parseProxyUrl(settings.httpProxy),
    https: settings.httpsProxy && parseProxyUrl(settings.httpsProxy),
  };
  const exceptions = (settings.noProxy ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return (target, scheme) => {
    const proxy = proxies[scheme];
    if (proxy === undefined || isLoopback(target.host)) return undefined;
    return exceptions.some((entry) => isException(entry, target)) ? undefined : proxy;
  };
}

function parseProxyUrl({ variable, url: text }: ProxySetting): UpstreamProxy | undefined {
  if (text === "") return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const scheme = url?.protocol === "https:" ? "https" : "http";
  const address = url && parseAuthority(url.host, DEFAULT_PORT[scheme]);
  if (url === undefined || address === undefined || url.protocol !== `${scheme}:`) {
    throw new AuthsomeError("usage", `${variable} is not an http or https proxy.`, {
      hint: `Set it to a URL such as http://proxy.example.com:3128, or run: unset ${variable}`,
    });
  }
  return { address, variable, tls: scheme === "https", authorization: basicAuthorization(url) };
}

function basicAuthorization(url: URL): Secret | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const pair = `${decodePart(url.username)}:${decodePart(url.password)}`;
  const bytes = new TextEncoder().encode(pair);
  return new Secret(`Basic ${btoa(String.fromCharCode(...bytes))}`);
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As curl and Go read an entry: `*`, a domain with or without a dot, `host:port`, `10.0.0.0/8`. */
function isException(entry: string, target: HostAndPort): boolean {
  if (entry === "*") return true;
  const block = /^([0-9.]+)\/([0-9]{1,2})$/.exec(entry);
  if (block !== null) return isInBlock(target.host, block[1] ?? "", Number(block[2]));
  const match = /^\*?\.?(\[[^\]]*\]|[^:]+|[0-9a-f:]+)(?::([0-9]+))?$/i.exec(entry);
  if (match === null) return false;
  if (match[2] !== undefined && Number(match[2]) !== target.port) return false;
  const name = (match[1] ?? "").toLowerCase().replace(/^\[|\]$/g, "");
  if (isIpAddress(target.host)) return target.host === name;
  return target.host === name || target.host.endsWith(`.${name}`);
}

function isInBlock(host: Hostname, network: string, bits: number): boolean {
  const [address, base] = [ipv4Number(host), ipv4Number(network)];
  if (address === undefined || base === undefined || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(base / size);
}

function ipv4Number(text: string): number | undefined {
  if (!/^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(text)) return undefined;
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
