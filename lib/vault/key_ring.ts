/**
 * The key ring: the one data key that seals every secret field, itself sealed with the master key
 * and kept in the store.
 *
 * Theory of operation: nothing is asked for before a secret is sealed or opened. The first sealing
 * makes the data key, inside the same transaction that stores the first secret, so any number of
 * first uses agree on one. From then on it is only ever read: a missing or wrong master key is an
 * error, never a reason to begin again. The store names the current data key; another process may
 * change it at any time, so a key that does not fit is read once more before that is an error.
 *
 * @module
 */

import type { Envelope } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { KEY_BYTES, parseEnvelope, seal, type SealingKey, unseal } from "./envelope.ts";
import {
  chooseKeySource,
  createMasterKeyFile,
  KEY_SOURCES,
  type KeyOrigin,
  type KeySource,
  readMasterKey,
} from "./key_source.ts";
import type { Change, Reader } from "./store.ts";

/** Where the wrapped data key is stored. */
export const DATA_KEY_RECORD = "vault:data_key";

/** The `recordKey` part of the wrapped key's associated data; its `kid` is the field part. */
const WRAP_CONTEXT = "data-key";
const MASTER_KID = "master";

interface WrappedKey {
  readonly schema_version: 1;
  readonly kid: string;
  /** The source whose master key opens it. */
  readonly source: KeySource;
  /** RFC 3339 UTC. */
  readonly created_at: string;
  readonly wrapped: Envelope;
}

/** Holds the opened data key of one vault. */
export class KeyRing {
  readonly #origin: KeyOrigin;
  readonly #now: () => number;
  #current: SealingKey | undefined;

  constructor(options: KeyOrigin & { readonly now: () => number }) {
    this.#origin = options;
    this.#now = options.now;
  }

  /** The source in use, or the one a first use would choose. Asks for no key. */
  source(reader: Reader | undefined): KeySource {
    const stored = reader === undefined ? undefined : readWrappedKey(reader);
    return chooseKeySource(this.#origin.env, stored?.source);
  }

  /**
   * The key to open an envelope with.
   *
   * @throws {AuthsomeError} `vault_unavailable` if the master key is missing, malformed or wrong.
   */
  keyFor(reader: Reader, envelope: Envelope): SealingKey {
    if (this.#current?.kid === envelope.kid) return this.#current;
    const wrapped = readWrappedKey(reader);
    if (wrapped === undefined) throw dataKeyLost();
    return this.#open(wrapped);
  }

  /**
   * The key to seal with, made if the vault has none yet.
   *
   * @throws {AuthsomeError} `vault_unavailable` as {@link KeyRing.keyFor}.
   */
  sealingKey(change: Change): SealingKey {
    const wrapped = readWrappedKey(change);
    if (wrapped === undefined) return this.#create(change);
    return this.#current?.kid === wrapped.kid ? this.#current : this.#open(wrapped);
  }

  #open(wrapped: WrappedKey): SealingKey {
    const source = chooseKeySource(this.#origin.env, wrapped.source);
    const master = readMasterKey(source, this.#origin);
    if (master === undefined) throw masterKeyLost(this.#origin.home.masterKeyFile);
    const key = openDataKey(wrapped, master);
    if (key === undefined) throw wrongMasterKey(source, wrapped.source);
    return this.#current = key;
  }

  #create(change: Change): SealingKey {
    const sealed = change.entries("").some((entry) => entry.value.includes('"enc":1'));
    if (sealed) throw dataKeyLost();
    const source = chooseKeySource(this.#origin.env, undefined);
    const master = readMasterKey(source, this.#origin) ?? createMasterKeyFile(this.#origin.home);
    const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES + 8));
    const key = { kid: random.subarray(KEY_BYTES).toHex(), bytes: random.subarray(0, KEY_BYTES) };
    const created = new Date(this.#now()).toISOString();
    change.put(DATA_KEY_RECORD, formatWrappedKey(key, master, { source, created }));
    return this.#current = key;
  }
}

function formatWrappedKey(
  key: SealingKey,
  master: Uint8Array,
  facts: { readonly source: KeySource; readonly created: string },
): string {
  const place = { recordKey: WRAP_CONTEXT, field: key.kid };
  const secret = new Secret(key.bytes.toBase64());
  const wrapped = seal(secret, { kid: MASTER_KID, bytes: master }, place);
  const { source, created: created_at } = facts;
  const record: WrappedKey = { schema_version: 1, kid: key.kid, source, created_at, wrapped };
  return JSON.stringify(record);
}

/** `undefined` if the master key does not fit. */
function openDataKey(wrapped: WrappedKey, master: Uint8Array): SealingKey | undefined {
  const { kid } = wrapped;
  try {
    const place = { recordKey: WRAP_CONTEXT, field: kid };
    const text = unseal(wrapped.wrapped, { kid: MASTER_KID, bytes: master }, place).reveal();
    return { kid, bytes: Uint8Array.fromBase64(text) };
  } catch {
    return undefined;
  }
}

function readWrappedKey(reader: Reader): WrappedKey | undefined {
  const text = reader.get(DATA_KEY_RECORD);
  if (text === undefined) return undefined;
  const wrapped = parseWrappedKey(text);
  if (wrapped !== undefined) return wrapped;
  const message = `The record '${DATA_KEY_RECORD}' of the vault is damaged or newer.`;
  throw new AuthsomeError("vault_unavailable", message, {
    hint: "Restore the vault from a backup, or upgrade authsome. Nothing was changed.",
  });
}

function parseWrappedKey(text: string): WrappedKey | undefined {
  try {
    const { schema_version, kid, source, created_at, wrapped } = JSON.parse(text);
    const known = KEY_SOURCES.find((name) => name === source);
    const envelope = parseEnvelope(wrapped);
    if (schema_version !== 1 || known === undefined || envelope === undefined) return undefined;
    if (typeof kid !== "string" || typeof created_at !== "string") return undefined;
    return { schema_version, kid, source: known, created_at, wrapped: envelope };
  } catch {
    return undefined;
  }
}

function wrongMasterKey(source: KeySource, stored: KeySource): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `The key in ${source} does not open this vault.`, {
    hint: source === stored
      ? `Put the key back that this vault was made with: ${source}`
      : `This vault was made with ${stored}. Run: unset ${source}`,
  });
}

function masterKeyLost(path: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `${path} is missing; it opens this vault.`, {
    hint: `Put it back from a backup, or give its key with: export AUTHSOME_MASTER_KEY=…`,
  });
}

function dataKeyLost(): AuthsomeError {
  const message = "The vault holds sealed secrets, but not the key that opens them.";
  return new AuthsomeError("vault_unavailable", message, {
    hint: "Restore the vault from a backup. Nothing was changed.",
  });
}
