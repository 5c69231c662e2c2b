/**
 * Taking things away: one connection, or everything known of a provider.
 *
 * @module
 */

import { type ConnectionName, parseConnectionName } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { parseProviderName, type ProviderName } from "../provider.ts";
import type { Broker } from "./broker.ts";
import { findConnection, parseKnownProvider } from "./connections.ts";
import { notConnected } from "./route_plan.ts";

/** Which connection is meant; the default one if none is named. */
export interface ConnectionChoice {
  readonly provider: string;
  readonly connection: string | undefined;
}

/** A connection that is gone. */
export interface RemovedConnection {
  readonly provider: ProviderName;
  readonly connection: ConnectionName;
}

/**
 * Removes one connection here; at the provider the credential stays valid.
 *
 * @throws {AuthsomeError} `provider_not_found` or `connection_not_found`.
 */
export function logout(broker: Broker, choice: ConnectionChoice): RemovedConnection {
  return deleteConnection(broker, choice, { event: "logout", outcome: "ok" });
}

/** Removes one connection here. @throws as {@link logout} */
export function deleteConnection(
  broker: Broker,
  choice: ConnectionChoice,
  fact: { readonly event: "logout" | "revoke"; readonly outcome: string },
): RemovedConnection {
  const { provider, connection } = chooseConnection(broker, choice);
  if (!broker.vault.deleteConnection(broker.profile, provider, connection)) {
    findConnection(broker, choice); // throws with the names there are, unless a login just came
    throw notConnected(provider, connection);
  }
  broker.trail.append({ ...fact, provider, connection });
  return { provider, connection };
}

/** Reads no record that is named: a damaged one must be removable too. */
function chooseConnection(broker: Broker, choice: ConnectionChoice): RemovedConnection {
  if (choice.connection === undefined) {
    const { provider, connection_name: connection } = findConnection(broker, choice);
    return { provider, connection };
  }
  const connection = parseConnectionName(choice.connection);
  return { provider: parseKnownProvider(broker, choice.provider), connection };
}

/** What `remove` took away. */
export interface RemovedProvider {
  readonly provider: ProviderName;
  /** How many connections, of this profile. */
  readonly connections: number;
  /** The file of a custom definition. */
  readonly definition: string | null;
}

/**
 * Removes everything this profile knows of a provider, and its custom definition. Removing what is
 * not there is fine.
 *
 * @throws {AuthsomeError} `provider_not_found`; `vault_unavailable` if a file cannot be removed.
 */
export function removeProvider(broker: Broker, name: string): RemovedProvider {
  const provider = broker.registry.entry(name)?.source === "custom"
    ? parseProviderName(name)
    : parseKnownProvider(broker, name);
  const path = broker.registry.entry(provider)?.path ?? null;
  const connections = broker.vault.deleteProvider(broker.profile, provider);
  if (path !== null) removeDefinition(path);
  broker.trail.append({ event: "remove", provider, outcome: "ok" });
  return { provider, connections, definition: path };
}

function removeDefinition(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new AuthsomeError("vault_unavailable", `${path} cannot be removed.`, {
      hint: `Remove it yourself: rm '${path}'`,
      cause: error,
    });
  }
}
