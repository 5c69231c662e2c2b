/**
 * Throw-away homes and sample connections for tests.
 *
 * @module
 */

import {
  type ConnectionName,
  parseConnectionName,
  parseProfileName,
} from "../../lib/connection.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import { type Home, openHome } from "../../lib/vault/home.ts";
import { type ConnectionDraft, Vault } from "../../lib/vault/vault.ts";

/** The profile of every sample. */
export const PROFILE = parseProfileName("default");

/** The provider of every sample. */
export const OPENAI = parseProviderName("openai");

/** A moment every sample was made at, in milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Runs `use` with the path of an empty folder that is removed afterwards. */
export async function withFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `use` with a new home that is removed afterwards. */
export function withHome(use: (home: Home) => void | Promise<void>): Promise<void> {
  return withFolder((folder) => use(openHome(`${folder}/home`, { create: true })));
}

/** Opens the vault of a home, by default with an empty environment. */
export function openVault(home: Home, env: Readonly<Record<string, string>> = {}): Vault {
  return Vault.open({ home, env, now: () => NOW });
}

/** A connection name. */
export function named(name: string): ConnectionName {
  return parseConnectionName(name);
}

/** An API key connection to be stored. */
export function apiKeyDraft(fields: Partial<ConnectionDraft> = {}): ConnectionDraft {
  return {
    schema_version: 1,
    provider: OPENAI,
    profile: PROFILE,
    connection_name: named("default"),
    auth_type: "api_key",
    status: "connected",
    scopes: [],
    token_type: null,
    expires_at: null,
    obtained_at: new Date(NOW).toISOString(),
    base_url: null,
    account: { id: null, label: null },
    metadata: { api_urls: ["api.openai.com"] },
    ...fields,
  };
}

/** Stores an API key connection of that name. */
export function storeKey(vault: Vault, name = "default", key = `sk-${name}`): void {
  const draft = apiKeyDraft({ connection_name: named(name) });
  vault.writeConnection(draft, { api_key: new Secret(key) }, { replace: false });
}

/** The permission bits of a file or folder. */
export function modeOf(path: string): number {
  return (Deno.lstatSync(path).mode ?? 0) & 0o777;
}
