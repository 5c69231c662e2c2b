/**
 * Changing the locks: another key source for the data key, or new keys for everything.
 *
 * Theory of operation: the new master key is made durable first, under a name that nothing uses yet;
 * then one transaction changes the record that holds the data key (and, for new keys, every sealed
 * field); then what the old lock kept is removed. Until the transaction is committed the old key
 * opens everything, afterwards the new one does; a kill in between leaves at most an unused key
 * behind, which the next change removes.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { KEY_BYTES, parseEnvelope, seal, type SealingKey, unseal } from "./envelope.ts";
import { openHome } from "./home.ts";
import { createPendingKeyFile, removeKeyFile, settleKeyFiles } from "./key_file.ts";
import { KeyRing, type PassphrasePrompt } from "./key_ring.ts";
import {
  chooseKeySource,
  isEnvironmentSource,
  type KeySource,
  readEnvironmentKey,
} from "./key_source.ts";
import { createKeychain, type Keychain } from "./keychain.ts";
import { createKdfParameters, deriveMasterKey } from "./passphrase.ts";
import { parseRecord, sealedFieldsOf } from "./record.ts";
import type { VaultOptions } from "./sealed_store.ts";
import { type Change, Store } from "./store.ts";
import {
  createDataKey,
  DATA_KEY_RECORD,
  formatWrappedKey,
  type Lock,
  readWrappedKey,
  unwrapDataKey,
  wrapDataKey,
  type WrappedKey,
} from "./wrapped_key.ts";

/** The moments between which a change of locks can be interrupted. */
export type RelockStep = "prepared" | "key written" | "records sealed" | "stored" | "settled";

/** What a change of locks needs beside the vault. */
export interface RelockOptions extends VaultOptions {
  /** Asks for passphrases that AUTHSOME_PASSPHRASE does not hold. */
  readonly ask?: PassphrasePrompt;
  /** Called after each step. Tests end the process here. */
  readonly reached?: (step: RelockStep) => void;
}

/** What a change of locks did. */
export interface RelockResult {
  /** The source before; `undefined` if the vault had no key yet. */
  readonly from: KeySource | undefined;
  readonly to: KeySource;
  /** Secrets that were sealed anew. */
  readonly sealed: number;
}

/**
 * Locks the data key with another source; the records stay as they are. The old source's key is
 * removed where authsome keeps it.
 *
 * @throws {AuthsomeError} `vault_unavailable` if the vault cannot be opened with its present source,
 * or the new source cannot be read or written.
 */
export function useKeySource(source: KeySource, options: RelockOptions): Promise<RelockResult> {
  return new Relocking(options).run({ source: () => source, newDataKey: false });
}

/**
 * Makes a new master key, of the same source, and a new data key, and seals every secret with it.
 *
 * @throws {AuthsomeError} `refused` if the environment holds the master key, which authsome cannot
 * change; `vault_unavailable` if anything cannot be opened. Nothing is changed then.
 */
export function rekey(options: RelockOptions): Promise<RelockResult> {
  const source = (stored: KeySource | undefined): KeySource => {
    const current = chooseKeySource(options.env, stored);
    if (!isEnvironmentSource(current)) return current;
    const message = `The master key is in ${current}, where authsome cannot change it.`;
    throw new AuthsomeError("refused", message, {
      hint: stored === current
        ? "Lock the vault with something else first: authsome key use master.key"
        : `Run: unset ${current}`,
    });
  };
  return new Relocking(options).run({ source, newDataKey: true });
}

interface Wish {
  /** The new source, given the present one. */
  readonly source: (current: KeySource | undefined) => KeySource;
  readonly newDataKey: boolean;
}

/** A lock that is ready to be used; its key is taken inside the change that stores it. */
interface PreparedLock {
  readonly lock: Lock;
  readonly master: () => Uint8Array;
}

/** One change of locks. */
class Relocking {
  readonly #options: RelockOptions;
  readonly #keychain: Keychain;
  readonly #keys: KeyRing;
  readonly #reached: (step: RelockStep) => void;

  constructor(options: RelockOptions) {
    this.#options = options;
    this.#keychain = options.keychain ?? createKeychain();
    this.#keys = new KeyRing({ ...options, keychain: this.#keychain });
    this.#reached = options.reached ?? (() => {});
  }

  async run({ source, newDataKey }: Wish): Promise<RelockResult> {
    const { home } = this.#options;
    const store = Store.openOrCreate(openHome(home.path, { create: true }).vaultFile);
    try {
      const old = readWrappedKey(store);
      const to = source(old?.lock.source);
      await this.#unlock(store, old);
      const prepared = await this.#prepare(to);
      this.#reached("prepared");
      const sealed = store.change((change) => {
        requireUnchanged(change, old);
        return this.#relock(change, { old, prepared, newDataKey });
      });
      this.#reached("stored");
      this.#removeOld(store, old);
      this.#reached("settled");
      return { from: old?.lock.source, to, sealed };
    } finally {
      store.close();
    }
  }

