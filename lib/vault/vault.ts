/**
 * The vault: connections and their credentials, by profile and provider. What may be stored, read
 * and replaced is decided here; cryptography, persistence and key sources are elsewhere.
 *
 * @module
 */

import {
  type ConnectionName,
  type ConnectionRecord,
  parseConnectionName,
  type ProfileName,
  type SecretField,
} from "../connection.ts";
import type { Credential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import type { ProviderName } from "../provider.ts";
import type { Secret } from "../secret.ts";
import type { AuditLink, ChainReport } from "./audit_chain.ts";
import { readAuditHead, sealAuditHead } from "./audit_head.ts";
import type { AuditTrail } from "./audit_trail.ts";
import { pickDefault, readChoice, writeChoice } from "./default_connection.ts";
import type { PassphrasePrompt } from "./key_ring.ts";
import type { KeySource } from "./key_source.ts";
import {
  byProviderAndName,
  type ConnectionDraft,
  type ConnectionId,
  connectionKey,
  countConnections,
  parseConnectionRecord,
  parseFields,
  parseRecordKey,
  profilePrefix,
  providerPrefix,
  withoutSecrets,
} from "./record.ts";
import { type OAuthClient, readClient, writeClient } from "./registered_client.ts";
import { SealedStore, type Secrets, type VaultOptions } from "./sealed_store.ts";
import type { Change } from "./store.ts";
import { openCredential } from "./stored_credential.ts";
import { type Verdict, verifyStore } from "./verify.ts";
import { readWrappedKey } from "./wrapped_key.ts";

export type { ConnectionDraft, OAuthClient, Secrets, VaultOptions, Verdict };

/**
 * One open vault. A vault that does not exist yet is empty; the first write makes it. Every method
 * throws `vault_unavailable` if the file is damaged, newer or unreachable; those that seal or open a
 * secret also if the master key is missing, malformed or wrong.
 */
export class Vault {
  readonly #store: SealedStore;

  private constructor(store: SealedStore) {
    this.#store = store;
  }

  /** Opens the vault of a home. No key is asked for before one is needed. */
  static open(options: VaultOptions): Vault {
    return new Vault(new SealedStore(options));
  }

  /** Where the master key comes from, or would come from at first use. */
  keySource(): KeySource {
    return this.#store.keySource();
  }

  /** What the data key is locked with; `undefined` if nothing was ever sealed here. */
  lockedWith(): KeySource | undefined {
    return readWrappedKey(this.#store)?.lock.source;
  }

  /**
   * Derives the key of a vault that is locked with a passphrase, taken from AUTHSOME_PASSPHRASE or
   * asked for. Do it once before the first secret is sealed or opened; for every other key source it
   * does nothing.
   *
   * @throws {AuthsomeError} `vault_unavailable` if the passphrase is missing or wrong.
   */
  async unlock(ask?: PassphrasePrompt): Promise<void> {
    await this.#store.unlock(ask);
  }

  /** Opens the data key, if any, to know that it can be. A keychain is not asked: it may ask back. */
  checkKey(): void {
    if (this.keySource() !== "keychain") this.#store.checkKey();
  }

  /** The connections of a profile, of one provider if named, by provider and name. */
  connections(profile: ProfileName, provider?: ProviderName): ConnectionRecord[] {
    const prefix = provider === undefined
      ? profilePrefix(profile)
      : providerPrefix(profile, provider);
    return this.#store.entries(prefix)
      .filter((entry) => parseRecordKey(entry.key)?.kind === "connection")
      .map((entry) => parseConnectionRecord(entry.key, entry.value))
      .sort(byProviderAndName);
  }

  /** How many connections there are, in all profiles. */
  connectionCount(): number {
    return countConnections(this.#store.entries("profile:"));
  }

  /** One connection. */
  connection(
    profile: ProfileName,
    provider: ProviderName,
    name: ConnectionName,
  ): ConnectionRecord | undefined {
    const key = connectionKey({ profile, provider, connection_name: name });
    const text = this.#store.get(key);
    return text === undefined ? undefined : parseConnectionRecord(key, text);
  }

  /** Opens one secret field of a record; `undefined` if the record has none. */
  unseal(record: ConnectionRecord, field: SecretField): Secret | undefined {
    const envelope = record[field];
    if (envelope === undefined) return undefined;
    return this.#store.unseal({ recordKey: connectionKey(record), field, envelope });
  }

  /**
   * Opens what a record's provider accepts.
   *
   * @throws {AuthsomeError} `connection_not_found` if the record lacks the secret its type needs.
   */
  credential(record: ConnectionRecord): Credential {
    return openCredential(record, (field) => this.unseal(record, field));
  }

  /**
   * Stores a connection. Fields of a replaced record that this program does not know are kept; its
   * secrets are not.
   *
   * @throws {AuthsomeError} `already_exists` if there is one of that name and not `replace`.
   */
  writeConnection(
    draft: ConnectionDraft,
    secrets: Secrets,
    options: { readonly replace: boolean },
  ): ConnectionRecord {
    return this.#store.change((change) => {
      const old = change.get(connectionKey(draft));
      if (old !== undefined && !options.replace) throw alreadyExists(draft);
      const kept = old === undefined ? {} : withoutSecrets(parseFields(old) ?? {});
      return this.#put(change, { ...kept, ...withoutSecrets(draft) } as ConnectionDraft, secrets);
    });
  }

  /**
   * Changes fields and secrets of a connection, if it still is as it was read: whoever logged in or
   * out in the meantime wins.
   *
   * @returns The new record, or `undefined` if it was changed or removed meanwhile.
   */
  updateConnection(
    record: ConnectionRecord,
    fields: Partial<ConnectionDraft>,
    secrets: Secrets = {},
  ): ConnectionRecord | undefined {
    const { profile, provider, connection_name } = record;
    return this.#store.changeExisting((change) => {
      const text = change.get(connectionKey(record));
      if (text === undefined || JSON.stringify(parseFields(text)) !== JSON.stringify(record)) {
        return;
      }
      const place: ConnectionId = { profile, provider, connection_name };
      return this.#put(change, { ...record, ...withoutSecrets(fields), ...place }, secrets);
    });
  }

  /** Removes a connection, damaged or not; `false` if there is none. */
  deleteConnection(profile: ProfileName, provider: ProviderName, name: ConnectionName): boolean {
    const key = connectionKey({ profile, provider, connection_name: name });
    return this.#store.changeExisting((change) => {
      if (change.get(key) === undefined) return false;
      change.delete(key);
      return true;
    }) ?? false;
  }

  /**
   * Removes everything known of a provider, damaged or not, in one profile or, with `undefined`, in
   * all of them.
   *
   * @returns How many connections that were.
   */
  deleteProvider(profile: ProfileName | undefined, provider: ProviderName): number {
    return this.#store.changeExisting((change) => {
      const found = change.entries("profile:").filter(({ key }) => {
        const parsed = parseRecordKey(key);
        if (parsed?.provider !== provider) return false;
        return profile === undefined || parsed.profile === profile;
      });
      for (const { key } of found) change.delete(key);
      return countConnections(found);
    }) ?? 0;
  }

  /** The chosen default if it exists, else the one named `default`, else the first by name. */
  defaultConnection(profile: ProfileName, provider: ProviderName): ConnectionName | undefined {
    const names = this.#store.entries(`${providerPrefix(profile, provider)}connection:`)
      .flatMap(({ key }) => parseRecordKey(key)?.name ?? [])
      .map(parseConnectionName);
    return pickDefault(names, readChoice(this.#store, { profile, provider }));
  }

  /**
   * Chooses the default connection of a provider.
   *
   * @throws {AuthsomeError} `connection_not_found` if there is none of that name.
   */
  setDefault(profile: ProfileName, provider: ProviderName, name: ConnectionName): void {
    const id = { profile, provider, connection_name: name };
    const isChosen = this.#store.changeExisting((change) => {
      if (change.get(connectionKey(id)) === undefined) return false;
      writeChoice(change, { profile, provider, name });
      return true;
    });
    if (isChosen !== true) throw notFound(id);
  }

  /** The OAuth client registered with a provider. */
  client(profile: ProfileName, provider: ProviderName): OAuthClient | undefined {
    return readClient(this.#store, { profile, provider });
  }

  /** Stores the OAuth client of a provider, over any earlier one. */
  writeClient(profile: ProfileName, provider: ProviderName, client: OAuthClient): void {
    writeClient(this.#store, { profile, provider }, client);
  }

  /** A number that differs from every earlier one once any process has changed the vault. Cheap. */
  dataVersion(): number {
    return this.#store.dataVersion();
  }

  /** Reads and opens every record, and the file itself, and says what is wrong. */
  verify(): Verdict[] {
    return verifyStore(this.#store);
  }

  /**
   * Keeps the link of the trail's last event, sealed, so that a later check finds out if the end of
   * the trail was cut off. Costs one write; do it when a command that recorded something ends.
   *
   * @returns `false` if the trail has been cut or rewritten since the last time.
   */
  sealAuditHead(trail: AuditTrail): boolean {
    return sealAuditHead(this.#store, trail);
  }

  /** The link that {@link Vault.sealAuditHead} keeps. */
  keptAuditHead(): AuditLink | undefined {
    return readAuditHead(this.#store);
  }

  /** Follows the whole chain of the trail, up to the link that is kept here. */
  verifyAudit(trail: AuditTrail): ChainReport {
    return trail.verify(readAuditHead(this.#store));
  }

  /** Closes the file. */
  close(): void {
    this.#store.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whatever is stored has gone through the parser that will read it. */
  #put(change: Change, draft: ConnectionDraft, secrets: Secrets): ConnectionRecord {
    const key = connectionKey(draft);
    const text = JSON.stringify({ ...draft, ...this.#store.seal(change, key, secrets) });
    const record = parseConnectionRecord(key, text);
    change.put(key, text);
    return record;
  }
}

/** The error for a login over an existing connection. */
export function alreadyExists(
  { provider, connection_name: name }: Omit<ConnectionId, "profile">,
): AuthsomeError {
  const suffix = name === "default" ? "" : ` --connection ${name}`;
  return new AuthsomeError("already_exists", `${provider} (${name}) is already connected.`, {
    hint: `To replace it, run: authsome login ${provider}${suffix} --force`,
  });
}

function notFound({ provider, connection_name: name }: ConnectionId): AuthsomeError {
  return new AuthsomeError("connection_not_found", `${provider} (${name}) is not connected.`, {
    hint: `Run: authsome login ${provider} --connection ${name}`,
  });
}
