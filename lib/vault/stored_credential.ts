/**
 * The credential that a stored connection holds.
 *
 * @module
 */

import type { ConnectionRecord, SecretField } from "../connection.ts";
import type { Credential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** Opens one field of the record at hand; `undefined` if it has none. */
export type FieldOpener = (field: SecretField) => Secret | undefined;

/**
 * Opens what a record's provider accepts.
 *
 * @throws {AuthsomeError} `connection_not_found` if the record lacks the secret its type needs.
 */
export function openCredential(record: ConnectionRecord, open: FieldOpener): Credential {
  switch (record.auth_type) {
    case "api_key":
      return { kind: "api_key", apiKey: requireSecret(record, "api_key", open) };
    case "oauth2": {
      const refreshToken = open("refresh_token");
      const idToken = open("id_token");
      return {
        kind: "oauth2",
        accessToken: requireSecret(record, "access_token", open),
        tokenType: record.token_type ?? "Bearer",
        scopes: record.scopes,
        account: record.account,
        ...(refreshToken === undefined ? {} : { refreshToken }),
        ...(idToken === undefined ? {} : { idToken }),
        ...(record.expires_at === null ? {} : { expiresAt: Date.parse(record.expires_at) }),
      };
    }
    default:
      return record.auth_type satisfies never;
  }
}

function requireSecret(record: ConnectionRecord, field: SecretField, open: FieldOpener): Secret {
  const secret = open(field);
  if (secret !== undefined) return secret;
  const { provider, connection_name: name } = record;
  const message = `${provider} (${name}) holds no ${field}.`;
  throw new AuthsomeError("connection_not_found", message, {
    hint: `Run: authsome login ${provider} --connection ${name} --force`,
  });
}
