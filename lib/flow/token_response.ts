/**
 * What a token endpoint grants (RFC 6749, section 5.1), and what vendors make of that.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { isObject, type JsonObject, textOf } from "./transport.ts";

/** What an answer is read against. */
export interface GrantContext {
  /** Display name of the provider, for messages. */
  readonly providerName: string;
  /** Whose grant it must be. */
  readonly clientId: string;
  /** What was asked for: the grant, where the server does not say otherwise. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch at which the request was sent. */
  readonly now: number;
}

/** Visible ASCII: what fits into a header field. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Ten years, in seconds: what is beyond does not fit into a date. */
const LONGEST_LIFETIME = 315_360_000;

/** Kinds of token that a plain header cannot carry (RFC 9449; the MAC draft). */
const BOUND_TYPES = ["dpop", "mac"];

/**
 * Reads a grant.
 *
 * @throws {AuthsomeError} `authentication_failed` if there is no token that can be used
 */
export function parseTokenResponse(body: JsonObject, context: GrantContext): OAuthCredential {
  const grant = innermost(body);
  const accessToken = textOf(grant, "access_token");
  const tokenType = textOf(grant, "token_type") ?? "Bearer";
  if (accessToken === undefined || !TOKEN.test(accessToken)) {
    throw refuse(context, "sent no access token");
  }
  if (BOUND_TYPES.includes(tokenType.toLowerCase())) {
    throw refuse(context, `sent a ${tokenType} token, which a proxy cannot use`);
  }
  const refreshToken = textOf(grant, "refresh_token");
  const idToken = textOf(grant, "id_token");
  const lifetime = Math.min(Number(grant.expires_in), LONGEST_LIFETIME);
  const account = accountOf(body, idToken, context.clientId);
  return {
    kind: "oauth2",
    accessToken: new Secret(accessToken),
    ...(refreshToken !== undefined && { refreshToken: new Secret(refreshToken) }),
    ...(idToken !== undefined && { idToken: new Secret(idToken) }),
    tokenType,
    scopes: parseScopes(grant.scope) ?? context.scopes,
    ...(lifetime > 0 && { expiresAt: context.now + lifetime * 1000 }),
    ...(account !== undefined && { account }),
  };
}

function refuse({ providerName }: GrantContext, what: string): AuthsomeError {
  return new AuthsomeError("authentication_failed", `${providerName} ${what}.`, {
    hint: "Check the app's settings at the provider, then log in again.",
  });
}

/** Slack keeps the grant of a person under `authed_user` where the app itself got none. */
function innermost(body: JsonObject): JsonObject {
  const { authed_user: nested } = body;
  return textOf(body, "access_token") === undefined && isObject(nested) ? nested : body;
}

/** Scopes are parted by spaces; GitHub and Slack part them by commas, some send a list. */
function parseScopes(scope: unknown): readonly string[] | undefined {
  if (Array.isArray(scope)) return scope.filter((part) => typeof part === "string");
  return typeof scope === "string"
    ? scope.split(/[\s,]+/).filter((part) => part !== "")
    : undefined;
}

type Account = NonNullable<OAuthCredential["account"]>;

/** Whose account it is, where the answer says so. For display only, so nothing is verified. */
function accountOf(
  body: JsonObject,
  idToken: string | undefined,
  clientId: string,
): Account | undefined {
  const claims = idToken === undefined ? undefined : claimsOf(idToken);
  if (claims !== undefined && isFor(claims, clientId)) {
    const label = textOf(claims, "email") ?? textOf(claims, "preferred_username") ??
      textOf(claims, "name");
    return { id: textOf(claims, "sub") ?? null, label: label ?? null };
  }
  return vendorAccount(body);
}

/** Slack and Notion name the workspace, GitHub nobody. */
function vendorAccount(body: JsonObject): Account | undefined {
  const team = isObject(body.team) ? body.team : undefined;
  const user = isObject(body.authed_user) ? body.authed_user : undefined;
  const id = textOf(user, "id") ?? textOf(body, "workspace_id") ?? textOf(body, "account_id");
  const label = textOf(team, "name") ?? textOf(body, "workspace_name");
  return id === undefined && label === undefined ? undefined : {
    id: id ?? null,
    label: label ?? null,
  };
}

/** The claims of a JWT (RFC 7519), unverified. */
function claimsOf(token: string): JsonObject | undefined {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const claims: unknown = JSON.parse(payload);
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isFor({ aud }: JsonObject, clientId: string): boolean {
  return Array.isArray(aud) ? aud.includes(clientId) : aud === clientId;
}
