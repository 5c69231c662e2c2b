/**
 * The wrapped data key: one record that holds the data key, sealed with a master key, and says where
 * that master key is found.
 *
 * @module
 */

import type { Envelope } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { KEY_BYTES, parseEnvelope, seal, type SealingKey, unseal } from "./envelope.ts";
import { type KeychainItem, parseKeychainItem } from "./keychain.ts";
import type { KeySource } from "./key_source.ts";
import { type KdfParameters, parseKdfParameters } from "./passphrase.ts";
import type { Reader } from "./store.ts";

/** Where the wrapped data key is stored. */
export const DATA_KEY_RECORD = "vault:data_key";

/** Where the master key that opens a data key is found. */
export type Lock =
  | { readonly source: "AUTHSOME_MASTER_KEY" | "AUTHSOME_MASTER_KEY_FILE" }
  | {
    readonly source: "master.key";
    /** Names the file the key waits in until it is moved to `master.key`; see `key_file.ts`. */
    readonly pending?: string;
  }
  | { readonly source: "passphrase"; readonly kdf: KdfParameters }
  | { readonly source: "keychain"; readonly item: KeychainItem };

/** The record. In JSON the fields of `lock` stand beside the others. */
export interface WrappedKey {
  /** Names the data key. */
  readonly kid: string;
  readonly lock: Lock;
  /** RFC 3339 UTC, of the data key. */
  readonly createdAt: string;
  readonly wrapped: Envelope;
}

/** The `recordKey` part of the associated data; the `kid` is the field part. */
const WRAP_CONTEXT = "data-key";
const MASTER_KID = "master";

/** A new data key. */
export function createDataKey(): SealingKey {
  const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES + 8));
  return { kid: random.subarray(KEY_BYTES).toHex(), bytes: random.slice(0, KEY_BYTES) };
}

/** Seals a data key with a master key. */
export function wrapDataKey(
  key: SealingKey,
  master: Uint8Array,
  facts: { readonly lock: Lock; readonly createdAt: string },
): WrappedKey {
  const place = { recordKey: WRAP_CONTEXT, field: key.kid };
  const secret = new Secret(key.bytes.toBase64());
  const wrapped = seal(secret, { kid: MASTER_KID, bytes: master }, place);
  return { kid: key.kid, ...facts, wrapped };
}

/** Opens the data key; `undefined` if the master key is not the one that sealed it. */
export function unwrapDataKey(
  { kid, wrapped }: WrappedKey,
  master: Uint8Array,
): SealingKey | undefined {
  try {
    const place = { recordKey: WRAP_CONTEXT, field: kid };
    const text = unseal(wrapped, { kid: MASTER_KID, bytes: master }, place).reveal();
    return { kid, bytes: Uint8Array.fromBase64(text) };
  } catch {
    return undefined;
  }
}

/** The JSON text of the record. */
export function formatWrappedKey({ kid, lock, createdAt, wrapped }: WrappedKey): string {
  return JSON.stringify({ schema_version: 1, kid, created_at: createdAt, ...lock, wrapped });
}

/**
 * Reads the record.
 *
 * @returns `undefined` if there is none.
 * @throws {AuthsomeError} `vault_unavailable` if it is damaged or newer.
 */
export function readWrappedKey(reader: Reader): WrappedKey | undefined {
  const text = reader.get(DATA_KEY_RECORD);
  if (text === undefined) return undefined;
  const wrapped = parseWrappedKey(text);
  if (wrapped !== undefined) return wrapped;
  const message = `The record '${DATA_KEY_RECORD}' of the vault is damaged or newer.`;
  throw new AuthsomeError("vault_unavailable", message, {
    hint: "Upgrade authsome; or, if you have a backup: authsome vault restore FILE",
  });
}

/** The source a lock names, for `whoami`. */
export function sourceOf(wrapped: WrappedKey | undefined): KeySource | undefined {
  return wrapped?.lock.source;
}

function parseWrappedKey(text: string): WrappedKey | undefined {
  try {
    const { schema_version, kid, created_at, wrapped, ...rest } = JSON.parse(text);
    const lock = parseLock(rest);
    const envelope = parseEnvelope(wrapped);
    if (schema_version !== 1 || lock === undefined || envelope === undefined) return undefined;
    if (typeof kid !== "string" || typeof created_at !== "string") return undefined;
    return { kid, lock, createdAt: created_at, wrapped: envelope };
  } catch {
    return undefined;
  }
}

function parseLock(value: Readonly<Record<string, unknown>>): Lock | undefined {
  const { source, pending } = value;
  switch (source) {
    case "AUTHSOME_MASTER_KEY":
    case "AUTHSOME_MASTER_KEY_FILE":
      return { source };
    case "master.key":
      if (pending === undefined) return { source };
      // It becomes part of a path.
      if (typeof pending !== "string" || !/^[0-9a-f]{16}$/.test(pending)) return undefined;
      return { source, pending };
    case "passphrase": {
      const kdf = parseKdfParameters(value.kdf);
      return kdf === undefined ? undefined : { source, kdf };
    }
    case "keychain": {
      const item = parseKeychainItem(value.item);
      return item === undefined ? undefined : { source, item };
    }
    default:
      return undefined;
  }
}
