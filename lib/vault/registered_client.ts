/**
 * The OAuth client of a provider, as it is stored.
 *
 * @module
 */

import type { Secret } from "../secret.ts";
import type { ProviderPlace } from "./default_connection.ts";
import { clientKey, parseClientRecord } from "./record.ts";
import type { SealedStore } from "./sealed_store.ts";

/** An OAuth client registered with a provider. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret?: Secret;
  /** What is known of its registration, nothing secret; JSON. */
  readonly registration?: Readonly<Record<string, unknown>>;
}

/** Reads the client of a provider. */
export function readClient(store: SealedStore, place: ProviderPlace): OAuthClient | undefined {
  const key = clientKey(place.profile, place.provider);
  const text = store.get(key);
  if (text === undefined) return undefined;
  const record = parseClientRecord(key, text);
  const { client_id: clientId, client_secret: envelope, registration } = record;
  const known = { clientId, ...(registration === undefined ? {} : { registration }) };
  if (envelope === undefined) return known;
  const sealed = { recordKey: key, field: "client_secret", envelope } as const;
  return { ...known, clientSecret: store.unseal(sealed) };
}

/** Stores the client of a provider, over any earlier one. */
export function writeClient(
  store: SealedStore,
  place: ProviderPlace,
  { clientId: client_id, clientSecret, registration }: OAuthClient,
): void {
  const { profile, provider } = place;
  const key = clientKey(profile, provider);
  store.change((change) => {
    const secrets = clientSecret === undefined ? {} : { client_secret: clientSecret };
    const sealed = store.seal(change, key, secrets);
    const record = { schema_version: 1, profile, provider, client_id, registration, ...sealed };
    change.put(key, JSON.stringify(record));
  });
}
