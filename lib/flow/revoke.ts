/**
 * Revoking tokens at the provider (RFC 7009).
 *
 * @module
 */

import { type AuthorizationServer, revocationRequest } from "oauth4webapi";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { describeServer, type OAuthProvider, requireEndpoint } from "./endpoints.ts";
import { describeClient } from "./grant.ts";
import { createClientAuth, type OAuthClient } from "./oauth_client.ts";
import {
  type FlowSystem,
  formatRefusal,
  refusalOf,
  requestAnswer,
  requestOptions,
} from "./transport.ts";

/** What a revocation needs to know of the connection. */
export interface RevokeOptions {
  readonly client: OAuthClient;
  readonly credential: OAuthCredential;
  /** What `{base_url}` stands for; the definition's own otherwise. */
  readonly baseUrl?: string;
  /** Discovered metadata; the definition's endpoints otherwise. */
  readonly server?: AuthorizationServer;
}

/** How a revocation ended. The local record can go in every case. */
export type RevokeOutcome =
  | { readonly kind: "revoked" }
  /** The provider has no endpoint for it. */
  | { readonly kind: "unsupported" }
  /** At least one token may still be good. */
  | { readonly kind: "failed"; readonly error: AuthsomeError };

/**
 * Revokes the refresh token first, because servers end its access tokens with it, then the access
 * token.
 *
 * @throws {AuthsomeError} `cancelled` on the signal
 */
export async function revokeCredential(
  provider: OAuthProvider,
  options: RevokeOptions,
  system: FlowSystem,
): Promise<RevokeOutcome> {
  const server = options.server ?? describeServer(provider, options.baseUrl);
  if (server.revocation_endpoint === undefined) return { kind: "unsupported" };
  const { refreshToken, accessToken } = options.credential;
  const tokens: readonly OneToken[] = [
    ...(refreshToken === undefined
      ? []
      : [{ token: refreshToken, hint: "refresh_token", optional: false }]),
    { token: accessToken, hint: "access_token", optional: refreshToken !== undefined },
  ];
  const secrets = [refreshToken, accessToken, options.client.secret];
  let failure: AuthsomeError | undefined;
  for (const token of tokens) {
    const context = { provider, server, client: options.client, secrets, system };
    const failed = await revokeToken(token, context);
    failure ??= failed;
  }
  return failure === undefined ? { kind: "revoked" } : { kind: "failed", error: failure };
}

interface OneToken {
  readonly token: Secret;
  /** `token_type_hint` (RFC 7009, section 2.1). */
  readonly hint: string;
  /** Whether a server may know no such revocation, because the token ends with another. */
  readonly optional: boolean;
}

interface RevokeContext {
  readonly provider: OAuthProvider;
  readonly server: AuthorizationServer;
  readonly client: OAuthClient;
  /** What no message repeats. */
  readonly secrets: readonly (Secret | undefined)[];
  readonly system: FlowSystem;
}

/** Why the token may still be good, or `undefined`. */
async function revokeToken(
  { token, hint, optional }: OneToken,
  { provider, server, client, secrets, system }: RevokeContext,
): Promise<AuthsomeError | undefined> {
  const url = requireEndpoint(server, "revocation_endpoint", provider);
  const what = `${provider.displayName}'s revocation endpoint`;
  try {
    const answer = await requestAnswer(
      () =>
        revocationRequest(
          server,
          describeClient(client),
          createClientAuth(client, provider.oauth),
          token.reveal(),
          {
            ...requestOptions(system, url),
            additionalParameters: { token_type_hint: hint },
          },
        ),
      { what, signal: system.signal },
    );
    const refusal = refusalOf(answer);
    if (refusal === undefined) return undefined;
    if (optional && refusal.error === "unsupported_token_type") return undefined;
    const reason = formatRefusal(refusal, secrets);
    const message = `${provider.displayName} did not revoke the token (${reason}).`;
    return new AuthsomeError("authentication_failed", message, {
      hint: `Take the access away in your settings at ${provider.displayName}.`,
    });
  } catch (error) {
    if (error instanceof AuthsomeError && error.code !== "cancelled") return error;
    throw error;
  }
}
