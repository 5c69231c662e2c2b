/**
 * A store that may not exist yet, together with the keys to its sealed fields.
 *
 * @module
 */

import { type Envelope, SECRET_FIELDS, type SecretField } from "../connection.ts";
import type { Secret } from "../secret.ts";
import { type EnvelopePlace, parseEnvelope, seal, unseal } from "./envelope.ts";
import { type Home, openHome } from "./home.ts";
import { KeyRing, type PassphrasePrompt } from "./key_ring.ts";
import type { Environment, KeySource } from "./key_source.ts";
import { createKeychain, type Keychain } from "./keychain.ts";
import { parseFields } from "./record.ts";
import { type Change, type Entry, type Reader, Store } from "./store.ts";
import { readWrappedKey } from "./wrapped_key.ts";

/** What a vault is opened with. */
export interface VaultOptions {
  readonly home: Home;
  /** Environment to take key sources from. */
  readonly env: Environment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default: the keychain of the system. */
  readonly keychain?: Keychain;
}

/** Secrets by the record field they are sealed in. */
export type Secrets = { readonly [F in SecretField]?: Secret };

/** Envelopes by record field. */
export type SealedFields = { readonly [F in SecretField]?: Envelope };

/** One field as it was read from the record under `recordKey`. */
export interface SealedField extends EnvelopePlace {
  readonly envelope: Envelope;
}

/** More than one file's data version will ever count. */
const REPLACED = 2 ** 32;

/** Owns the open file and the open key. Another process may make the file at any time. */
export class SealedStore implements Reader {
  readonly #home: Home;
  readonly #keys: KeyRing;
  #store: Store | undefined;
  #inode: number | null | undefined;
  #replaced = 0;

  /** Opens the file if there is one. */
  constructor(options: VaultOptions) {
    this.#home = options.home;
    this.#inode = inodeOf(this.#home.vaultFile);
    this.#keys = new KeyRing({ keychain: createKeychain(), ...options });
    this.#existing();
  }

  /** The text stored under `key`. */
  get(key: string): string | undefined {
    return this.#existing()?.get(key);
  }

  /** Every entry whose key begins with `prefix`, in order of key. */
  entries(prefix: string): Entry[] {
    return this.#existing()?.entries(prefix) ?? [];
  }

  /** One change, as `Store.change`; makes the file, and its home, if there is none. */
  change<T>(make: (change: Change) => T): T {
    if (this.#existing() === undefined) {
      openHome(this.#home.path, { create: true });
      this.#store = Store.openOrCreate(this.#home.vaultFile);
      this.#inode = inodeOf(this.#home.vaultFile);
    }
    return this.changeExisting(make) as T;
  }

  /** One change of the file as it is; `undefined` if there is no file. */
  changeExisting<T>(make: (change: Change) => T): T | undefined {
    return this.#existing()?.change(make);
  }

  /** Seals secrets for the record under `recordKey`, inside the change that stores them. */
  seal(change: Change, recordKey: string, secrets: Secrets): SealedFields {
    const sealed: { [F in SecretField]?: Envelope } = {};
    for (const field of SECRET_FIELDS) {
      const secret = secrets[field];
      if (secret === undefined) continue;
      sealed[field] = this.sealField(change, { recordKey, field }, secret);
    }
    return sealed;
  }

  /** Seals one secret for its place, inside the change that stores it. */
  sealField(change: Change, place: EnvelopePlace, secret: Secret): Envelope {
    return seal(secret, this.#keys.sealingKey(change), place);
  }

  /** Opens one field. */
  unseal({ envelope, recordKey, field }: SealedField): Secret {
    const key = this.#keys.keyFor(this, envelope);
    if (key.kid === envelope.kid) return unseal(envelope, key, { recordKey, field });
    // The data key was replaced after the record was read.
    const current = parseEnvelope(parseFields(this.get(recordKey) ?? "")?.[field]);
    return unseal(current ?? envelope, key, { recordKey, field });
  }

  /** Opens the data key, if there is one, to know that it can be. */
  checkKey(): void {
    if (readWrappedKey(this) !== undefined) this.#keys.open(this);
  }

  /** As `KeyRing.unlock`. */
  async unlock(ask: PassphrasePrompt | undefined): Promise<void> {
    await this.#keys.unlock(this, ask === undefined ? {} : { ask });
  }

  /** Where the master key comes from, or would come from at first use. */
  keySource(): KeySource {
    return this.#keys.source(this);
  }

  /**
   * As `Store.dataVersion`; 0 while there is no file. A file that was removed or replaced is let go
   * of: its old content must not outlive it in a running child.
   */
  dataVersion(): number {
    const inode = inodeOf(this.#home.vaultFile);
    if (inode !== this.#inode) {
      this.close();
      this.#inode = inode;
      this.#replaced += 1;
    }
    return (this.#existing()?.dataVersion() ?? 0) + this.#replaced * REPLACED;
  }

  /** As `Store.findDamage`. */
  findDamage(): string[] {
    return this.#existing()?.findDamage() ?? [];
  }

  /** Closes the file. */
  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #existing(): Store | undefined {
    return this.#store ??= Store.open(this.#home.vaultFile);
  }
}

function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return undefined;
  }
}
