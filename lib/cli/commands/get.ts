/**
 * `authsome get`: shows a connection's record, or one field of it.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import { findConnection, redactRecord } from "../../broker/connections.ts";
import { createFreshen, isDue } from "../../broker/freshness.ts";
import { type ConnectionRecord, SECRET_FIELDS, type SecretField } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import { nearestName } from "../../suggestion.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import { type Cell, escapeControls } from "../text.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Runs the command. */
export async function run(
  { positionals, flags }: InputOf<"get">,
  session: Session,
): Promise<number> {
  const { output, system } = session;
  using broker = openCommandBroker(session);
  const found = findConnection(broker, {
    provider: positionals.provider,
    connection: flags.connection,
  });
  // One that cannot be used is shown as it is.
  const record = isDue(found, broker.now()) ? await createFreshen(broker)(found) : found;
  const redacted = redactRecord(record, broker.now());
  const { field } = flags;
  if (field !== undefined) requireField({ ...redacted, ...flatten(redacted) }, field);
  const wanted = SECRET_FIELDS.filter((secret) =>
    record[secret] !== undefined && (field ?? secret) === secret
  );
  const reveals = flags["show-secret"] && wanted.length > 0;
  if (reveals) await broker.unlock();
  const shown = reveals ? { ...redacted, ...revealFields(broker, record, wanted) } : redacted;
  if (field === undefined) output.result(shown, () => output.table(formatRows(shown, session)));
  else {
    const value = { ...shown, ...flatten(shown) }[field];
    const text = formatValue(value);
    const safe = system.stdout.isTerminal ? escapeControls(text) : text;
    output.result({ [field]: value }, () => `${safe}\n`);
  }
  return 0;
}

function revealFields(
  broker: Broker,
  record: ConnectionRecord,
  fields: readonly SecretField[],
): Fields {
  const { provider, connection_name: connection } = record;
  const secrets = fields.map((field) => [field, broker.vault.unseal(record, field)] as const);
  broker.trail.append({ event: "show_secret", provider, connection, outcome: "ok" });
  return Object.fromEntries(secrets.map(([field, secret]) => [field, secret?.reveal()]));
}

function requireField(record: Fields, field: string): void {
  if (Object.hasOwn(record, field)) return;
  const near = nearestName(field, Object.keys(record));
  throw new AuthsomeError("usage", "The connection has no such field.", {
    hint: near === undefined
      ? `Its fields are: ${Object.keys(record).join(", ")}`
      : `Did you mean: --field ${near}`,
  });
}

function formatRows(
  record: Fields,
  { output: { style } }: Session,
): readonly (readonly Cell[])[] {
  return Object.entries(flatten(record))
    .filter(([name, value]) => name !== "schema_version" && formatValue(value) !== "")
    .map(([name, value]) => [{ text: name, paint: style.dim }, { text: formatValue(value) }]);
}

/** Fields of objects become `account.label`; the objects themselves are not among them. */
function flatten(record: Fields): Fields {
  const entries = Object.entries(record).flatMap(([name, value]) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [[name, value]];
    return Object.entries(value).map(([inner, part]) => [`${name}.${inner}`, part]);
  });
  return Object.fromEntries(entries);
}

/** Texts as they are, lists with commas, nothing for what is empty. */
function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(formatValue).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
