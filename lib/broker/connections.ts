/**
 * Reading connections the way every command does: which one is meant, and how it fares.
 *
 * @module
 */

import {
  type ConnectionName,
  type ConnectionRecord,
  type ConnectionStatus,
  parseConnectionName,
  REDACTED,
  SECRET_FIELDS,
} from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { parseProviderName, type ProviderName } from "../provider.ts";
import { nearestName } from "../suggestion.ts";
import type { Broker } from "./broker.ts";
import { notConnected } from "./route_plan.ts";

/** A connection as `list` shows it. */
export interface ConnectionSummary {
  /** Its name, one of several at the provider. */
  readonly name: ConnectionName;
  /** Whether it is used when none is named. */
  readonly default: boolean;
  /** Whether it can be used. */
  readonly status: ConnectionStatus;
  /** RFC 3339 UTC. */
  readonly expires_at: string | null;
  /** Granted OAuth scopes. */
  readonly scopes: readonly string[];
}

/** Longest unknown name that an error repeats: a longer one may be a pasted secret. */
const LONGEST_ECHO = 16;

/**
 * Reads the name of a provider that is known here, or was when a connection was made.
 *
 * @throws {AuthsomeError} `provider_not_found`, with the nearest name there is.
 */
export function parseKnownProvider(broker: Broker, text: string): ProviderName {
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(text)) {
    const name = parseProviderName(text);
    if (broker.registry.entry(name) !== undefined) return name;
    if (broker.vault.connections(broker.profile, name).length > 0) return name;
  }
  const near = nearestName(text, broker.registry.entries().map((entry) => entry.name));
  const message = text.length <= LONGEST_ECHO
    ? `There is no provider named '${text}'.`
    : "There is no provider of that name.";
  throw new AuthsomeError("provider_not_found", message, {
    hint: near === undefined
      ? "See all providers: authsome list"
      : `Did you mean '${near}'? See all providers: authsome list`,
  });
}

/**
 * The connection that is meant: the named one, or the provider's default.
 *
 * @throws {AuthsomeError} `provider_not_found`; `connection_not_found`, with those there are;
 * `usage` if the name is malformed.
 */
export function findConnection(
  broker: Broker,
  which: { readonly provider: string; readonly connection: string | undefined },
): ConnectionRecord {
  const { profile, vault } = broker;
  const provider = parseKnownProvider(broker, which.provider);
  const name = which.connection === undefined
    ? vault.defaultConnection(profile, provider)
    : parseConnectionName(which.connection);
  const record = name === undefined ? undefined : vault.connection(profile, provider, name);
  if (record !== undefined) return record;
  const others = vault.connections(profile, provider).map((other) => other.connection_name);
  const missing = notConnected(provider, name);
  if (others.length === 0) throw missing;
  throw new AuthsomeError(missing.code, missing.message, {
    hint: `Connections of ${provider}: ${others.join(", ")}. To add one, ${
      lowerFirst(missing.hint)
    }`,
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * How a connection fares now. A lifetime that has ended makes it `expired`, unless a refresh token
 * can begin a new one.
 *
 * @param now Milliseconds since the epoch.
 */
export function statusOf(record: ConnectionRecord, now: number): ConnectionStatus {
  if (record.status !== "connected" || record.expires_at === null) return record.status;
  const ended = Date.parse(record.expires_at) <= now && record.refresh_token === undefined;
  return ended ? "expired" : "connected";
}

/** The record as people may see it: its status as it is now, its secrets redacted. */
export function redactRecord(
  record: ConnectionRecord,
  now: number,
): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { ...record, status: statusOf(record, now) };
  for (const field of SECRET_FIELDS) {
    if (record[field] !== undefined) shown[field] = REDACTED;
  }
  return shown;
}

/** The connections of one provider, of this profile. */
export function summarizeConnections(
  broker: Broker,
  provider: ProviderName,
  records: readonly ConnectionRecord[] = broker.vault.connections(broker.profile, provider),
): readonly ConnectionSummary[] {
  if (records.length === 0) return [];
  const chosen = broker.vault.defaultConnection(broker.profile, provider);
  const now = broker.now();
  return records.map((record) => ({
    name: record.connection_name,
    default: record.connection_name === chosen,
    status: statusOf(record, now),
    expires_at: record.expires_at,
    scopes: record.scopes,
  }));
}

/**
 * Chooses the connection that is used when none is named.
 *
 * @throws {AuthsomeError} as {@link findConnection}.
 */
export function setDefaultConnection(
  broker: Broker,
  which: { readonly provider: string; readonly connection: string },
): ConnectionRecord {
  const record = findConnection(broker, which);
  const { provider, connection_name: connection } = record;
  broker.trail.open();
  broker.vault.setDefault(broker.profile, provider, connection);
  broker.trail.append({ event: "set_default", provider, connection, outcome: "ok" });
  return record;
}
