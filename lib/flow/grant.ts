/**
 * Asks a token endpoint for a grant and reads the answer, whichever way leads there.
 *
 * @module
 */

import type { Client } from "oauth4webapi";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { OAuthProvider } from "./endpoints.ts";
import type { OAuthClient } from "./oauth_client.ts";
import { parseTokenResponse } from "./token_response.ts";
import {
  type FlowSystem,
  formatRefusal,
  refusalOf,
  requestAnswer,
  type ServerRefusal,
} from "./transport.ts";

/** What a request for a grant is about. */
export interface GrantRequest {
  readonly provider: OAuthProvider;
  readonly client: OAuthClient;
  /** What was asked for. */
  readonly scopes: readonly string[];
  /** Secrets that the request carries; no message repeats them. */
  readonly secrets: readonly Secret[];
  /** Sends the request. */
  send(): Promise<Response>;
}

/** The answer: a credential, or why there is none. */
export type GrantAnswer =
  | { readonly kind: "granted"; readonly credential: OAuthCredential }
  | {
    readonly kind: "refused";
    readonly refusal: ServerRefusal;
    /** The refusal as one clean line. */
    readonly reason: string;
  };

/**
 * Sends a request to the token endpoint.
 *
 * @throws {AuthsomeError} `endpoint_unreachable` if there is no answer, `authentication_failed` if
 * it makes no sense, `cancelled` on the signal
 */
export async function requestGrant(
  { provider, client, scopes, secrets, send }: GrantRequest,
  { now, signal }: FlowSystem,
): Promise<GrantAnswer> {
  const providerName = provider.displayName;
  const sentAt = now();
  const answer = await requestAnswer(send, { what: `${providerName}'s token endpoint`, signal });
  const refusal = refusalOf(answer);
  if (refusal !== undefined) {
    const reason = formatRefusal(refusal, [client.secret, ...secrets]);
    return { kind: "refused", refusal, reason };
  }
  if (answer.body === undefined) throw unreadable(`${providerName}'s token endpoint`);
  const context = { providerName, clientId: client.id, scopes, now: sentAt };
  return { kind: "granted", credential: parseTokenResponse(answer.body, context) };
}

/** The error for an answer that is neither a grant nor a refusal. */
export function unreadable(what: string): AuthsomeError {
  return new AuthsomeError("authentication_failed", `${what} sent an answer without sense.`, {
    hint: "Check the addresses in the provider's definition.",
  });
}

/** The client as `oauth4webapi` wants it. */
export function describeClient({ id }: OAuthClient): Client {
  return { client_id: id };
}
