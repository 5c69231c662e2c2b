/**
 * Keeps OAuth access tokens fresh: one refresh per connection, however many requests and processes
 * ask for it.
 *
 * Theory of operation: a rotating refresh token can be used once, so whoever refreshes holds the
 * connection's lock, a lock on a file that the system lets go of if the holder dies. Inside the
 * lock the record is read again: another process may have been faster. What the server grants is
 * stored before the lock is let go and before anyone sees the new token; if the process dies
 * between the server's answer and that moment, the next refresh finds the old token refused and
 * marks the connection invalid, with the login command to type. A network failure marks nothing
 * while the old token is still good.
 *
 * @module
 */

import type { ConnectionRecord } from "../connection.ts";
import { isStale } from "../credential.ts";
import type { OAuthCredential } from "../credential.ts";
import type { AuthsomeError } from "../errors.ts";
import type { RefreshOutcome } from "../flow/refresh.ts";
import type { Broker } from "./broker.ts";
import { statusOf } from "./connections.ts";
import { assertSameEndpoints } from "./endpoint_pin.ts";
import { lockConnection } from "./connection_lock.ts";
import { describeGrant, secretsOf } from "./login.ts";
import { createFlowSystem, readClient, readServer } from "./oauth_settings.ts";
import { assertUsable, notConnected, refreshEnded } from "./route_plan.ts";

/** How long a failed refresh is not tried again while the old token is good, in milliseconds. */
const RETRY_MS = 30_000;

/** Gives a record whose access token can be used now. */
export type Freshen = (record: ConnectionRecord) => Promise<ConnectionRecord>;

/**
 * Makes the function for one process; it remembers refreshes under way and failures a moment ago.
 *
 * The returned function throws `connection_not_found` if the connection is gone or revoked and
 * `refresh_failed` if there is no good token to be had.
 */
export function createFreshen(broker: Broker): Freshen {
  const underWay = new Map<string, Promise<ConnectionRecord>>();
  const failedAt = new Map<string, number>();
  return async (record) => {
    if (!isDue(record, broker.now())) {
      assertUsable({ ...record, status: statusOf(record, broker.now()) });
      return record;
    }
    const key = `${record.provider} ${record.connection_name}`;
    const isGood = !isOver(record, broker.now());
    if (isGood && broker.now() - (failedAt.get(key) ?? -Infinity) < RETRY_MS) return record;
    const pending = underWay.get(key) ?? refreshAlone(broker, record);
    underWay.set(key, pending);
    try {
      const fresh = await pending;
      if (isDue(fresh, broker.now())) failedAt.set(key, broker.now());
      return fresh;
    } finally {
      underWay.delete(key);
    }
  };
}

/**
 * Refreshes after a service has refused a token that looked good.
 *
 * @returns The record with another token than `refused` had, or `undefined` if there is none.
 */
export async function replaceRefused(
  broker: Broker,
  refused: ConnectionRecord,
): Promise<ConnectionRecord | undefined> {
  if (refused.refresh_token === undefined) return undefined;
  const fresh = await refreshAlone(broker, refused, { force: true });
  return JSON.stringify(fresh.access_token) === JSON.stringify(refused.access_token)
    ? undefined
    : fresh;
}

/** Whether an access token ends soon, or is known to be over, and another can be had for it. */
export function isDue(record: ConnectionRecord, now: number): boolean {
  if (record.auth_type !== "oauth2" || record.refresh_token === undefined) return false;
  if (record.status === "expired") return true;
  return record.status === "connected" && isStale(endOf(record), now);
}

function isOver(record: ConnectionRecord, now: number): boolean {
  const { expiresAt } = endOf(record);
  return record.status !== "connected" || (expiresAt !== undefined && expiresAt <= now);
}

function endOf({ expires_at: end }: ConnectionRecord): Pick<OAuthCredential, "expiresAt"> {
  return end === null ? {} : { expiresAt: Date.parse(end) };
}

async function refreshAlone(
  broker: Broker,
  record: ConnectionRecord,
  { force = false } = {},
): Promise<ConnectionRecord> {
  using _lock = await lockConnection(broker, record);
  const { provider, connection_name: name } = record;
  const current = broker.vault.connection(broker.profile, provider, name);
  if (current === undefined) throw notConnected(provider, name);
  const isUntouched = JSON.stringify(current.access_token) === JSON.stringify(record.access_token);
  if (!isDue(current, broker.now()) && !(force && isUntouched)) {
    assertUsable(current);
    return current;
  }
  return settle(broker, current, await requestRefresh(broker, current));
}

async function requestRefresh(broker: Broker, record: ConnectionRecord): Promise<RefreshOutcome> {
  const { refreshCredential } = await import("../flow/refresh.ts");
  const { requireOAuth } = await import("../flow/endpoints.ts");
  const definition = broker.registry.get(record.provider);
  assertSameEndpoints(definition, record);
  const provider = requireOAuth(definition);
  await broker.unlock();
  const credential = broker.vault.credential(record);
  if (credential.kind !== "oauth2") throw refreshEnded(record);
  const client = readClient(broker, record.provider);
  if (client === undefined) return { kind: "failed", error: refreshEnded(record) };
  using system = createFlowSystem(broker);
  return await refreshCredential(provider, {
    client,
    credential,
    connection: record.connection_name,
    ...(record.base_url === null ? {} : { baseUrl: record.base_url }),
    ...readServer(record),
  }, system);
}

function settle(
  broker: Broker,
  record: ConnectionRecord,
  outcome: RefreshOutcome,
): ConnectionRecord {
  switch (outcome.kind) {
    case "refreshed":
      return storeGrant(broker, record, outcome.credential);
    case "rejected":
      mark(broker, record, "invalid", outcome.error);
      throw outcome.error;
    case "failed":
      if (!isOver(record, broker.now())) {
        recordOutcome(broker, record, outcome.error.code);
        return record;
      }
      mark(broker, record, "expired", outcome.error);
      throw outcome.error;
    default:
      return outcome satisfies never;
  }
}

function storeGrant(
  broker: Broker,
  record: ConnectionRecord,
  credential: OAuthCredential,
): ConnectionRecord {
  const fields = { ...describeGrant(credential), status: "connected" as const };
  const stored = broker.vault.updateConnection(record, fields, secretsOf(credential));
  recordOutcome(broker, record, "ok");
  if (stored !== undefined) return stored;
  // A login or a logout came between: what it left counts.
  const current = broker.vault.connection(broker.profile, record.provider, record.connection_name);
  if (current === undefined) throw notConnected(record.provider, record.connection_name);
  assertUsable(current);
  return current;
}

function mark(
  broker: Broker,
  record: ConnectionRecord,
  status: "expired" | "invalid",
  error: AuthsomeError,
): void {
  if (record.status !== status) broker.vault.updateConnection(record, { status });
  recordOutcome(broker, record, error.code);
}

function recordOutcome(broker: Broker, record: ConnectionRecord, outcome: string): void {
  broker.trail.append({
    event: outcome === "ok" ? "refresh" : "refresh_failed",
    provider: record.provider,
    connection: record.connection_name,
    outcome,
  });
}
