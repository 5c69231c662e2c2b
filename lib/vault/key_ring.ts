/**
 * The key ring: the one data key that seals every secret field, itself sealed with the master key
 * and kept in the store.
 *
 * Theory of operation: nothing is asked for before a secret is sealed or opened. The first sealing
 * makes the data key, inside the same transaction that stores the first secret, so any number of
 * first uses agree on one. From then on it is only ever read: a missing or wrong master key is an
 * error, never a reason to begin again. The store names the current data key; another process may
 * change it at any time, so a key that does not fit is read once more before that is an error. Only
 * a passphrase needs `unlock` first, because deriving a key from one takes its time.
 *
 * @module
 */

import type { Envelope } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { SealingKey } from "./envelope.ts";
import type { Home } from "./home.ts";
import { createKeyFile, readKeyFiles } from "./key_file.ts";
import {
  chooseKeySource,
  type Environment,
  isEnvironmentSource,
  type KeySource,
  readEnvironmentKey,
} from "./key_source.ts";
import type { Keychain } from "./keychain.ts";
import { createKdfParameters, deriveMasterKey, isOutdated } from "./passphrase.ts";
import type { Change, Reader } from "./store.ts";
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

/** Where sources look, and what a new data key is stamped with. */
export interface KeyOrigin {
  readonly home: Home;
  readonly env: Environment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly keychain: Keychain;
}

/** Asks a person for a passphrase: the one there is, or one for a vault that has none yet. */
export type PassphrasePrompt = (purpose: "open" | "new") => Promise<Secret>;

/** A store whose data key is to be opened. */
export interface LockedStore extends Reader {
  change<T>(make: (change: Change) => T): T;
}

/** Holds the opened data key of one vault. */
export class KeyRing {
  readonly #origin: KeyOrigin;
  #current: SealingKey | undefined;
  /** The envelope of a data key that the environment's passphrase is known not to open. */
  #refused: string | undefined;

  constructor(origin: KeyOrigin) {
    this.#origin = origin;
  }

