/**
 * Dynamic client registration (RFC 7591): a client of our own where nobody made one by hand. The
 * login that follows is that of `pkce.ts`.
 *
 * @module
 */

import { type AuthorizationServer, dynamicClientRegistrationRequest } from "oauth4webapi";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { describeServer, type OAuthProvider, requireEndpoint } from "./endpoints.ts";
import { unreadable } from "./grant.ts";
import type { ClientAuthMethod, OAuthClient } from "./oauth_client.ts";
import {
  type FlowSystem,
  formatRefusal,
  type JsonObject,
  refusalOf,
  requestAnswer,
  requestOptions,
  textOf,
} from "./transport.ts";

/** What a client is registered with. */
export interface RegistrationOptions {
  readonly redirectUri: string;
  /** The definition's unless told otherwise. */
  readonly scopes?: readonly string[];
  /** What `{base_url}` stands for; the definition's own otherwise. */
  readonly baseUrl?: string;
  /** Discovered metadata; the definition's endpoints otherwise. */
  readonly server?: AuthorizationServer;
}

const METHODS: readonly ClientAuthMethod[] = ["none", "client_secret_post", "client_secret_basic"];

/** Whether a stored client cannot be used for a login with `redirectUri`. */
export function needsRegistration(
  client: OAuthClient | undefined,
  { redirectUri, now }: { readonly redirectUri: string; readonly now: number },
): boolean {
  if (client === undefined || client.redirectUri !== redirectUri) return true;
  return client.secretExpiresAt !== undefined && client.secretExpiresAt <= now;
}

/**
 * Registers a public client if the server takes one, else one with a secret.
 *
 * @throws {AuthsomeError} `authentication_failed` if the server refuses or answers without sense;
 * `endpoint_unreachable`; `cancelled`; `usage` if there is no registration endpoint
 */
export async function registerClient(
  provider: OAuthProvider,
  options: RegistrationOptions,
  system: FlowSystem,
): Promise<OAuthClient> {
  const { redirectUri, scopes = provider.oauth.scopes } = options;
  const server = options.server ?? describeServer(provider, options.baseUrl);
  const url = requireEndpoint(server, "registration_endpoint", provider);
  const what = `${provider.displayName}'s registration endpoint`;
  const metadata = {
    client_name: "authsome",
    application_type: "native",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: chooseMethod(provider, server),
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
  };
  const answer = await requestAnswer(
    () => dynamicClientRegistrationRequest(server, metadata, requestOptions(system, url)),
    { what, signal: system.signal },
  );
  const refusal = refusalOf(answer);
  if (refusal !== undefined) {
    const message = `${provider.displayName} registered no client (${formatRefusal(refusal, [])}).`;
    throw new AuthsomeError("authentication_failed", message, {
      hint: `Register one by hand, then: authsome login ${provider.name} --client-id ID`,
    });
  }
  const client = parseRegistration(answer.body, redirectUri);
  if (client === undefined) throw unreadable(what);
  return client;
}

function chooseMethod({ oauth }: OAuthProvider, server: AuthorizationServer): ClientAuthMethod {
  const { token_endpoint_auth_methods_supported: supported } = server;
  if (oauth.tokenEndpointAuthMethod !== undefined) return oauth.tokenEndpointAuthMethod;
  return METHODS.find((method) => supported?.includes(method)) ?? "none";
}

/** RFC 7591, section 3.2.1. The server may have changed what was asked for. */
function parseRegistration(
  body: JsonObject | undefined,
  redirectUri: string,
): OAuthClient | undefined {
  const id = textOf(body, "client_id");
  const secret = textOf(body, "client_secret");
  const named = textOf(body, "token_endpoint_auth_method");
  const authMethod = named === undefined
    ? secret === undefined ? "none" : "client_secret_basic" // RFC 7591, section 2: the default
    : METHODS.find((method) => method === named);
  if (id === undefined || authMethod === undefined) return undefined;
  if (authMethod !== "none" && secret === undefined) return undefined;
  const end = Number(body?.client_secret_expires_at);
  return {
    id,
    redirectUri,
    authMethod,
    ...(secret !== undefined && { secret: new Secret(secret) }),
    ...(end > 0 && { secretExpiresAt: end * 1000 }),
  };
}
