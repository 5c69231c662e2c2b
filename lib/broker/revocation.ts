/**
 * Revoking: the provider is told first, then the connection is removed here, whatever the provider
 * said.
 *
 * @module
 */

import type { ConnectionRecord } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { RevokeOutcome } from "../flow/revoke.ts";
import type { Broker } from "./broker.ts";
import { findConnection, parseKnownProvider } from "./connections.ts";
import { assertSameEndpoints } from "./endpoint_pin.ts";
import { lockConnection } from "./connection_lock.ts";
import { createFlowSystem, readClient, readServer } from "./oauth_settings.ts";
import { type ConnectionChoice, deleteConnection, type RemovedConnection } from "./removal.ts";
import { notConnected } from "./route_plan.ts";

/** What became of a credential that was to be revoked. */
export interface RevokedConnection extends RemovedConnection {
  /** Whether the provider has ended it. */
  readonly revoked: boolean;
  /** `key` can only be deleted by hand; the others are those of {@link RevokeOutcome}. */
  readonly outcome: RevokeOutcome["kind"] | "key";
  /** Why it may still be good, if the provider was asked and did not end it. */
  readonly problem?: AuthsomeError;
  /** Page about credentials at the provider. */
  readonly docs?: string;
}

type Told = Pick<RevokedConnection, "outcome" | "problem">;

/**
 * Revokes the credential of one connection and removes it.
 *
 * @throws {AuthsomeError} `provider_not_found` or `connection_not_found`; `vault_unavailable` if the
 * credential cannot be read: nothing is then removed
 */
export async function revoke(broker: Broker, choice: ConnectionChoice): Promise<RevokedConnection> {
  return await revokeRecord(broker, findConnection(broker, choice));
}

/** The same for every connection of a provider. @throws as {@link revoke} */
export async function revokeAll(
  broker: Broker,
  name: string,
): Promise<readonly RevokedConnection[]> {
  const provider = parseKnownProvider(broker, name);
  const records = broker.vault.connections(broker.profile, provider);
  if (records.length === 0) throw notConnected(provider);
  const revoked: RevokedConnection[] = [];
  for (const record of records) revoked.push(await revokeRecord(broker, record));
  return revoked;
}

async function revokeRecord(broker: Broker, record: ConnectionRecord): Promise<RevokedConnection> {
  const { provider, connection_name: connection } = record;
  const told = await tellProvider(broker, record);
  const removed = deleteConnection(
    broker,
    { provider, connection },
    { event: "revoke", outcome: told.problem?.code ?? "ok" },
  );
  const docs = broker.registry.entry(provider)?.provider?.docs;
  return {
    ...removed,
    ...told,
    revoked: told.outcome === "revoked",
    ...(docs === undefined ? {} : { docs }),
  };
}

async function tellProvider(broker: Broker, record: ConnectionRecord): Promise<Told> {
  if (record.auth_type !== "oauth2") return { outcome: "key" };
  try {
    const outcome = await requestRevocation(broker, record);
    return outcome.kind === "failed"
      ? { outcome: outcome.kind, problem: outcome.error }
      : { outcome: outcome.kind };
  } catch (error) {
    if (!(error instanceof AuthsomeError) || error.code === "vault_unavailable") throw error;
    return { outcome: "failed", problem: error };
  }
}

/** With the connection's lock, so that nobody refreshes in the meantime. */
async function requestRevocation(
  broker: Broker,
  found: ConnectionRecord,
): Promise<RevokeOutcome> {
  const { provider: name, connection_name } = found;
  const { revokeCredential } = await import("../flow/revoke.ts");
  const { requireOAuth } = await import("../flow/endpoints.ts");
  await broker.unlock();
  using _lock = await lockConnection(broker, found);
  using system = createFlowSystem(broker);
  const record = findConnection(broker, { provider: name, connection: connection_name });
  const credential = broker.vault.credential(record);
  if (credential.kind !== "oauth2") throw notConnected(name, connection_name);
  const { server } = readServer(record);
  const provider = broker.registry.get(name);
  assertSameEndpoints(provider, record);
  return await revokeCredential(requireOAuth(provider), {
    client: readClient(broker, name) ?? { id: "" },
    credential,
    ...(record.base_url === null ? {} : { baseUrl: record.base_url }),
    ...(server === undefined ? {} : { server }),
  }, system);
}
