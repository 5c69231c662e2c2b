/**
 * What exactly is put into a request: a provider's placement filled with a credential.
 *
 * @module
 */

import { ACCESS_KEY_FORM, type AccessKey, parseAccessKey } from "./access_key.ts";
import { AuthsomeError } from "./errors.ts";
import type { HeaderField, Provider } from "./provider.ts";
import { Secret } from "./secret.ts";

/** A filled placement. `extraHeaders` are set beside it, replacing what the child sent. */
export type Injection = FieldInjection | SigningInjection;

/** A credential that signs each request instead of being part of it. */
export interface SigningInjection {
  readonly kind: "sigv4";
  readonly key: AccessKey;
  readonly extraHeaders: readonly HeaderField[];
}

/** A credential that is put into a field of the request. */
export type FieldInjection =
  | {
    readonly kind: "header";
    /** Header name in the case to send; matched case-insensitively. */
    readonly name: string;
    /** The whole header value. */
    readonly value: Secret;
    /** The credential by itself. */
    readonly secret: Secret;
    readonly extraHeaders: readonly HeaderField[];
  }
  | {
    readonly kind: "query";
    /** Parameter name, not encoded. */
    readonly name: string;
    /** Parameter value, not encoded. */
    readonly value: Secret;
    /** The credential by itself. */
    readonly secret: Secret;
    readonly extraHeaders: readonly HeaderField[];
  };

/**
 * Fills `provider`'s placement with `secret`. Basic credentials are encoded as RFC 7617 says.
 *
 * @throws {AuthsomeError} `authentication_failed` if it signs and `secret` is no access key.
 */
export function createInjection(provider: Provider, secret: Secret): Injection {
  const { placement, extraHeaders } = provider;
  switch (placement.kind) {
    case "header": {
      const value = placement.prefix === ""
        ? secret
        : new Secret(joinPrefix(placement.prefix, secret.reveal()));
      return { kind: "header", name: placement.name, value, secret, extraHeaders };
    }
    case "query":
      return { kind: "query", name: placement.name, value: secret, secret, extraHeaders };
    case "basic": {
      const fill = (part: string): string => part.replaceAll("{key}", () => secret.reveal());
      const pair = `${fill(placement.username)}:${fill(placement.password)}`;
      const value = new Secret(`Basic ${encodeBase64(pair)}`);
      return { kind: "header", name: "Authorization", value, secret, extraHeaders };
    }
    case "sigv4": {
      const key = parseAccessKey(secret);
      if (key !== undefined) return { kind: "sigv4", key, extraHeaders };
      throw noAccessKey(provider);
    }
    default:
      return placement satisfies never;
  }
}

function noAccessKey({ name, displayName }: Provider): AuthsomeError {
  const message = `The stored ${displayName} key is no access key to sign with.`;
  return new AuthsomeError("authentication_failed", message, {
    hint: `Run: authsome login ${name} --force, and write the key as ${ACCESS_KEY_FORM}`,
  });
}

/** `Bearer …`, but `Token token=…`: an auth-param takes no space (RFC 9110, section 11.2). */
function joinPrefix(prefix: string, key: string): string {
  return prefix.endsWith("=") ? prefix + key : `${prefix} ${key}`;
}

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
