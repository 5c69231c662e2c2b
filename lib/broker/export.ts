/**
 * Exporting: real credentials as environment variables, for tools that cannot use the proxy.
 *
 * @module
 */

import { accessKeyPart, parseAccessKey } from "../access_key.ts";
import type { ConnectionRecord } from "../connection.ts";
import { type Credential, requestSecret } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { ExportField, ExportVariables, Provider } from "../provider.ts";
import type { Secret } from "../secret.ts";
import type { Broker } from "./broker.ts";
import { findConnection } from "./connections.ts";
import { createFreshen } from "./freshness.ts";

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
  readonly exports: readonly ExportVariables[];
}

/**
 * Collects the variables and records that they were given out. OAuth tokens that end soon are
 * refreshed first; refresh tokens are never among them.
 *
 * @throws {AuthsomeError} `provider_not_found`; `connection_not_found` if nothing can be exported;
 * `refresh_failed` if the named connection is expired and cannot be refreshed; `usage` if two providers claim a variable.
 */
export async function exportCredentials(broker: Broker, choice: ExportChoice): Promise<Export> {
  const notes: string[] = [];
  const exported = choice.provider === undefined
    ? await chooseAll(broker, choice, notes)
    : [await chooseOne(broker, { ...choice, provider: choice.provider })];
  if (exported.length === 0) throw nothingToExport(notes);
  const owners = new Map<string, ConnectionRecord>();
  for (const { record, exports } of exported) {
    for (const name of exports.flatMap((entry) => entry.variables)) {
      claimVariable(owners, name, record);
    }
  }
  await broker.unlock();
  const variables = new Map(exported.flatMap((entry) => readVariables(broker, entry)));
  for (const { record: { provider, connection_name: connection } } of exported) {
    broker.trail.append({ event: "export", provider, connection, outcome: "ok" });
  }
  return { variables, notes };
}

function readVariables(broker: Broker, { record, exports }: Exported): [string, Secret][] {
  const credential = broker.vault.credential(record);
  return exports.flatMap(({ field, variables }) => {
    const secret = exportedSecret(credential, field);
    return secret === undefined ? [] : variables.map((name): [string, Secret] => [name, secret]);
  });
}

/** `undefined` for a part that this credential does not have. */
function exportedSecret(credential: Credential, field: ExportField): Secret | undefined {
  const secret = requestSecret(credential);
  if (field === "api_key" || field === "access_token") return secret;
  const key = parseAccessKey(secret);
  return key && accessKeyPart(key, field);
}

async function chooseOne(
  broker: Broker,
  choice: { readonly provider: string; readonly connection?: string | undefined },
): Promise<Exported> {
  const { provider, connection } = choice;
  const record = await createFreshen(broker)(findConnection(broker, { provider, connection }));
  const exports = exportsOf(broker.registry.get(record.provider), record);
  if (exports.length > 0) return { record, exports };
  const field = record.auth_type === "api_key" ? "api_key" : "access_token";
  throw new AuthsomeError("usage", `${provider} names no variable to export.`, {
    hint: `Read the credential itself: authsome get ${provider} --field ${field} --show-secret`,
  });
}

async function chooseAll(
  broker: Broker,
  { connection }: ExportChoice,
  notes: string[],
): Promise<Exported[]> {
  if (connection !== undefined) {
    throw new AuthsomeError("usage", "A connection belongs to a provider: name that too.", {
      hint: `For example: authsome export openai --connection ${connection}`,
    });
  }
  const names = new Set(broker.vault.connections(broker.profile).map((record) => record.provider));
  const exported: Exported[] = [];
  for (const provider of names) {
    try {
      exported.push(await chooseOne(broker, { provider }));
    } catch (error) {
      if (!(error instanceof AuthsomeError) || error.code === "vault_unavailable") throw error;
      notes.push(`${provider} is left out: ${error.message}`);
    }
  }
  return exported;
}

function exportsOf(provider: Provider, record: ConnectionRecord): readonly ExportVariables[] {
  const isOAuth = record.auth_type === "oauth2";
  return provider.exports.filter((entry) => (entry.field === "access_token") === isOAuth);
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
