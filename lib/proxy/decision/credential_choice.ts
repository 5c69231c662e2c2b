/**
 * From a route to what is injected: the connection the child chose, and its credential as it is at
 * this moment.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { ConnectionName } from "../../connection.ts";
import type { HostPattern } from "../../host_pattern.ts";
import type { HostAndPort, Hostname } from "../../hostname.ts";
import type { FieldInjection, Injection } from "../../injection.ts";
import type { ProviderName } from "../../provider.ts";
import { refuse, RefusedError } from "./refusal.ts";
import type { Route } from "./route.ts";
import { type PlaceholderSource, selectedConnection } from "./selection.ts";

/** Which credential is needed, and for where. */
export interface CredentialRequest {
  readonly provider: ProviderName;
  readonly connection: ConnectionName;
  readonly host: Hostname;
  readonly port: number;
  /** Of the route that the request took: a selected connection must have been made for it too. */
  readonly pattern: HostPattern;
}

/**
 * Finds the injection for a request, as it is now.
 *
 * @throws {AuthsomeError} if the credential cannot be had; nothing is then forwarded.
 */
export type ResolveInjection = (request: CredentialRequest) => Awaitable<Injection>;

/**
 * Finds another injection after the service has answered 401 to `refused`; `undefined` if there is
 * none, and the answer is then passed on.
 */
export type RenewInjection = (refused: Injection) => Promise<Injection | undefined>;

/** Whose credential an exchange carries, for the record. */
export interface CredentialOwner {
  readonly provider: ProviderName;
  readonly connection: ConnectionName;
}

/** The connection whose credential the request asks for. @throws {AuthsomeError} `usage`. */
export function chooseOwner(route: Route, source: PlaceholderSource): CredentialOwner {
  const connection = selectedConnection(source, route.placement) ?? route.connection;
  return { provider: route.provider, connection };
}

/** What to ask {@link ResolveInjection} for. */
export function credentialRequest(
  owner: CredentialOwner,
  target: HostAndPort,
  { pattern }: Route,
): CredentialRequest {
  return { ...owner, host: target.host, port: target.port, pattern };
}

/**
 * The injection as a field, for HTTP/2, which is not offered where requests may need a signature.
 *
 * @throws {RefusedError} 501 if it is none: the request is then not forwarded at all.
 */
export function fieldInjection(injection: Injection): FieldInjection {
  if (injection.kind !== "sigv4") return injection;
  throw new RefusedError(
    refuse(501, "Requests over HTTP/2 cannot be signed.", "Use HTTP/1.1 for this host."),
  );
}
