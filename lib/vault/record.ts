/**
 * The stored records: their keys and their JSON, read strictly and written whole.
 *
 * @module
 */

import {
  type ConnectionName,
  type ConnectionRecord,
  type ProfileName,
  SECRET_FIELDS,
  type SecretField,
} from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { ProviderName } from "../provider.ts";
import { parseEnvelope } from "./envelope.ts";

/** Every field of a connection record but the sealed ones. */
export type ConnectionDraft = {
  readonly [K in keyof ConnectionRecord as K extends SecretField ? never : K]: ConnectionRecord[K];
};

/** Names one connection. */
export interface ConnectionId {
  readonly profile: ProfileName;
  readonly provider: ProviderName;
  readonly connection_name: ConnectionName;
}

/** What a profile remembers of a provider. */
export interface StateRecord {
  readonly schema_version: 1;
  /** The chosen default; it may have been removed since. */
  readonly default_connection: ConnectionName | null;
  readonly [unknown: string]: unknown;
}

/** An OAuth client that is registered with a provider. */
export interface ClientRecord {
  readonly schema_version: 1;
  readonly profile: ProfileName;
  readonly provider: ProviderName;
  readonly client_id: string;
  readonly client_secret?: NonNullable<ConnectionRecord["client_secret"]>;
  /** What is known of its registration, nothing secret. */
  readonly registration?: Readonly<Record<string, unknown>>;
  readonly [unknown: string]: unknown;
}

/** Key prefix of everything one profile knows. */
export function profilePrefix(profile: ProfileName): string {
  return `profile:${profile}:`;
}

/** Key prefix of everything a profile knows of one provider. */
export function providerPrefix(profile: ProfileName, provider: ProviderName): string {
  return `profile:${profile}:${provider}:`;
}

/** Key of a connection. */
export function connectionKey(id: ConnectionId): string {
  return `profile:${id.profile}:${id.provider}:connection:${id.connection_name}`;
}

/** Key of what a profile remembers of a provider. */
export function stateKey(profile: ProfileName, provider: ProviderName): string {
  return `profile:${profile}:${provider}:state`;
}

/** Key of the OAuth client of a provider. */
export function clientKey(profile: ProfileName, provider: ProviderName): string {
  return `profile:${profile}:${provider}:client`;
}

/** Key of the head of the audit trail; see `audit_head.ts`. */
export const AUDIT_HEAD_RECORD = "audit:head";

/** The fields of a record that are sealed. */
export function sealedFieldsOf(key: string): readonly string[] {
  return key === AUDIT_HEAD_RECORD ? ["link"] : SECRET_FIELDS;
}

/** What a record key names. */
export interface RecordKey {
  readonly profile: string;
  readonly provider: string;
  readonly kind: "metadata" | "state" | "client" | "connection";
  /** Of a connection. */
  readonly name?: string;
}

const RECORD_KEY = /^profile:([^:]+):([^:]+):(?:(metadata|state|client)|(connection):([^:]+))$/;

/** Reads a record key; `undefined` if it is none of a profile. */
export function parseRecordKey(key: string): RecordKey | undefined {
  const [, profile, provider, single, , name] = RECORD_KEY.exec(key) ?? [];
  if (profile === undefined || provider === undefined) return undefined;
  if (name !== undefined) return { profile, provider, kind: "connection", name };
  return { profile, provider, kind: single as "metadata" | "state" | "client" };
}

/** How many of these entries are connections. */
export function countConnections(entries: readonly { readonly key: string }[]): number {
  return entries.filter(({ key }) => parseRecordKey(key)?.kind === "connection").length;
}

/**
 * Reads a connection record.
 *
 * @throws {AuthsomeError} `vault_unavailable`, naming record and field, if it is not one or does not
 * belong under its key.
 */
export function parseConnectionRecord(key: string, text: string): ConnectionRecord {
  const value = parseObject(key, text);
  const { profile, provider, name } = parseRecordKey(key) ?? {};
  requireValue(key, "profile", value.profile === profile);
  requireValue(key, "provider", value.provider === provider);
  requireValue(key, "connection_name", value.connection_name === name);
  for (const [field, isValid] of CONNECTION_CHECKS) {
    requireValue(key, field, isValid(value[field]));
  }
  requireEnvelopes(key, value, SECRET_FIELDS);
  return value as ConnectionRecord;
}

