/**
 * What a person should be warned of before a definition of theirs is installed, and what is refused.
 *
 * @module
 */

import { resolveApiUrls, resolveUrl } from "../base_url.ts";
import { AuthsomeError } from "../errors.ts";
import { constraintOf, parseHostPattern } from "../host_pattern.ts";
import { type Hostname, isIpAddress, isLoopback, parseHostname } from "../hostname.ts";
import {
  findResemblance,
  isPublicSuffix,
  type KnownDomain,
  registrableDomain,
  unicodeName,
} from "../look_alike.ts";
import type { Provider } from "../provider.ts";
import type { Registry } from "../registry.ts";

/** What there is to say about a definition. */
export interface Review {
  /** Sentences. */
  readonly warnings: readonly string[];
  /** Why it is only installed if the person insists. */
  readonly objection?: AuthsomeError;
}

/**
 * Reviews a definition.
 *
 * @param registry The providers known so far.
 * @throws {AuthsomeError} `refused` if a pattern reaches the hosts of strangers.
 */
export function reviewProvider(provider: Provider, registry: Registry): Review {
  const bundled = registry.entries().flatMap((entry) =>
    entry.source === "bundled" && entry.provider !== undefined ? [entry.provider] : []
  );
  refuseStrangers(provider, new Set(bundled.flatMap(({ apiUrls }) => apiUrls)));
  const hosts = [...new Set([...patternHosts(provider), ...endpointHosts(provider)])];
  const named = hosts.filter((host) => !isIpAddress(host) && !isLoopback(host));
  const known = knownDomains(bundled);
  const warnings = [
    ...named.flatMap((host) => describeResemblance(host, known)),
    ...named.flatMap(describeScript),
    ...describeDomains(patternHosts(provider)),
  ];
  const address = hosts.find((host) => isIpAddress(host) && !isLoopback(host));
  return address === undefined ? { warnings } : { warnings, objection: objectTo(address) };
}

/**
 * A wildcard or regex above a public suffix covers domains of different people. What a bundled
 * definition holds is known to be one vendor's.
 */
function refuseStrangers(provider: Provider, trusted: ReadonlySet<string>): void {
  const texts = templatesFilled(provider);
  for (const text of texts) {
    const pattern = parseHostPattern(text);
    if (pattern.kind === "exact" || trusted.has(text)) continue;
    const host = constraintOf(pattern);
    if (isLoopback(host) || !isPublicSuffix(host)) continue;
    const message = `The host pattern '${text}' is refused: anybody can have a name under ${host}.`;
    throw new AuthsomeError("refused", message, {
      hint: `Name the domain of your service, as in *.service.${host}, and register it again.`,
    });
  }
}

function templatesFilled(provider: Provider): readonly string[] {
  const { oauth, apiUrls } = provider;
  if (oauth?.baseUrl !== undefined) return resolveApiUrls(provider);
  return apiUrls.filter((text) => !text.includes("{base_url}"));
}

function patternHosts(provider: Provider): readonly Hostname[] {
  return templatesFilled(provider).map((text) => constraintOf(parseHostPattern(text)));
}

function endpointHosts({ oauth }: Provider): readonly Hostname[] {
  if (oauth === undefined) return [];
  const { authorizationUrl, tokenUrl, revocationUrl, deviceAuthorizationUrl } = oauth;
  const urls = [
    ...[authorizationUrl, tokenUrl, revocationUrl, deviceAuthorizationUrl],
    oauth.registrationEndpoint,
  ];
  return urls.flatMap((url) => {
    if (url === undefined || (url.includes("{") && oauth.baseUrl === undefined)) return [];
    return [parseHostname(new URL(resolveUrl(url, oauth.baseUrl)).hostname)];
  });
}

function knownDomains(providers: readonly Provider[]): readonly KnownDomain[] {
  const owners = new Map<string, string>();
  for (const provider of providers) {
    for (const host of [...patternHosts(provider), ...endpointHosts(provider)]) {
      const domain = registrableDomain(host);
      if (!owners.has(domain)) owners.set(domain, provider.displayName);
    }
  }
  return [...owners].map(([domain, owner]) => ({ domain, owner }));
}

function describeResemblance(host: Hostname, known: readonly KnownDomain[]): readonly string[] {
  const found = findResemblance(host, known);
  if (found === undefined) return [];
  return [
    `${host} is not ${found.domain}, which belongs to ${found.owner}. It only looks like it.`,
  ];
}

function describeScript(host: Hostname): readonly string[] {
  const name = unicodeName(host);
  return name === undefined ? [] : [`${host} has letters outside of ASCII. It reads: ${name}`];
}

function describeDomains(hosts: readonly Hostname[]): readonly string[] {
  const distant = hosts.filter((host) => !isLoopback(host));
  const domains = new Set(distant.map(registrableDomain));
  if (domains.size < 2) return [];
  return [`The credential is sent to ${domains.size} domains: ${[...domains].join(", ")}.`];
}

function objectTo(address: Hostname): AuthsomeError {
  const message = `The definition names the IP address ${address}, which can change hands.`;
  return new AuthsomeError("refused", message, {
    hint: "If the address is your own, register it again with --yes.",
  });
}
