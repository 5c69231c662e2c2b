/**
 * Stored records: a line with the key, then the text. What is read is what was written; anything
 * else is one documented error; what was read can be shown without its secrets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { redactRecord } from "../../../lib/broker/connections.ts";
import { SECRET_FIELDS } from "../../../lib/connection.ts";
import { AuthsomeError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import { seal } from "../../../lib/vault/envelope.ts";
import { parseConnectionRecord, parseRecord, parseRecordKey } from "../../../lib/vault/record.ts";
import {
  DATA_KEY_RECORD,
  formatWrappedKey,
  readWrappedKey,
  wrapDataKey,
} from "../../../lib/vault/wrapped_key.ts";
import { apiKeyDraft } from "../../support/vault.ts";
import { generateJson, textOf } from "../json_text.ts";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const KEY = { kid: "k1", bytes: new Uint8Array(32).fill(7) };
const PROFILE = "profile:default:openai";

function sealed(recordKey: string, field: string): object {
  return { [field]: seal(new Secret("sk-canary"), KEY, { recordKey, field }) };
}

const KDF = {
  algorithm: "argon2id",
  memory: 65_536,
  iterations: 3,
  parallelism: 4,
  salt: "AAAAAAAAAAAAAAAAAAAAAA==",
} as const;

const wrapped = (lock: Parameters<typeof wrapDataKey>[2]["lock"]): unknown =>
  JSON.parse(formatWrappedKey(
    wrapDataKey(KEY, KEY.bytes, { lock, createdAt: "2026-01-01T00:00:00.000Z" }),
  ));

const SAMPLES: readonly (readonly [string, unknown])[] = [
  [`${PROFILE}:connection:default`, {
    ...apiKeyDraft(),
    ...sealed(`${PROFILE}:connection:default`, "api_key"),
  }],
  [`${PROFILE}:state`, { schema_version: 1, default_connection: "default" }],
  [`${PROFILE}:client`, {
    schema_version: 1,
    profile: "default",
    provider: "openai",
    client_id: "id",
    ...sealed(`${PROFILE}:client`, "client_secret"),
  }],
  [`${PROFILE}:metadata`, { schema_version: 1 }],
  ["audit:head", { schema_version: 1, ...sealed("audit:head", "link") }],
  [DATA_KEY_RECORD, wrapped({ source: "passphrase", kdf: KDF })],
  [DATA_KEY_RECORD, wrapped({ source: "master.key", pending: "0123456789abcdef" })],
  [DATA_KEY_RECORD, wrapped({ source: "keychain", item: { account: "a1", sealed: "AAAA" } })],
];

/** The target. */
export const record: FuzzTarget = {
  name: "record",
  generate: (random) => {
    const [key, value] = random.pick(SAMPLES);
    return concat([new TextEncoder().encode(`${key}\n`), generateJson(random, [value])]);
  },
  check: (input) => {
    const [key = "", ...lines] = textOf(input).split("\n");
    const text = lines.join("\n");
    if (key === DATA_KEY_RECORD) return checkWrappedKey(text);
    const parsed = outcomeOf(() => parseRecord(key, text), AuthsomeError);
    if (!("value" in parsed)) return;
    assert.deepEqual(parsed.value, JSON.parse(text));
    if (parseRecordKey(key)?.kind === "connection") checkRedaction(key, text);
  },
};

function checkWrappedKey(text: string): void {
  const read = (stored: string): ReturnType<typeof readWrappedKey> =>
    readWrappedKey({ get: () => stored, entries: () => [] });
  const parsed = outcomeOf(() => read(text), AuthsomeError);
  if (!("value" in parsed) || parsed.value === undefined) return;
  assert.deepEqual(read(formatWrappedKey(parsed.value)), parsed.value);
}

function checkRedaction(key: string, text: string): void {
  const connection = parseConnectionRecord(key, text);
  const shown = redactRecord(connection, 0);
  for (const field of SECRET_FIELDS) assert.equal(typeof shown[field] === "object", false);
}
