/**
 * The authorization code flow with PKCE (RFC 6749, section 4.1; RFC 7636) for a native client on a
 * loopback redirect (RFC 8252).
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import {
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  type AuthorizationServer,
  nopkce,
  validateAuthResponse,
} from "oauth4webapi";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { describeServer, type OAuthProvider, requireEndpoint } from "./endpoints.ts";
import { describeClient, requestGrant } from "./grant.ts";
import { createClientAuth, type OAuthClient } from "./oauth_client.ts";
import { createRefusalCause, type FlowSystem, formatRefusal, requestOptions } from "./transport.ts";

/** What an authorization is asked for with. */
export interface AuthorizationOptions {
  readonly client: OAuthClient;
  /** Where the browser comes back to; exactly as registered. */
  readonly redirectUri: string;
  /** The definition's unless told otherwise. */
  readonly scopes?: readonly string[];
  /** What `{base_url}` stands for; the definition's own otherwise. */
  readonly baseUrl?: string;
  /** Discovered metadata; the definition's endpoints otherwise. */
  readonly server?: AuthorizationServer;
  /** The protected resource the token is for (RFC 8707), where the server was found through it. */
  readonly resource?: string;
}

/** A trip of the browser to the provider that has not ended yet. */
export interface PendingAuthorization {
  /** Where the browser goes. Holds no secret: the challenge is a hash. */
  readonly url: URL;
  /** What the browser must bring back. */
  readonly state: string;
  /** Proves at the token endpoint that it was us who asked. Absent where a vendor knows no PKCE. */
  readonly verifier?: Secret;
  readonly provider: OAuthProvider;
  readonly server: AuthorizationServer;
  /** Whether the server named its issuer itself, rather than a definition its endpoints. */
  readonly discovered: boolean;
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly resource?: string;
}

/**
 * Prepares the trip: a fresh state and verifier, and the address to open.
 *
 * @throws {AuthsomeError} `usage` if the definition lacks the authorization endpoint or a base URL
 */
export function beginAuthorization(
  provider: OAuthProvider,
  options: AuthorizationOptions,
): PendingAuthorization {
  const { client, redirectUri, resource, scopes = provider.oauth.scopes } = options;
  const server = options.server ?? describeServer(provider, options.baseUrl);
  const url = requireEndpoint(server, "authorization_endpoint", provider);
  requireEndpoint(server, "token_endpoint", provider);
  const state = randomText();
  const verifier = provider.oauth.pkce ? new Secret(randomText()) : undefined;
  const parameters = {
    ...provider.oauth.authorizationParams,
    response_type: "code",
    client_id: client.id,
    redirect_uri: redirectUri,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    state,
    ...(verifier !== undefined && {
      code_challenge: challengeOf(verifier),
      code_challenge_method: "S256",
    }),
    ...(resource !== undefined && { resource }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return {
    url,
    state,
    ...(verifier !== undefined && { verifier }),
    provider,
    server,
    discovered: options.server !== undefined,
    client,
    redirectUri,
    scopes,
    ...(resource !== undefined && { resource }),
  };
}

/** 256 bits: within the 43 to 128 characters of RFC 7636, section 4.1. */
function randomText(): string {
  return randomBytes(32).toString("base64url");
}

/** RFC 7636, section 4.2. */
function challengeOf(verifier: Secret): string {
  return createHash("sha256").update(verifier.reveal(), "ascii").digest("base64url");
}

/**
 * Ends the trip: checks what the browser brought back and asks for the tokens.
 *
 * @param answer the query of the redirect
 * @throws {AuthsomeError} `authentication_failed` if consent was denied, the answer is another
 * login's or another server's (RFC 9207), or no token was granted; `endpoint_unreachable`;
 * `cancelled`
 */
export async function finishAuthorization(
  pending: PendingAuthorization,
  answer: URLSearchParams,
  system: FlowSystem,
): Promise<OAuthCredential> {
  const { provider, client, scopes, redirectUri, verifier, resource } = pending;
  const parameters = checkAnswer(pending, answer);
  const server = pending.server;
  const url = requireEndpoint(server, "token_endpoint", provider);
  const code = parameters.get("code");
  const granted = await requestGrant({
    provider,
    client,
    scopes,
    secrets: [verifier, code === null ? undefined : new Secret(code)].filter((secret) =>
      secret !== undefined
    ),
    send: () =>
      authorizationCodeGrantRequest(
        server,
        describeClient(client),
        createClientAuth(client, provider.oauth),
        parameters,
        redirectUri,
        verifier?.reveal() ?? nopkce,
        {
          ...requestOptions(system, url),
          ...(resource !== undefined && { additionalParameters: { resource } }),
        },
      ),
  }, system);
  if (granted.kind === "granted") return granted.credential;
  throw new AuthsomeError(
    "authentication_failed",
    `${provider.displayName} granted no token (${granted.reason}).`,
    {
      hint: `Check the client ID and secret, then: authsome login ${provider.name} --force`,
      cause: createRefusalCause(granted.refusal),
    },
  );
}

/** What `validateAuthResponse` returns: parameters that were checked. */
function checkAnswer(pending: PendingAuthorization, answer: URLSearchParams): URLSearchParams {
  const { client, state, provider } = pending;
  try {
    const server = withIssuer(pending, answer.get("iss"));
    const parameters = validateAuthResponse(server, describeClient(client), answer, state);
    const [code, second] = parameters.getAll("code");
    if (code && second === undefined) return parameters; // RFC 6749, section 3.1: once at most
  } catch (error) {
    if (error instanceof AuthorizationResponseError) throw denied(pending, error);
    throw foreign(provider, error);
  }
  throw foreign(provider, undefined);
}

/**
 * A definition knows no issuer, so an `iss` in the answer only has to be of the origin the browser
 * was sent to; discovered metadata names the issuer itself.
 */
function withIssuer(
  { server, discovered, url }: PendingAuthorization,
  issuer: string | null,
): AuthorizationServer {
  if (discovered || issuer === null || !URL.canParse(issuer)) return server;
  return new URL(issuer).origin === url.origin ? { ...server, issuer } : server;
}

function denied(
  { provider, client }: PendingAuthorization,
  { error, error_description }: AuthorizationResponseError,
): AuthsomeError {
  const { displayName, name } = provider;
  const hint = `To try again: authsome login ${name}`;
  if (error === "access_denied") {
    const message = `Access to ${displayName} was denied.`;
    return new AuthsomeError("authentication_failed", message, { hint });
  }
  const reason = formatRefusal({ error, description: error_description ?? "" }, [client.secret]);
  const message = `${displayName} refused the login (${reason}).`;
  const cause = createRefusalCause({ error });
  return new AuthsomeError("authentication_failed", message, { hint, cause });
}

function foreign({ displayName, name }: OAuthProvider, cause: unknown): AuthsomeError {
  const message = `The answer does not belong to this login to ${displayName}.`;
  return new AuthsomeError("authentication_failed", message, {
    hint: `Nothing was saved. To try again: authsome login ${name}`,
    cause,
  });
}
