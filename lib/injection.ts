/**
 * What exactly is put into a request: a provider's placement filled with a credential.
 *
 * @module
 */

import type { HeaderField, Provider } from "./provider.ts";
import { Secret } from "./secret.ts";

/** A filled placement. `extraHeaders` are set beside it, replacing what the child sent. */
export type Injection =
  | {
    readonly kind: "header";
    /** Header name in the case to send; matched case-insensitively. */
    readonly name: string;
    /** The whole header value. */
    readonly value: Secret;
    readonly extraHeaders: readonly HeaderField[];
  }
  | {
    readonly kind: "query";
    /** Parameter name, not encoded. */
    readonly name: string;
    /** Parameter value, not encoded. */
    readonly value: Secret;
    readonly extraHeaders: readonly HeaderField[];
  };

/** Fills `provider`'s placement with `secret`. Basic credentials are encoded as RFC 7617 says. */
export function createInjection(provider: Provider, secret: Secret): Injection {
  const { placement, extraHeaders } = provider;
  switch (placement.kind) {
    case "header": {
      const value = placement.prefix === ""
        ? secret
        : new Secret(joinPrefix(placement.prefix, secret.reveal()));
      return { kind: "header", name: placement.name, value, extraHeaders };
    }
    case "query":
      return { kind: "query", name: placement.name, value: secret, extraHeaders };
    case "basic": {
      const fill = (part: string): string => part.replaceAll("{key}", () => secret.reveal());
      const pair = `${fill(placement.username)}:${fill(placement.password)}`;
      const value = new Secret(`Basic ${encodeBase64(pair)}`);
      return { kind: "header", name: "Authorization", value, extraHeaders };
    }
    default:
      return placement satisfies never;
  }
}

/** `Bearer …`, but `Token token=…`: an auth-param takes no space (RFC 9110, section 11.2). */
function joinPrefix(prefix: string, key: string): string {
  return prefix.endsWith("=") ? prefix + key : `${prefix} ${key}`;
}

function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
