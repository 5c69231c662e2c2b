/**
 * The authorization server of a provider, as its definition describes it.
 *
 * @module
 */

import type { AuthorizationServer } from "oauth4webapi";
import { resolveUrl } from "../base_url.ts";
import { AuthsomeError } from "../errors.ts";
import type { OAuthSettings, Provider } from "../provider.ts";

/** An endpoint of a definition that a flow needs. */
export type EndpointName =
  | "authorization_endpoint"
  | "token_endpoint"
  | "device_authorization_endpoint"
  | "registration_endpoint"
  | "revocation_endpoint";

/** A provider that is reached through OAuth. */
export interface OAuthProvider extends Pick<Provider, "name" | "displayName"> {
  readonly oauth: OAuthSettings;
}

/**
 * Narrows a provider to one with OAuth settings.
 *
 * @throws {AuthsomeError} `usage` if it has none
 */
export function requireOAuth(provider: Provider): OAuthProvider {
  const { name, displayName, oauth } = provider;
  if (oauth !== undefined) return { name, displayName, oauth };
  throw new AuthsomeError("usage", `${displayName} does not use OAuth.`, {
    hint: `authsome inspect ${name}`,
  });
}

/**
 * What the definition says, as server metadata (RFC 8414). A definition names no issuer: the
 * origin of its first endpoint stands for it.
 *
 * @param baseUrl what `{base_url}` stands for; the definition's own otherwise
 * @throws {AuthsomeError} `usage` if a URL needs a base URL and there is none
 */
export function describeServer({ oauth }: OAuthProvider, baseUrl?: string): AuthorizationServer {
  const base = baseUrl ?? oauth.baseUrl;
  const known: readonly (readonly [EndpointName, string | undefined])[] = [
    ["authorization_endpoint", oauth.authorizationUrl],
    ["token_endpoint", oauth.tokenUrl],
    ["device_authorization_endpoint", oauth.deviceAuthorizationUrl],
    ["registration_endpoint", oauth.registrationEndpoint],
    ["revocation_endpoint", oauth.revocationUrl],
  ];
  const endpoints = known.flatMap(([name, template]) =>
    template === undefined ? [] : [[name, resolveUrl(template, base)] as const]
  );
  const [, first] = endpoints[0] ?? [];
  const issuer = first === undefined ? "" : new URL(first).origin;
  return { issuer, ...Object.fromEntries(endpoints) };
}

/**
 * The address of an endpoint that cannot be done without.
 *
 * @throws {AuthsomeError} `usage` if the server has none
 */
export function requireEndpoint(
  server: AuthorizationServer,
  name: EndpointName,
  { displayName, name: providerName }: OAuthProvider,
): URL {
  const address = server[name];
  if (address !== undefined) return new URL(address);
  const what = name.replaceAll("_", " ");
  throw new AuthsomeError("usage", `The definition of ${displayName} has no ${what}.`, {
    hint: `authsome inspect ${providerName}`,
  });
}
