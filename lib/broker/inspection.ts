/**
 * A provider's definition as it is written, for people who want to change it.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { ProviderName } from "../provider.ts";
import type { Broker } from "./broker.ts";
import { type ConnectionSummary, parseKnownProvider, summarizeConnections } from "./connections.ts";

/** What `inspect` shows. */
export interface Inspection {
  readonly name: ProviderName;
  readonly source: "bundled" | "custom";
  readonly definition: Readonly<Record<string, unknown>>;
  readonly connections: readonly ConnectionSummary[];
}

/**
 * Finds the definition of a provider.
 *
 * @param bundled JSON texts of the bundled definitions: `inspect openai > …/providers/openai.json`
 * empties the file it is about to fill, and means the bundled one.
 * @throws {AuthsomeError} `provider_not_found`; `usage` if the file is not JSON.
 */
export function inspectProvider(
  broker: Broker,
  text: string,
  bundled: Readonly<Record<string, string>>,
): Inspection {
  const name = parseKnownProvider(broker, text);
  const entry = broker.registry.entry(name);
  const connections = summarizeConnections(broker, name);
  const own = bundled[name];
  if (own !== undefined && entry?.path !== undefined && isEmptyFile(entry.path)) {
    return { name, source: "bundled", definition: JSON.parse(own), connections };
  }
  if (entry?.definition !== undefined) {
    return { name, source: entry.source, definition: entry.definition, connections };
  }
  throw entry?.problem ?? new AuthsomeError("provider_not_found", `${name} has no definition.`, {
    hint: "Register one: authsome register FILE",
  });
}

function isEmptyFile(path: string): boolean {
  try {
    return Deno.statSync(path).size === 0;
  } catch {
    return false;
  }
}
