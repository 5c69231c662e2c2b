/**
 * Refreshing an access token (RFC 6749, section 6).
 *
 * @module
 */

import { type AuthorizationServer, refreshTokenGrantRequest } from "oauth4webapi";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { describeServer, type OAuthProvider, requireEndpoint } from "./endpoints.ts";
import { describeClient, requestGrant } from "./grant.ts";
import { createClientAuth, type OAuthClient } from "./oauth_client.ts";
import { createRefusalCause, type FlowSystem, requestOptions } from "./transport.ts";

/** What a refresh needs to know of the connection. */
export interface RefreshOptions {
  readonly client: OAuthClient;
  readonly credential: OAuthCredential;
  /** The connection's name, for the command in the hint; `undefined` for the default. */
  readonly connection?: string;
  /** What `{base_url}` stands for; the definition's own otherwise. */
  readonly baseUrl?: string;
  /** Discovered metadata; the definition's endpoints otherwise. */
  readonly server?: AuthorizationServer;
  /** The protected resource the token is for (RFC 8707). */
  readonly resource?: string;
}

/** How a refresh ended. */
export type RefreshOutcome =
  /** Store it before anything else: the old refresh token may already be dead. */
  | { readonly kind: "refreshed"; readonly credential: OAuthCredential }
  /** The server will never accept the refresh token again: the connection is invalid. */
  | { readonly kind: "rejected"; readonly error: AuthsomeError }
  /** Nobody knows; the old token may be used until its end. */
  | { readonly kind: "failed"; readonly error: AuthsomeError };

/** Refusals that no repetition will change (RFC 6749, section 5.2, and GitHub's and Slack's own). */
const FINAL = [
  "invalid_grant",
  "bad_refresh_token",
  "invalid_refresh_token",
  "token_expired",
  "token_revoked",
];

/**
 * Asks for a new token. What the server does not repeat (refresh token, scopes, identity) stays as
 * it was.
 *
 * @throws {AuthsomeError} `cancelled` on the signal; `usage` if the definition lacks an endpoint.
 * Every other failure is an outcome, with code `refresh_failed`.
 */
export async function refreshCredential(
  provider: OAuthProvider,
  options: RefreshOptions,
  system: FlowSystem,
): Promise<RefreshOutcome> {
  const { client, credential, resource } = options;
  const { refreshToken } = credential;
  if (refreshToken === undefined) return withoutRefreshToken(provider, options);
  const server = options.server ?? describeServer(provider, options.baseUrl);
  const url = requireEndpoint(server, "token_endpoint", provider);
  try {
    const answer = await requestGrant({
      provider,
      client,
      scopes: credential.scopes,
      secrets: [refreshToken, credential.accessToken],
      send: () =>
        refreshTokenGrantRequest(
          server,
          describeClient(client),
          createClientAuth(client, provider.oauth),
          refreshToken.reveal(),
          {
            ...requestOptions(system, url),
            ...(resource !== undefined && { additionalParameters: { resource } }),
          },
        ),
    }, system);
    if (answer.kind === "granted") {
      return { kind: "refreshed", credential: { ...keptOf(credential), ...answer.credential } };
    }
    const final = FINAL.includes(answer.refusal.error);
    const message = final
      ? `The login to ${provider.displayName} has ended (${answer.reason}).`
      : `${provider.displayName} did not refresh the token (${answer.reason}).`;
    const cause = createRefusalCause(answer.refusal);
    const error = refreshFailed(message, loginHint(provider, options), cause);
    return { kind: final ? "rejected" : "failed", error };
  } catch (error) {
    if (!(error instanceof AuthsomeError) || error.code === "cancelled") throw error;
    return { kind: "failed", error: refreshFailed(error.message, error.hint, error) };
  }
}

function keptOf(
  { refreshToken, idToken, account }: OAuthCredential,
): Partial<OAuthCredential> {
  return {
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
    ...(account !== undefined && { account }),
  };
}

function withoutRefreshToken(provider: OAuthProvider, options: RefreshOptions): RefreshOutcome {
  const message = `The login to ${provider.displayName} has no refresh token.`;
  return { kind: "rejected", error: refreshFailed(message, loginHint(provider, options)) };
}

function refreshFailed(message: string, hint: string, cause?: unknown): AuthsomeError {
  return new AuthsomeError("refresh_failed", message, { hint, cause });
}

function loginHint({ name }: OAuthProvider, { connection }: RefreshOptions): string {
  const named = connection === undefined ? "" : ` --connection ${connection}`;
  return `authsome login ${name}${named} --force`;
}
