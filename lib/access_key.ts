/**
 * An access key for signed requests: an identifier, the secret that signs, and for temporary
 * credentials a session token. It is stored as one text, `id:secret` or `id:secret:token`.
 *
 * @module
 */

import { Secret } from "./secret.ts";

/** What AWS and services like it sign with. */
export interface AccessKey {
  /** Travels in every request; names the key without being one. */
  readonly id: string;
  readonly secret: Secret;
  /** Travels beside the signatures of temporary credentials. */
  readonly sessionToken?: Secret;
}

/** A part of an access key, as definitions name it in `export.env`. */
export type AccessKeyField = "access_key_id" | "secret_access_key" | "session_token";

/** The parts, in the order of the text. */
export const ACCESS_KEY_FIELDS: readonly AccessKeyField[] = [
  "access_key_id",
  "secret_access_key",
  "session_token",
];

/** How the text is written, for people. */
export const ACCESS_KEY_FORM = "<access key ID>:<secret access key>[:<session token>]";

/** An identifier stands in headers between `=`, `/` and `,`. */
const ACCESS_KEY = /^([A-Za-z0-9_.-]+):([^:]+)(?::([^:]+))?$/;

/** Reads an access key. @returns `undefined` if the text is not one. */
export function parseAccessKey(text: Secret): AccessKey | undefined {
  const [, id, secret, token] = ACCESS_KEY.exec(text.reveal()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const key = { id, secret: new Secret(secret) };
  return token === undefined ? key : { ...key, sessionToken: new Secret(token) };
}

/** One part by its name, or `undefined` for the token of a key that has none. */
export function accessKeyPart(key: AccessKey, field: AccessKeyField): Secret | undefined {
  switch (field) {
    case "access_key_id":
      return new Secret(key.id);
    case "secret_access_key":
      return key.secret;
    case "session_token":
      return key.sessionToken;
    default:
      return field satisfies never;
  }
}
