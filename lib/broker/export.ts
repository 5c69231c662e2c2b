/**
 * Exporting: real credentials as environment variables, for tools that cannot use the proxy.
 *
 * @module
 */

import type { ConnectionRecord } from "../connection.ts";
import { requestSecret } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { Provider } from "../provider.ts";
import type { Secret } from "../secret.ts";
import type { Broker } from "./broker.ts";
import { findConnection, statusOf } from "./connections.ts";
import { assertUsable } from "./route_plan.ts";

/** What to export: one provider, or every connected one. */
export interface ExportChoice {
  readonly provider?: string | undefined;
  readonly connection?: string | undefined;
}

/** Variables with their values, and what was left out. */
export interface Export {
  readonly variables: ReadonlyMap<string, Secret>;
  /** Sentences about connections that are not in it. */
  readonly notes: readonly string[];
}

interface Exported {
  readonly record: ConnectionRecord;
  readonly variables: readonly string[];
}

/**
 * Collects the variables and records that they were given out. Refresh tokens are never among them.
 *
 * @throws {AuthsomeError} `provider_not_found`; `connection_not_found` if nothing can be exported;
 * `refresh_failed` if the named connection is expired; `usage` if two providers claim a variable.
 */
export function exportCredentials(broker: Broker, choice: ExportChoice): Export {
  const notes: string[] = [];
  const exported = choice.provider === undefined
    ? chooseAll(broker, choice, notes)
    : [chooseOne(broker, { ...choice, provider: choice.provider })];
  if (exported.length === 0) throw nothingToExport(notes);
  const owners = new Map<string, ConnectionRecord>();
  for (const { record, variables } of exported) {
    for (const name of variables) claimVariable(owners, name, record);
  }
  const secrets = new Map(
    exported.map(({ record }) => [record, requestSecret(broker.vault.credential(record))]),
  );
  for (const { record: { provider, connection_name: connection } } of exported) {
    broker.trail.append({ event: "export", provider, connection, outcome: "ok" });
  }
  const variables = new Map<string, Secret>();
  for (const [name, record] of owners) {
    const secret = secrets.get(record);
    if (secret !== undefined) variables.set(name, secret);
  }
  return { variables, notes };
}

function chooseOne(
  broker: Broker,
  choice: { readonly provider: string; readonly connection?: string | undefined },
): Exported {
  const { provider, connection } = choice;
  const record = findConnection(broker, { provider, connection });
  assertUsable({ ...record, status: statusOf(record, broker.now()) });
  const variables = variablesOf(broker.registry.get(record.provider), record);
  if (variables.length > 0) return { record, variables };
  const field = record.auth_type === "api_key" ? "api_key" : "access_token";
  throw new AuthsomeError("usage", `${provider} names no variable to export.`, {
    hint: `Read the credential itself: authsome get ${provider} --field ${field} --show-secret`,
  });
}

function chooseAll(broker: Broker, { connection }: ExportChoice, notes: string[]): Exported[] {
  if (connection !== undefined) {
    throw new AuthsomeError("usage", "A connection belongs to a provider: name that too.", {
      hint: `For example: authsome export openai --connection ${connection}`,
    });
  }
  const names = new Set(broker.vault.connections(broker.profile).map((record) => record.provider));
  return [...names].flatMap((provider) => {
    try {
      return [chooseOne(broker, { provider })];
    } catch (error) {
      if (!(error instanceof AuthsomeError) || error.code === "vault_unavailable") throw error;
      notes.push(`${provider} is left out: ${error.message}`);
      return [];
    }
  });
}

function variablesOf(provider: Provider, record: ConnectionRecord): readonly string[] {
  const field = record.auth_type === "api_key" ? "api_key" : "access_token";
  return provider.exports.filter((entry) => entry.field === field)
    .flatMap((entry) => entry.variables);
}

function claimVariable(
  owners: Map<string, ConnectionRecord>,
  name: string,
  record: ConnectionRecord,
): void {
  const other = owners.get(name);
  if (other !== undefined && other !== record) {
    const message = `${other.provider} and ${record.provider} are both exported as ${name}.`;
    throw new AuthsomeError("usage", message, {
      hint: `Export one of them: authsome export ${record.provider}`,
    });
  }
  owners.set(name, record);
}

function nothingToExport(notes: readonly string[]): AuthsomeError {
  return new AuthsomeError(
    "connection_not_found",
    ["There is nothing to export.", ...notes].join(" "),
    { hint: "Log in first, for example: authsome login openai" },
  );
}
