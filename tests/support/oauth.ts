/**
 * What the tests of the OAuth flows share: a provider at the test server, and a whole login.
 *
 * @module
 */

import type { OAuthCredential } from "../../lib/credential.ts";
import type { OAuthProvider } from "../../lib/flow/endpoints.ts";
import type { OAuthClient } from "../../lib/flow/oauth_client.ts";
import { beginAuthorization, finishAuthorization } from "../../lib/flow/pkce.ts";
import type { FlowSystem } from "../../lib/flow/transport.ts";
import { type OAuthSettings, parseProviderName } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import {
  CLIENTS,
  REDIRECT_URI,
  startAuthorizationServer,
  type TestAuthorizationServer,
} from "./authorization_server.ts";
import { browse } from "./user_agent.ts";

/** A provider with these settings. */
export function oauthProvider(settings: Partial<OAuthSettings> = {}): OAuthProvider {
  return {
    name: parseProviderName("acme"),
    displayName: "Acme",
    oauth: {
      scopes: ["openid", "email", "offline_access"],
      pkce: true,
      supportsDeviceCode: true,
      supportsDcr: true,
      authorizationParams: { prompt: "consent" },
      deviceTokenRequest: "form",
      ...settings,
    },
  };
}

/** The provider of the test server, as a definition with `{base_url}` would describe it. */
export function serverProvider(
  { issuer }: TestAuthorizationServer,
  settings: Partial<OAuthSettings> = {},
): OAuthProvider {
  return oauthProvider({
    baseUrl: issuer,
    authorizationUrl: "{base_url}/auth",
    tokenUrl: "{base_url}/token",
    deviceAuthorizationUrl: "{base_url}/device/auth",
    registrationEndpoint: "{base_url}/reg",
    revocationUrl: "{base_url}/token/revocation",
    ...settings,
  });
}

/** One of the test server's clients. */
export function clientOf(kind: keyof typeof CLIENTS): OAuthClient {
  const client = CLIENTS[kind];
  return { id: client.id, ...("secret" in client && { secret: new Secret(client.secret) }) };
}

/** The world of the test server. */
export function systemOf({ fetch }: TestAuthorizationServer): FlowSystem {
  return { fetch, now: Date.now };
}

/** Runs `use` beside a server. */
export async function withServer(
  use: (server: TestAuthorizationServer) => Promise<void>,
  options: { readonly lifeS?: number } = {},
): Promise<void> {
  const server = await startAuthorizationServer(options);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** Logs in from the first address to the tokens. */
export async function logIn(
  server: TestAuthorizationServer,
  { provider = serverProvider(server), client = clientOf("public") }: {
    readonly provider?: OAuthProvider;
    readonly client?: OAuthClient;
  } = {},
): Promise<OAuthCredential> {
  const pending = beginAuthorization(provider, { client, redirectUri: REDIRECT_URI });
  const back = await browse(server.fetch, pending.url, {
    decision: "allow",
    destination: REDIRECT_URI,
  });
  return await finishAuthorization(pending, back.searchParams, systemOf(server));
}
