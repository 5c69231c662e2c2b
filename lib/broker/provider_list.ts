/**
 * Every provider with its connections, as `list` shows them.
 *
 * @module
 */

import type { ConnectionRecord } from "../connection.ts";
import type { AuthType } from "../provider.ts";
import type { RegistryEntry } from "../registry.ts";
import type { Broker } from "./broker.ts";
import { type ConnectionSummary, summarizeConnections } from "./connections.ts";

/** A provider as `list` shows it. */
export interface ProviderSummary {
  /** The provider's name. */
  readonly name: string;
  /** The service's own name. */
  readonly display_name: string;
  /** Where its definition is from. */
  readonly source: "bundled" | "custom";
  /** `null` if the definition does not say it. */
  readonly auth_type: AuthType | null;
  /** By name. */
  readonly connections: readonly ConnectionSummary[];
  /** What is wrong with the definition. */
  readonly problem?: string;
}

/** All providers by name, those too whose definition is wrong or gone. */
export function listProviders(broker: Broker): readonly ProviderSummary[] {
  const records = Map.groupBy(
    broker.vault.connections(broker.profile),
    (record): string => record.provider,
  );
  const known = broker.registry.entries().map((entry) => {
    const own = records.get(entry.name) ?? [];
    records.delete(entry.name);
    return { ...describeEntry(entry), connections: summarize(broker, own), ...problemOf(entry) };
  });
  const orphans = [...records].map(([name, own]): ProviderSummary => ({
    name,
    display_name: name,
    source: "custom",
    auth_type: own[0]?.auth_type ?? null,
    connections: summarize(broker, own),
    problem: "Its definition is gone. Register it again, or remove what is left of it.",
  }));
  return [...known, ...orphans].sort((a, b) => a.name < b.name ? -1 : 1);
}

function summarize(
  broker: Broker,
  records: readonly ConnectionRecord[],
): readonly ConnectionSummary[] {
  const [first] = records;
  return first === undefined ? [] : summarizeConnections(broker, first.provider, records);
}

function describeEntry(entry: RegistryEntry): Omit<ProviderSummary, "connections" | "problem"> {
  const { name, source, displayName, authType } = entry;
  return { name, display_name: displayName, source, auth_type: authType ?? null };
}

function problemOf({ problem }: RegistryEntry): Pick<ProviderSummary, "problem"> {
  return problem === undefined ? {} : { problem: problem.message };
}
