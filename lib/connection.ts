/**
 * A connection: a named account at a provider, holding one credential. This is the stored record,
 * the same JSON document that `get --json` shows.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";
import type { AuthType, ProviderName } from "./provider.ts";

/** A validated connection name. Made only by {@link parseConnectionName}. */
export type ConnectionName = string & { readonly __brand: "ConnectionName" };

/** A validated profile name. Made only by {@link parseProfileName}. */
export type ProfileName = string & { readonly __brand: "ProfileName" };

/** Whether a connection can be used. */
export type ConnectionStatus = "connected" | "expired" | "revoked" | "invalid";

/** The record fields that are sealed in the vault and redacted in output. */
export const SECRET_FIELDS = [
  "access_token",
  "refresh_token",
  "id_token",
  "api_key",
  "client_secret",
] as const;

/** One of {@link SECRET_FIELDS}. */
export type SecretField = typeof SECRET_FIELDS[number];

/** What a secret field shows when it is not revealed. */
export const REDACTED = "***REDACTED***";

/** A sealed field, base64 throughout; see `vault/envelope.ts`. */
export interface Envelope {
  /** Version of the envelope. */
  readonly enc: 1;
  /** The only algorithm. */
  readonly alg: "AES-256-GCM";
  /** Which data key sealed it. */
  readonly kid: string;
  /** 96 bits. */
  readonly nonce: string;
  /** As long as the secret. */
  readonly ciphertext: string;
  /** 128 bits. */
  readonly tag: string;
}

/** The stored record. Times are RFC 3339 UTC. Fields we do not know are kept as they are. */
export interface ConnectionRecord {
  /** Version of the record's shape. */
  readonly schema_version: 1;
  /** Whom the credential is for. */
  readonly provider: ProviderName;
  /** The profile it belongs to. */
  readonly profile: ProfileName;
  /** Its name, one of several at the provider. */
  readonly connection_name: ConnectionName;
  /** Which secret fields there are. */
  readonly auth_type: AuthType;
  /** Whether it can be used, as far as it is known. */
  readonly status: ConnectionStatus;
  /** Granted OAuth scopes; empty for an API key. */
  readonly scopes: readonly string[];
  /** As the authorization server said it; `null` for an API key. */
  readonly token_type: string | null;
  /** End of the access token; `null` if it has none. */
  readonly expires_at: string | null;
  /** When the person logged in. */
  readonly obtained_at: string;
  /** Address of a self-hosted or per-customer installation. */
  readonly base_url: string | null;
  /** Whose account it is, where the provider says so. */
  readonly account: { readonly id: string | null; readonly label: string | null };
  /** Facts about how it was made. */
  readonly metadata: ConnectionMetadata;
  /** Sealed API key. */
  readonly api_key?: Envelope;
  /** Sealed OAuth access token. */
  readonly access_token?: Envelope;
  /** Sealed OAuth refresh token. */
  readonly refresh_token?: Envelope;
  /** Sealed OpenID Connect ID token. */
  readonly id_token?: Envelope;
  /** Sealed OAuth client secret. */
  readonly client_secret?: Envelope;
  /** Kept as it is. */
  readonly [unknown: string]: unknown;
}

/** Facts about how the connection was made. */
export interface ConnectionMetadata {
  /**
   * The resolved `api_url` patterns the credential was obtained for. A definition that changes
   * later does not get the old credential for other hosts.
   */
  readonly api_urls: readonly string[];
  /** Kept as it is. */
  readonly [unknown: string]: unknown;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** The connection and the profile used when none is named. */
export const DEFAULT_NAME = "default";

/**
 * Reads a connection name.
 *
 * @throws {AuthsomeError} `usage` if it does not match `^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`.
 */
export function parseConnectionName(text: string): ConnectionName {
  if (NAME.test(text)) return text as ConnectionName;
  throw new AuthsomeError("usage", `'${text}' is not a connection name.`, {
    hint: "Use up to 64 letters, digits, '.', '_', '@' or '-', for example: --connection work",
  });
}

/**
 * Reads a profile name.
 *
 * @throws {AuthsomeError} `usage` if it does not match `^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`.
 */
export function parseProfileName(text: string): ProfileName {
  if (NAME.test(text)) return text as ProfileName;
  throw new AuthsomeError("usage", `'${text}' is not a profile name.`, {
    hint: "Use up to 64 letters, digits, '.', '_', '@' or '-', for example: --profile work",
  });
}
