/**
 * Which connection of a provider is used when none is named.
 *
 * @module
 */

import { type ConnectionName, DEFAULT_NAME, type ProfileName } from "../connection.ts";
import type { ProviderName } from "../provider.ts";
import { parseStateRecord, stateKey } from "./record.ts";
import type { Change, Reader } from "./store.ts";

/** One provider in one profile. */
export interface ProviderPlace {
  readonly profile: ProfileName;
  readonly provider: ProviderName;
}

/** The name chosen with `set-default`; the connection may be gone since. */
export function readChoice(reader: Reader, place: ProviderPlace): ConnectionName | null {
  const key = stateKey(place.profile, place.provider);
  const text = reader.get(key);
  return text === undefined ? null : parseStateRecord(key, text).default_connection;
}

/** Stores the choice, or with `null` none, and keeps what else the state holds. */
export function writeChoice(
  change: Change,
  place: ProviderPlace & { readonly name: ConnectionName | null },
): void {
  const key = stateKey(place.profile, place.provider);
  const text = change.get(key);
  const state = text === undefined ? { schema_version: 1 } : parseStateRecord(key, text);
  change.put(key, JSON.stringify({ ...state, default_connection: place.name }));
}

/** The choice if it exists, else the one named `default`, else the first of the sorted names. */
export function pickDefault(
  names: readonly ConnectionName[],
  choice: ConnectionName | null,
): ConnectionName | undefined {
  return names.find((name) => name === choice) ?? names.find((name) => name === DEFAULT_NAME) ??
    names[0];
}
