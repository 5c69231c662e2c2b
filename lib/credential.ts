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
  readonly kind: "api_key";
  readonly apiKey: Secret;
}

/** What an authorization server granted (RFC 6749, section 5.1). */
export interface OAuthCredential {
  readonly kind: "oauth2";
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  readonly idToken?: Secret;
  /** As the server said it, for example `Bearer`. */
  readonly tokenType: string;
  /** Granted, not requested. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; absent if the server gave no lifetime. */
  readonly expiresAt?: number;
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
