/**
 * Part of the Node preload: which proxy a request takes, read from the environment.
 *
 * @module
 */

/** Where a proxy listens and what it wants to hear. */
export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`; absent if the URL has no user. */
  readonly authorization?: string;
}

/** The proxies of this process. */
export interface ProxySettings {
  readonly http: ProxyAddress | undefined;
  readonly https: ProxyAddress | undefined;
  /** Entries of NO_PROXY, lower case. */
  readonly bypass: readonly string[];
}

/** Where a request goes. */
export interface RequestTarget {
  /** `http:` or `https:`. */
  readonly protocol: string;
  /** IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads the proxy variables; `undefined` if there is none that leads anywhere. */
export function readProxySettings(
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const read = (name: string): string => env[name] ?? env[name.toUpperCase()] ?? "";
  const http = parseProxyAddress(read("http_proxy"));
  const https = parseProxyAddress(read("https_proxy"));
  if (http === undefined && https === undefined) return undefined;
  const bypass = read("no_proxy").toLowerCase().split(/[\s,]+/).filter((entry) => entry !== "");
  return { http, https, bypass };
}

/** Reads `http://user:password@host:port`; other kinds of proxy are none of ours. */
export function parseProxyAddress(text: string): ProxyAddress | undefined {
  let url;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = { host, port: Number(url.port || 80) };
  if (url.username === "") return address;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { ...address, authorization: `Basic ${btoa(pair)}` };
}

/** The proxy for a request, or `undefined` for a direct connection. */
export function chooseProxy(
  settings: ProxySettings,
  target: RequestTarget,
): ProxyAddress | undefined {
  const proxy = target.protocol === "https:" ? settings.https : settings.http;
  const host = target.host.toLowerCase().replace(/^\[|\]$/g, "");
  if (proxy === undefined) return undefined;
  // Clients that know proxies themselves connect to ours as to any other host.
  if (host === proxy.host && target.port === proxy.port) return undefined;
  const bypassed = settings.bypass.some((entry) => {
    if (entry === "*") return true;
    const match = /^(?:\*?\.)?\[?(.*?)\]?(?::(\d+))?$/.exec(entry);
    const isIpv6 = entry.indexOf(":") !== entry.lastIndexOf(":") && !entry.startsWith("[");
    const name = isIpv6 ? entry : match?.[1] ?? entry;
    const port = isIpv6 ? undefined : match?.[2];
    if (port !== undefined && Number(port) !== target.port) return false;
    return host === name || host.endsWith(`.${name}`);
  });
  return bypassed ? undefined : proxy;
}
