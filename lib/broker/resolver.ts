/**
 * Turns a connection into what is injected for it, always from the vault as it is now.
 *
 * Theory of operation: a proxied request may follow a change made by another process a moment
 * earlier, so nothing is trusted longer than the vault's data version, one cheap number that SQLite
 * changes with every commit. While it stands still the filled injection is reused.
 *
 * @module
 */

import type { ConnectionName, ConnectionRecord } from "../connection.ts";
import { requestSecret } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { matchHost, parseHostPattern } from "../host_pattern.ts";
import type { Hostname } from "../hostname.ts";
import { createInjection, type Injection } from "../injection.ts";
import type { ProviderName } from "../provider.ts";
import type { Broker } from "./broker.ts";
import { createFreshen, type Freshen, isDue } from "./freshness.ts";
import { describe, loginCommand, notConnected, usablePatterns } from "./route_plan.ts";

/** Which connection, for a request to where. */
export interface InjectionRequest {
  readonly provider: ProviderName;
  readonly connection: ConnectionName;
  readonly host: Hostname;
  readonly port: number;
}

/** Finds the injection for a request. */
export type Resolver = (request: InjectionRequest) => Promise<Injection>;

/** Makes the resolver of a run. */
export function createResolver(broker: Broker): Resolver {
  const freshen = createFreshen(broker);
  const cache = new Map<string, Resolved>();
  let version: number | undefined;
  return async (request) => {
    const now = broker.vault.dataVersion();
    if (now !== version) cache.clear();
    version = now;
    const key = `${request.provider} ${request.connection} ${request.host}:${request.port}`;
    const known = cache.get(key);
    if (known !== undefined && !isDue(known.record, broker.now())) return known.injection;
    const resolved = await resolveInjection(broker, request, freshen);
    cache.set(key, resolved);
    return resolved.injection;
  };
}

interface Resolved {
  readonly record: ConnectionRecord;
  readonly injection: Injection;
}

/**
 * Reads the connection, refreshes it if need be, and fills its provider's placement.
 *
 * @throws {AuthsomeError} `connection_not_found` if it is gone or not made for this host;
 * `refresh_failed` if it is expired; `vault_unavailable` if it cannot be unsealed.
 */
async function resolveInjection(
  broker: Broker,
  request: InjectionRequest,
  freshen: Freshen,
): Promise<Resolved> {
  const { provider: name, connection } = request;
  const found = broker.vault.connection(broker.profile, name, connection);
  if (found === undefined) throw notConnected(name, connection);
  const provider = broker.registry.get(name);
  const allowed = usablePatterns(provider, found).map(parseHostPattern);
  if (!allowed.some((pattern) => matchHost(pattern, request))) throw wrongHost(found, request);
  const record = await freshen(found);
  const secret = requestSecret(broker.vault.credential(record));
  return { record, injection: createInjection(provider, secret) };
}

function wrongHost(record: ConnectionRecord, request: InjectionRequest): AuthsomeError {
  const message = `${describe(record)} was not made for ${request.host}.`;
  return new AuthsomeError("connection_not_found", message, {
    hint: `Run: ${loginCommand(record.provider, record.connection_name)} --force`,
  });
}
