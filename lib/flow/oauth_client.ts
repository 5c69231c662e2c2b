/**
 * An OAuth client: who we are to an authorization server, and how we prove it.
 *
 * @module
 */

import type { ClientAuth } from "oauth4webapi";
import { AuthsomeError } from "../errors.ts";
import type { OAuthSettings, Provider } from "../provider.ts";
import { Secret } from "../secret.ts";

/** How a client proves itself at the token endpoint (RFC 7591, section 2). */
export type ClientAuthMethod = NonNullable<OAuthSettings["tokenEndpointAuthMethod"]>;

/** A client that a person or {@link registerClient} made. Shared by a provider's connections. */
export interface OAuthClient {
  readonly id: string;
  /** Absent for a public client. */
  readonly secret?: Secret;
  /** Set by dynamic registration; otherwise the definition and the secret decide. */
  readonly authMethod?: ClientAuthMethod;
  /** Milliseconds since the epoch at which the secret ends (RFC 7591, section 3.2.1). */
  readonly secretExpiresAt?: number;
  /** The redirect URI it was registered with, if we registered it. */
  readonly redirectUri?: string;
}

/** Visible ASCII (RFC 6749, appendix A.1 and A.2, less the space). */
const VISIBLE = /^[\x21-\x7e]{1,4096}$/;

/**
 * Reads what a person entered or a variable held. Both parts are trimmed at their ends.
 *
 * @param secret empty or absent for a public client
 * @throws {AuthsomeError} `authentication_failed` if the id is missing or a part holds white space
 * or anything outside ASCII. Neither is quoted.
 */
export function parseOAuthClient(
  provider: Pick<Provider, "displayName">,
  parts: { readonly id: string; readonly secret?: string },
): OAuthClient {
  const id = parts.id.trim();
  const secret = parts.secret?.trim() ?? "";
  const hint = `Copy it again from your app at ${provider.displayName}.`;
  if (id === "") {
    throw new AuthsomeError("authentication_failed", "The client ID is empty.", { hint });
  }
  for (const [name, text] of [["ID", id], ["secret", secret]] as const) {
    if (text === "" || VISIBLE.test(text)) continue;
    const message = `The client ${name} has a space, a control character or is too long.`;
    throw new AuthsomeError("authentication_failed", message, { hint });
  }
  return { id, ...(secret !== "" && { secret: new Secret(secret) }) };
}

/** Puts the client into a request to the token, device or revocation endpoint. */
export function createClientAuth(client: OAuthClient, settings: OAuthSettings): ClientAuth {
  const method = settings.tokenEndpointAuthMethod ?? client.authMethod ??
    (client.secret === undefined ? "none" : "client_secret_post");
  const secret = client.secret?.reveal() ?? "";
  return (_server, _client, body, headers) => {
    if (method === "client_secret_basic") {
      headers.set("authorization", `Basic ${btoa(`${encode(client.id)}:${encode(secret)}`)}`);
      return;
    }
    body.set("client_id", client.id);
    if (method === "client_secret_post" && secret !== "") body.set("client_secret", secret);
  };
}

/**
 * Form-encodes one part of a Basic credential (RFC 6749, section 2.3.1), and no more: servers that
 * do not decode, of which there are some, then still read the usual identifiers right.
 */
function encode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