  async #unlock(store: Store, old: WrappedKey | undefined): Promise<void> {
    if (old?.lock.source !== "passphrase") return;
    const { ask } = this.#options;
    await this.#keys.unlock(store, { by: "passphrase", ...(ask === undefined ? {} : { ask }) });
  }

  async #prepare(source: KeySource): Promise<PreparedLock> {
    const { home, env, ask } = this.#options;
    switch (source) {
      case "AUTHSOME_MASTER_KEY":
      case "AUTHSOME_MASTER_KEY_FILE": {
        const master = readEnvironmentKey(source, env);
        return { lock: { source }, master: () => master };
      }
      case "master.key": {
        const pending = crypto.getRandomValues(new Uint8Array(8)).toHex();
        return {
          lock: { source, pending },
          master: () => createPendingKeyFile(home, pending),
        };
      }
      case "passphrase": {
        const kdf = createKdfParameters();
        const master = await deriveMasterKey(await this.#keys.askPassphrase("new", ask), kdf);
        return { lock: { source, kdf }, master: () => master };
      }
      case "keychain": {
        const account = crypto.getRandomValues(new Uint8Array(8)).toHex();
        const master = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
        const item = await this.#keychain.store(account, master);
        // A keychain that forgets at once must not be trusted with the only key.
        if (this.#keychain.read(item).toBase64() !== master.toBase64()) throw forgetful();
        return { lock: { source, item }, master: () => master };
      }
      default:
        return source satisfies never;
    }
  }

  /** Everything that happens inside the one transaction. Returns how many secrets were sealed. */
  #relock(
    change: Change,
    { old, prepared, newDataKey }: {
      readonly old: WrappedKey | undefined;
      readonly prepared: PreparedLock;
      readonly newDataKey: boolean;
    },
  ): number {
    const oldKey = old && this.#keys.open(change, { by: presentSource(old, this.#options) });
    const { lock } = prepared;
    const master = prepared.master();
    this.#reached("key written");
    if (oldKey === undefined || old === undefined) {
      this.#keys.create(change, { lock, master });
      return 0;
    }
    const key = newDataKey ? createDataKey() : oldKey;
    const sealed = newDataKey ? sealAnew(change, { from: oldKey, to: key }) : 0;
    const createdAt = newDataKey ? new Date(this.#options.now()).toISOString() : old.createdAt;
    const wrapped = wrapDataKey(key, master, { lock, createdAt });
    if (unwrapDataKey(wrapped, master) === undefined) throw new Error("The new key does not open.");
    change.put(DATA_KEY_RECORD, formatWrappedKey(wrapped));
    this.#reached("records sealed");
    return sealed;
  }

  /** Removes what the old lock kept, unless somebody has locked the vault with it again since. */
  #removeOld(store: Store, old: WrappedKey | undefined): void {
    const { home } = this.#options;
    store.change((change) => {
      const current = readWrappedKey(change);
      if (current === undefined) return;
      settleKeyFiles(home, pendingOf(current));
      const leavesFile = old?.lock.source === "master.key" && !mayBeFile(current.lock.source);
      if (leavesFile) removeKeyFile(home);
    });
    if (old?.lock.source === "keychain") this.#keychain.remove(old.lock.item);
    store.truncateLog();
  }
}

/** `master.key` may be the very file that AUTHSOME_MASTER_KEY_FILE names. */
function mayBeFile(source: KeySource): boolean {
  return source === "master.key" || source === "AUTHSOME_MASTER_KEY_FILE";
}

/** The source that opens the vault as it is: its own, or the other variable with the same key. */
function presentSource({ lock }: WrappedKey, { env }: RelockOptions): KeySource {
  if (!isEnvironmentSource(lock.source) || env[lock.source] !== undefined) return lock.source;
  return env.AUTHSOME_MASTER_KEY === undefined ? "AUTHSOME_MASTER_KEY_FILE" : "AUTHSOME_MASTER_KEY";
}

function pendingOf({ lock }: WrappedKey): string | undefined {
  return lock.source === "master.key" ? lock.pending : undefined;
}

/** Seals every secret of every record with another data key. */
function sealAnew(
  change: Change,
  { from, to }: { readonly from: SealingKey; readonly to: SealingKey },
): number {
  let count = 0;
  for (const { key: recordKey, value } of change.entries("")) {
    if (recordKey === DATA_KEY_RECORD) continue;
    const record: Record<string, unknown> = { ...parseRecord(recordKey, value) };
    for (const field of sealedFieldsOf(recordKey)) {
      const envelope = parseEnvelope(record[field]);
      if (envelope === undefined) continue;
      const place = { recordKey, field };
      record[field] = seal(unseal(envelope, from, place), to, place);
      count += 1;
    }
    change.put(recordKey, JSON.stringify(record));
  }
  return count;
}

function requireUnchanged(change: Change, old: WrappedKey | undefined): void {
  const current = readWrappedKey(change);
  const text = (wrapped: WrappedKey | undefined): string =>
    wrapped ? formatWrappedKey(wrapped) : "";
  if (text(current) === text(old)) return;
  const message = "Another process changed the key of this vault at the same time.";
  throw new AuthsomeError("vault_unavailable", message, { hint: "Run the command again." });
}

function forgetful(): AuthsomeError {
  return new AuthsomeError("vault_unavailable", "The keychain did not keep the key it was given.", {
    hint: "Check that it is unlocked and not the temporary one of a session. Nothing was changed.",
  });
}