  /** The source in use, or the one a first use would choose. Asks for no key. */
  source(reader: Reader): KeySource {
    return chooseKeySource(this.#origin.env, readWrappedKey(reader)?.lock.source);
  }

  /**
   * The key to open an envelope with.
   *
   * @throws {AuthsomeError} `vault_unavailable` if the master key is missing, malformed or wrong.
   */
  keyFor(reader: Reader, envelope: Envelope): SealingKey {
    return this.#current?.kid === envelope.kid ? this.#current : this.open(reader);
  }

  /**
   * The key to seal with, made if the vault has none yet.
   *
   * @throws {AuthsomeError} `vault_unavailable` as {@link KeyRing.keyFor}.
   */
  sealingKey(change: Change): SealingKey {
    if (readWrappedKey(change) !== undefined) return this.open(change);
    const { home, env } = this.#origin;
    const source = chooseKeySource(env, undefined);
    if (source === "passphrase" || source === "keychain") throw lockedWithPassphrase();
    const master = isEnvironmentSource(source)
      ? readEnvironmentKey(source, env)
      : readKeyFiles(home, undefined)[0] ?? createKeyFile(home);
    return this.create(change, { lock: { source }, master });
  }

  /**
   * The data key as it is now.
   *
   * @param options `by`: the source to open it with, instead of what the environment prefers.
   * @throws {AuthsomeError} `vault_unavailable` as {@link KeyRing.keyFor}.
   */
  open(reader: Reader, options: { readonly by?: KeySource } = {}): SealingKey {
    const wrapped = readWrappedKey(reader);
    if (wrapped === undefined) throw dataKeyLost();
    if (this.#current?.kid === wrapped.kid) return this.#current;
    const source = options.by ?? chooseKeySource(this.#origin.env, wrapped.lock.source);
    const masters = this.#readMasterKeys(source, wrapped.lock);
    for (const master of masters) {
      const key = unwrapDataKey(wrapped, master);
      if (key !== undefined) return this.#current = key;
    }
    // Another process may have changed record and key between our reading the two.
    const again = readWrappedKey(reader);
    if (again === undefined || formatWrappedKey(again) !== formatWrappedKey(wrapped)) {
      return this.open(reader, options);
    }
    if (masters.length === 0) throw masterKeyLost(this.#origin.home.masterKeyFile);
    throw wrongMasterKey(source, wrapped.lock.source);
  }

  /** Makes the data key of a vault that has none. */
  create(
    change: Change,
    { lock, master }: { readonly lock: Lock; readonly master: Uint8Array },
  ): SealingKey {
    const sealed = change.entries("").some((entry) => entry.value.includes('"enc":1'));
    if (sealed) throw dataKeyLost();
    const key = createDataKey();
    const createdAt = new Date(this.#origin.now()).toISOString();
    change.put(DATA_KEY_RECORD, formatWrappedKey(wrapDataKey(key, master, { lock, createdAt })));
    return this.#current = key;
  }

  /**
   * Opens a data key that is locked with a passphrase, or makes one if a passphrase is what a first
   * use would choose. Does nothing for any other source.
   *
   * @param options `by`: as for {@link KeyRing.open}; `ask`: used if AUTHSOME_PASSPHRASE is not set.
   * @throws {AuthsomeError} `vault_unavailable` if the passphrase is missing, empty or wrong.
   */
  async unlock(
    store: LockedStore,
    options: { readonly by?: KeySource; readonly ask?: PassphrasePrompt } = {},
  ): Promise<void> {
    const wrapped = readWrappedKey(store);
    const { env } = this.#origin;
    const source = options.by ?? chooseKeySource(env, wrapped?.lock.source);
    if (source !== "passphrase" || (wrapped && this.#current?.kid === wrapped.kid)) return;
    const passphrase = await this.#passphraseFor(wrapped, options.ask);
    if (wrapped === undefined) await this.#createWithPassphrase(store, passphrase);
    else await this.#openWithPassphrase(store, { wrapped, passphrase });
  }

  /**
   * Once it was opened here, nobody is asked again: if neither the key at hand nor the environment's
   * passphrase opens the vault any more, its key was changed elsewhere. A passphrase that did not fit
   * is not tried at every turn, since each try takes a quarter of a second.
   */
  #passphraseFor(
    wrapped: WrappedKey | undefined,
    ask: PassphrasePrompt | undefined,
  ): Promise<Secret> {
    if (wrapped === undefined) return this.askPassphrase("new", ask);
    const isChanged = this.#current !== undefined &&
      (this.#origin.env.AUTHSOME_PASSPHRASE === undefined ||
        this.#refused === wrapped.wrapped.ciphertext);
    if (isChanged) throw relockedMeanwhile();
    return this.askPassphrase("open", ask);
  }

  /**
   * The passphrase: of the environment, or asked for.
   *
   * @throws {AuthsomeError} `vault_unavailable` if there is neither.
   */
  async askPassphrase(
    purpose: "open" | "new",
    ask: PassphrasePrompt | undefined,
  ): Promise<Secret> {
    const value = this.#origin.env.AUTHSOME_PASSPHRASE;
    if (value !== undefined) return new Secret(value);
    if (ask === undefined) throw lockedWithPassphrase();
    return await ask(purpose);
  }

  async #createWithPassphrase(store: LockedStore, passphrase: Secret): Promise<void> {
    const kdf = createKdfParameters();
    const master = await deriveMasterKey(passphrase, kdf);
    const lock: Lock = { source: "passphrase", kdf };
    const isFirst = store.change((change) => {
      if (readWrappedKey(change) !== undefined) return false;
      this.create(change, { lock, master });
      return true;
    });
    if (!isFirst) await this.unlock(store, { ask: () => Promise.resolve(passphrase) });
  }

  async #openWithPassphrase(
    store: LockedStore,
    { wrapped, passphrase }: { readonly wrapped: WrappedKey; readonly passphrase: Secret },
  ): Promise<void> {
    const { lock, createdAt } = wrapped;
    if (lock.source !== "passphrase") throw wrongMasterKey("passphrase", lock.source);
    const key = unwrapDataKey(wrapped, await deriveMasterKey(passphrase, lock.kdf));
    if (key === undefined) {
      this.#refused = wrapped.wrapped.ciphertext;
      throw this.#current ? relockedMeanwhile() : wrongMasterKey("passphrase", "passphrase");
    }
    this.#current = key;
    if (!isOutdated(lock.kdf)) return;
    const kdf = createKdfParameters();
    const master = await deriveMasterKey(passphrase, kdf);
    const stronger = wrapDataKey(key, master, { lock: { source: "passphrase", kdf }, createdAt });
    store.change((change) => {
      const current = readWrappedKey(change);
      const isSame = current && formatWrappedKey(current) === formatWrappedKey(wrapped);
      if (isSame) change.put(DATA_KEY_RECORD, formatWrappedKey(stronger));
    });
  }

  #readMasterKeys(source: KeySource, lock: Lock): Uint8Array[] {
    const { home, env, keychain } = this.#origin;
    switch (source) {
      case "AUTHSOME_MASTER_KEY":
      case "AUTHSOME_MASTER_KEY_FILE":
        return [readEnvironmentKey(source, env)];
      case "master.key":
        return readKeyFiles(home, lock.source === source ? lock.pending : undefined);
      case "keychain":
        return lock.source === source ? [keychain.read(lock.item)] : [];
      case "passphrase":
        throw this.#current ? relockedMeanwhile() : lockedWithPassphrase();
      default:
        return source satisfies never;
    }
  }
}

/** How the right key is given, behind a clause that names it. */
const WAYS: Readonly<Record<KeySource, string>> = {
  AUTHSOME_MASTER_KEY: ": export AUTHSOME_MASTER_KEY=…",
  AUTHSOME_MASTER_KEY_FILE: ": export AUTHSOME_MASTER_KEY_FILE=…",
  passphrase: " (AUTHSOME_PASSPHRASE, or asked for)",
  keychain: ", in the same keychain",
  "master.key": ", in the same file, or: export AUTHSOME_MASTER_KEY=…",
};

function wrongMasterKey(source: KeySource, stored: KeySource): AuthsomeError {
  const name = source === "passphrase" ? "The passphrase" : `The key in ${source}`;
  return new AuthsomeError("vault_unavailable", `${name} does not open this vault.`, {
    hint: source === stored
      ? `Give the one that this vault was made with${WAYS[source]}.`
      : `This vault was made with ${stored}. Run: unset ${source}`,
  });
}

function masterKeyLost(path: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `${path} is missing; it opens this vault.`, {
    hint: "Put the file back, or give the key that was in it: export AUTHSOME_MASTER_KEY=…",
  });
}

function dataKeyLost(): AuthsomeError {
  const message = "The vault holds sealed secrets, but not the key that opens them.";
  return new AuthsomeError("vault_unavailable", message, {
    hint: "Nothing was changed. If you have a backup: authsome vault restore FILE",
  });
}

function lockedWithPassphrase(): AuthsomeError {
  return new AuthsomeError("vault_unavailable", "This vault is locked with a passphrase.", {
    hint: "Run the command in a terminal to be asked, or set it: export AUTHSOME_PASSPHRASE=…",
  });
}

function relockedMeanwhile(): AuthsomeError {
  const message = "The passphrase of this vault was changed after the vault was opened here.";
  return new AuthsomeError("vault_unavailable", message, {
    hint: "End this run and start it again with the new passphrase: authsome run -- …",
  });
}
