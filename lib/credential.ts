/**
 * A credential: what the provider accepts, in memory, on its way into the vault or out of it.
 *
 * @module
 */

import type { Secret } from "./secret.ts";

/** An API key or an OAuth token set. */
export type Credential = ApiKeyCredential | OAuthCredential;

/** A long-lived key. */
export interface ApiKeyCredential {
  /** Tells it from the others. */
  readonly kind: "api_key";
  /** The key. */
  readonly apiKey: Secret;
}

/** What an authorization server granted (RFC 6749, section 5.1). */
export interface OAuthCredential {
  /** Tells it from the others. */
  readonly kind: "oauth2";
  /** What goes into requests. */
  readonly accessToken: Secret;
  /** What a new access token is had for. */
  readonly refreshToken?: Secret;
  /** Who logged in (OpenID Connect). */
  readonly idToken?: Secret;
  /** As the server said it, for example `Bearer`. */
  readonly tokenType: string;
  /** Granted, not requested. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; absent if the server gave no lifetime. */
  readonly expiresAt?: number;
  /** Whose account it is, where the provider says so. */
  readonly account?: { readonly id: string | null; readonly label: string | null };
}

/** The string that goes into requests. */
export function requestSecret(credential: Credential): Secret {
  switch (credential.kind) {
    case "api_key":
      return credential.apiKey;
    case "oauth2":
      return credential.accessToken;
    default:
      return credential satisfies never;
  }
}

/** How long before its end a token is refreshed, in milliseconds. */
export const REFRESH_AHEAD_MS = 300_000;

/** Whether a token ends within {@link REFRESH_AHEAD_MS}. One without an end never does. */
export function isStale({ expiresAt }: Pick<OAuthCredential, "expiresAt">, now: number): boolean {
  return expiresAt !== undefined && expiresAt - now <= REFRESH_AHEAD_MS;
}
