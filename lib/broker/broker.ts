/**
 * The broker: one opened home and profile, with its registry, vault and audit trail. Everything a
 * command or an embedding program does starts from one.
 *
 * @module
 */

import type { ProfileName } from "../connection.ts";
import { createRegistry, type Registry } from "../registry.ts";
import { AuditTrail } from "../vault/audit_trail.ts";
import { type Home, openHome, readProviderFiles } from "../vault/home.ts";
import type { PassphrasePrompt } from "../vault/key_ring.ts";
import { finishRestore, holdRestoreLock, isRestorePending } from "../vault/pending_restore.ts";
import { Vault } from "../vault/vault.ts";

export type { PassphrasePrompt };

/** The environment of a process: names to values. */
export type Environment = Readonly<Record<string, string>>;

/** What a broker is opened with. */
export interface BrokerOptions {
  /** Folder of the home (`AUTHSOME_HOME`); made on first use. */
  readonly home: string;
  /** The profile whose connections are used. */
  readonly profile: ProfileName;
  /** Environment to take key sources, trust and proxy settings from. */
  readonly env: Environment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Definitions that come with the program, by provider name (`providers/mod.ts`). */
  readonly bundled: Readonly<Record<string, unknown>>;
  /** Asks for the passphrase of the vault, where AUTHSOME_PASSPHRASE does not hold it. */
  readonly ask?: PassphrasePrompt;
}

/** Owns the home's parts, each opened when it is first needed. */
export class Broker {
  /** The profile whose connections are used. */
  readonly profile: ProfileName;
  /** Environment the broker was opened with. */
  readonly env: Environment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly #options: BrokerOptions;
  #home: Home | undefined;
  #registry: Registry | undefined;
  #vault: Vault | undefined;
  #trail: AuditTrail | undefined;
  #isUnlocked = false;

  /** See {@link openBroker}. */
  constructor(options: BrokerOptions) {
    this.profile = options.profile;
    this.env = options.env;
    this.now = options.now;
    this.#options = options;
  }

  /**
   * The home folder, checked and made if missing.
   *
   * @internal
   * @throws {AuthsomeError} `vault_unavailable` if it is not ours, a symbolic link, or newer.
   */
  get home(): Home {
    return this.#home ?? this.#openHome();
  }

  /** A restoration that was interrupted is finished before anything is read. */
  #openHome(): Home {
    const home = openHome(this.#options.home, { create: true });
    if (isRestorePending(home)) {
      using trail = new AuditTrail({ home, profile: this.profile, now: this.now });
      const record = (): void => void trail.append({ event: "restore", outcome: "ok" });
      holdRestoreLock(home, () => finishRestore(home, { record }));
    }
    return this.#home = home;
  }

  /**
   * Every known provider; user definitions win over bundled ones.
   *
   * @internal
   */
  get registry(): Registry {
    return this.#registry ??= createRegistry({
      bundled: this.#options.bundled,
      custom: readProviderFiles(this.home),
    });
  }

  /**
   * The vault of this home.
   *
   * @internal
   * @throws {AuthsomeError} `vault_unavailable` if it is damaged or newer.
   */
  get vault(): Vault {
    return this.#vault ??= Vault.open({ home: this.home, env: this.env, now: this.now });
  }

  /**
   * The audit trail of this home, stamped with this profile.
   *
   * @internal
   */
  get trail(): AuditTrail {
    return this.#trail ??= new AuditTrail({
      home: this.home,
      profile: this.profile,
      now: this.now,
    });
  }

  /**
   * Gets the passphrase of a vault that is locked with one; for every other vault it does nothing.
   * Programs that store logins themselves call it once before; what else needs it does so by itself.
   * A person is asked at most once: later, a child may be using the terminal.
   *
   * @throws {AuthsomeError} `vault_unavailable` if the passphrase is missing or wrong.
   */
  async unlock(): Promise<void> {
    await this.vault.unlock(this.#isUnlocked ? undefined : this.ask);
    this.#isUnlocked = true;
  }

  /**
   * Asks for a passphrase, if there is somebody to ask.
   *
   * @internal
   */
  get ask(): PassphrasePrompt | undefined {
    return this.#options.ask;
  }

  /** Closes what was opened. Keeps in mind where the audit trail ended, if this has added to it. */
  close(): void {
    this.#sealAuditHead();
    this.#vault?.close();
    this.#trail?.close();
    this.#vault = undefined;
    this.#trail = undefined;
  }

  /** The same as {@link Broker.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #sealAuditHead(): void {
    if (!this.#isUnlocked || this.#trail?.hasRecorded !== true) return;
    try {
      if (this.#vault?.lockedWith() !== undefined) this.#vault.sealAuditHead(this.#trail);
    } catch {
      // What this command was for is done; the next one that records something tries again.
    }
  }
}

/** Opens a broker. Nothing is read or written until a part of it is used. */
export function openBroker(options: BrokerOptions): Broker {
  return new Broker(options);
}
