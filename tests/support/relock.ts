/**
 * A vault whose locks are changed: filled, read back, and changed by other processes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import type { Home } from "../../lib/vault/home.ts";
import type { Environment } from "../../lib/vault/key_source.ts";
import type { RelockStep } from "../../lib/vault/rekey.ts";
import { apiKeyDraft, named, OPENAI, openVault, PROFILE, storeKey } from "./vault.ts";

const RELOCKER = new URL("../fixtures/relocker.ts", import.meta.url).pathname;

/** What the processes that change locks may do. */
export const RELOCKER_FLAGS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-run",
] as const;

/** An environment that holds a master key. */
export const KEY_ENV = { AUTHSOME_MASTER_KEY: new Uint8Array(32).fill(5).toBase64() } as const;

/** The command of a process that changes locks; see `fixtures/relocker.ts`. */
export function relocker(args: readonly string[]): readonly string[] {
  return [Deno.execPath(), "run", "--no-lock", ...RELOCKER_FLAGS, RELOCKER, ...args];
}

/** Fills a new vault: two connections and an OAuth client. */
export async function fillVault(home: Home, env: Environment = {}): Promise<void> {
  using vault = openVault(home, env);
  await vault.unlock();
  storeKey(vault, "default");
  const draft = apiKeyDraft({ connection_name: named("oauth"), auth_type: "oauth2", future: 1 });
  const secrets = { access_token: new Secret("at"), refresh_token: new Secret("rt") };
  vault.writeConnection(draft, secrets, { replace: false });
  vault.writeClient(PROFILE, OPENAI, { clientId: "id", clientSecret: new Secret("cs") });
}

/** Everything secret in the vault that {@link fillVault} filled, or the code of the error. */
export async function readVault(home: Home, env: Environment = {}): Promise<string> {
  try {
    using vault = openVault(home, env);
    await vault.unlock();
    const [key, oauth] = vault.connections(PROFILE);
    assert.ok(key !== undefined && oauth !== undefined);
    const client = vault.client(PROFILE, OPENAI)?.clientSecret;
    const secrets = [
      vault.unseal(key, "api_key"),
      vault.unseal(oauth, "access_token"),
      vault.unseal(oauth, "refresh_token"),
      client,
    ];
    return [...secrets.map((secret) => secret?.reveal()), oauth.future].join(" ");
  } catch (error) {
    assert.ok(error instanceof AuthsomeError, String(error));
    return error.code;
  }
}

/** What {@link readVault} reads when everything opens. */
export const ALL = "sk-default at rt cs 1";

/** `master.key` and everything beside it whose name begins so. */
export function keyFiles(home: Home): string[] {
  return [...Deno.readDirSync(home.path)].map((entry) => entry.name)
    .filter((name) => name.startsWith("master.key")).sort();
}

/** Another process's rekey, while we wait; killed after `step`. */
export function rekeyElsewhere(home: Home, step?: RelockStep): void {
  const [program = "", ...args] = relocker([home.path, "rekey", ...(step ? [step] : [])]);
  new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync();
}