/** Reads a state record; throws as {@link parseConnectionRecord}. */
export function parseStateRecord(key: string, text: string): StateRecord {
  const value = parseObject(key, text);
  requireValue(key, "default_connection", isTextOrNull(value.default_connection));
  return value as unknown as StateRecord;
}

/** Reads a client record; throws as {@link parseConnectionRecord}. */
export function parseClientRecord(key: string, text: string): ClientRecord {
  const value = parseObject(key, text);
  const { profile, provider } = parseRecordKey(key) ?? {};
  requireValue(key, "profile", value.profile === profile);
  requireValue(key, "provider", value.provider === provider);
  requireValue(key, "client_id", isText(value.client_id));
  requireValue(
    key,
    "registration",
    value.registration === undefined || isObject(value.registration),
  );
  requireEnvelopes(key, value, ["client_secret"]);
  return value as unknown as ClientRecord;
}

/**
 * Reads any record, whatever its kind.
 *
 * @throws {AuthsomeError} `vault_unavailable` if it is damaged or its key names nothing.
 */
export function parseRecord(key: string, text: string): Readonly<Record<string, unknown>> {
  if (key === AUDIT_HEAD_RECORD) {
    const value = parseObject(key, text);
    requireEnvelopes(key, value, sealedFieldsOf(key));
    return value;
  }
  const kind = parseRecordKey(key)?.kind;
  switch (kind) {
    case "connection":
      return parseConnectionRecord(key, text);
    case "state":
      return parseStateRecord(key, text);
    case "client":
      return parseClientRecord(key, text);
    case "metadata":
      return parseObject(key, text);
    case undefined:
      throw damagedRecord(key, "its key names nothing");
    default:
      return kind satisfies never;
  }
}

/** The fields of any stored text, unchecked; `undefined` if it is not a JSON object. */
export function parseFields(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of a record that are not sealed. */
export function withoutSecrets(
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const sealed: readonly string[] = SECRET_FIELDS;
  return Object.fromEntries(Object.entries(record).filter(([field]) => !sealed.includes(field)));
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || typeof value === "string";
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

/** RFC 3339, UTC only. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const isTime: Check = (value) =>
  typeof value === "string" && TIME.test(value) && !Number.isNaN(Date.parse(value));

const STATUSES: readonly unknown[] = ["connected", "expired", "revoked", "invalid"];

const CONNECTION_CHECKS: readonly (readonly [string, Check])[] = Object.entries({
  auth_type: (value) => value === "api_key" || value === "oauth2",
  status: (value) => STATUSES.includes(value),
  scopes: isTexts,
  token_type: isTextOrNull,
  expires_at: (value) => value === null || isTime(value),
  obtained_at: isTime,
  base_url: isTextOrNull,
  account: (value) => isObject(value) && isTextOrNull(value.id) && isTextOrNull(value.label),
  metadata: (value) => isObject(value) && isTexts(value.api_urls),
});

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseObject(key: string, text: string): Readonly<Record<string, unknown>> {
  const value = parseFields(text);
  if (value === undefined) throw damagedRecord(key, "it is not a JSON object");
  requireValue(key, "schema_version", value.schema_version === 1);
  return value;
}

function requireEnvelopes(
  key: string,
  value: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): void {
  for (const field of fields) {
    const isValid = value[field] === undefined || parseEnvelope(value[field]) !== undefined;
    requireValue(key, field, isValid);
  }
}

function requireValue(key: string, field: string, isValid: boolean): void {
  if (!isValid) throw damagedRecord(key, `its field '${field}' is missing or malformed`);
}

function damagedRecord(key: string, problem: string): AuthsomeError {
  const { provider, name } = parseRecordKey(key) ?? {};
  const fix = name === undefined
    ? "If you have a backup: authsome vault restore FILE"
    : `Remove it and log in again: authsome logout ${provider} --connection ${name}`;
  const message = `The record '${key}' of the vault is damaged: ${problem}.`;
  return new AuthsomeError("vault_unavailable", message, { hint: fix });
}

/** The order in which connections are shown. */
export function byProviderAndName(a: ConnectionRecord, b: ConnectionRecord): number {
  return compareText(a.provider, b.provider) || compareText(a.connection_name, b.connection_name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
