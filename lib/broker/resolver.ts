/**
 * Turns a connection into what is injected for it, always from the vault as it is now.
 *
 * Theory of operation: a proxied request may follow a change made by another process a moment
 * earlier, so nothing is trusted longer than the vault's data version, one cheap number that SQLite
 * changes with every commit. While it stands still the filled injection is reused.
 *
 * @module
 */

import type { Awaitable } from "../awaitable.ts";
import type { ConnectionName, ConnectionRecord } from "../connection.ts";
import { requestSecret } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { type HostPattern, matchHost, parseHostPattern } from "../host_pattern.ts";
import type { Hostname } from "../hostname.ts";
import { createInjection, type Injection } from "../injection.ts";
import type { ProviderName } from "../provider.ts";
import type { Broker } from "./broker.ts";
import { statusOf } from "./connections.ts";
import { createFreshen, type Freshen, isDue, replaceRefused } from "./freshness.ts";
import { describe, loginCommand, notConnected, patternKey, usablePatterns } from "./route_plan.ts";

/** Which connection, for a request to where. */
export interface InjectionRequest {
  readonly provider: ProviderName;
  readonly connection: ConnectionName;
  readonly host: Hostname;
  readonly port: number;
  /** Of the route that the request took. */
  readonly pattern: HostPattern;
}

/**
 * How long after a service refused a token the next refusal is believed without a refresh, in
 * milliseconds: a service may also refuse because the account lacks a right.
 */
const REFUSAL_GAP_MS = 60_000;

/** What a run's proxy asks for. */
export interface Resolver {
  /** Finds the injection for a request; at once if it is known and still good. */
  resolve(request: InjectionRequest): Awaitable<Injection>;
  /** Another injection after a service refused one, if a refresh gives one. */
  renew(refused: Injection): Promise<Injection | undefined>;
}

/** How long the vault's data version is believed, in milliseconds: it costs as much as a write. */
const VERSION_MS = 1;

/** The vault's data version, read once a millisecond however many requests there are. */
function createVersionCheck({ vault }: Broker): () => number {
  let readAt = -Infinity;
  let version = 0;
  return () => {
    const now = performance.now();
    if (now - readAt < VERSION_MS) return version;
    readAt = now;
    return version = vault.dataVersion();
  };
}

/** Makes the resolver of a run. */
export function createResolver(broker: Broker): Resolver {
  const freshen = createFreshen(broker);
  const cache = new Map<string, Resolved>();
  const given = new WeakMap<Injection, Resolved>();
  const refusedAt = new Map<string, number>();
  const currentVersion = createVersionCheck(broker);
  let version: number | undefined;
  /** What was asked for last, which is mostly what is asked for next. */
  let last: Resolved | undefined;
  return {
    resolve: (request) => {
      const now = currentVersion();
      if (now !== version) cache.clear();
      if (now !== version || last === undefined || !isSame(last.request, request)) {
        last = cache.get(keyOf(request));
      }
      version = now;
      if (last !== undefined && isFresh(last.record, broker.now())) return last.injection;
      const key = keyOf(request);
      return resolveInjection(broker, request, freshen).then((resolved) => {
        given.set(resolved.injection, resolved);
        last = undefined;
        // Nobody has changed anything while we waited.
        if (broker.vault.dataVersion() === now) cache.set(key, resolved);
        return resolved.injection;
      });
    },
    renew: async (refused) => {
      const used = given.get(refused);
      if (used?.record.refresh_token === undefined) return undefined;
      try {
        const fresh = await renewRecord(broker, used.record, refusedAt);
        if (fresh === undefined) return undefined;
        const resolved = fill(broker, fresh, used.request);
        given.set(resolved.injection, resolved);
        return resolved.injection;
      } catch (error) {
        if (error instanceof AuthsomeError) return undefined; // the refusal is passed on
        throw error;
      }
    },
  };
}

interface Resolved {
  readonly request: InjectionRequest;
  readonly record: ConnectionRecord;
  readonly injection: Injection;
}

function isFresh(record: ConnectionRecord, now: number): boolean {
  return !isDue(record, now) && statusOf(record, now) === "connected";
}

async function renewRecord(
  broker: Broker,
  record: ConnectionRecord,
  refusedAt: Map<string, number>,
): Promise<ConnectionRecord | undefined> {
  const { provider, connection_name: name } = record;
  const key = `${provider} ${name}`;
  const current = broker.vault.connection(broker.profile, provider, name);
  const isCurrent = JSON.stringify(current?.access_token) === JSON.stringify(record.access_token);
  const now = broker.now();
  if (isCurrent && now - (refusedAt.get(key) ?? -Infinity) < REFUSAL_GAP_MS) return undefined;
  try {
    return await replaceRefused(broker, record);
  } finally {
    refusedAt.set(key, now); // only now: others that were refused at the same time share this one
  }
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
  assertMadeFor(broker, found, request);
  // Another terminal may have changed the key since the run began.
  await broker.unlock();
  return fill(broker, await freshen(found), request);
}

/** What came back from a refresh may be another login's: it is checked like the first. */
function fill(broker: Broker, record: ConnectionRecord, request: InjectionRequest): Resolved {
  assertMadeFor(broker, record, request);
  const secret = requestSecret(broker.vault.credential(record));
  const injection = createInjection(broker.registry.get(record.provider), secret);
  return { request, record, injection };
}

/** The connection's own patterns must include the one that brought the request here. */
function assertMadeFor(broker: Broker, record: ConnectionRecord, request: InjectionRequest): void {
  const provider = broker.registry.get(record.provider);
  const wanted = patternKey(request.pattern);
  const isMadeFor = usablePatterns(provider, record)
    .map(parseHostPattern)
    .some((pattern) => patternKey(pattern) === wanted && matchHost(pattern, request));
  if (!isMadeFor) throw wrongHost(record, request);
}

function isSame(one: InjectionRequest, other: InjectionRequest): boolean {
  return one.pattern === other.pattern && one.provider === other.provider &&
    one.connection === other.connection && one.host === other.host && one.port === other.port;
}

function keyOf({ provider, connection, host, port, pattern }: InjectionRequest): string {
  return `${provider} ${connection} ${host}:${port} ${patternKey(pattern)}`;
}

function wrongHost(record: ConnectionRecord, request: InjectionRequest): AuthsomeError {
  const message = `${describe(record)} was not made for ${request.host}.`;
  return new AuthsomeError("connection_not_found", message, {
    hint: `Run: ${loginCommand(record.provider, record.connection_name)} --force`,
  });
}
