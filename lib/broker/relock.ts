/**
 * Changing how the vault is locked, on the record.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { KeySource } from "../vault/key_source.ts";
import { rekey, type RelockOptions, type RelockResult, useKeySource } from "../vault/rekey.ts";
import type { Broker } from "./broker.ts";

export type { KeySource, RelockResult };

/**
 * Makes a new master key, of the same source, and seals every secret anew.
 *
 * @throws {AuthsomeError} `refused` if the environment holds the key; `vault_unavailable` if anything
 * cannot be opened. Nothing is changed then.
 */
export function rekeyVault(broker: Broker): Promise<RelockResult> {
  return record(broker, rekey);
}

/**
 * Locks the vault with another source; the old one's key is removed where authsome keeps it.
 *
 * @throws {AuthsomeError} `vault_unavailable` if the vault cannot be opened with its present source,
 * or the new one cannot be read or written. Nothing is changed then.
 */
export function lockVault(broker: Broker, source: KeySource): Promise<RelockResult> {
  return record(broker, (options) => useKeySource(source, options));
}

async function record(
  broker: Broker,
  relock: (options: RelockOptions) => Promise<RelockResult>,
): Promise<RelockResult> {
  const { home, env, now, ask, trail } = broker;
  trail.open();
  try {
    const result = await relock({ home, env, now, ...(ask === undefined ? {} : { ask }) });
    trail.append({ event: "rekey", outcome: "ok" });
    return result;
  } catch (error) {
    if (error instanceof AuthsomeError) trail.append({ event: "rekey", outcome: error.code });
    throw error;
  }
}
