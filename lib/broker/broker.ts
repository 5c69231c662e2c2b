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
import { Vault } from "../vault/vault.ts";

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
    return this.#home ??= openHome(this.#options.home, { create: true });
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

  /** Closes what was opened. */
  close(): void {
    this.#vault?.close();
    this.#trail?.close();
    this.#vault = undefined;
    this.#trail = undefined;
  }

  /** The same as {@link Broker.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Opens a broker. Nothing is read or written until a part of it is used. */
export function openBroker(options: BrokerOptions): Broker {
  return new Broker(options);
}
