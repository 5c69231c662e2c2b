/**
 * What must hold after any number of kills: the vault opens, every acknowledged write is there, and
 * the audit trail is whole.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Broker } from "../../lib/broker/broker.ts";
import { parseConnectionName } from "../../lib/connection.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { readProviderFiles } from "../../lib/vault/home.ts";
import { openOAuthHome, storedConnection, tokenOf } from "../support/oauth_home.ts";
import { keyOf, ownProvider, SHARED } from "./names.ts";
import type { Slot } from "./slot.ts";

/**
 * Checks a home, while others go on with it unless it `isStill`. Returns how many writes were looked
 * up.
 */
export function checkHome(
  path: string,
  slots: readonly Slot[],
  { isStill = false } = {},
): number {
  // Before the home is opened: what is acknowledged later is not looked for.
  const known = slots.map((slot) => ({ slot, done: [...slot.acknowledged] }));
  using broker = openOAuthHome(path, Date.now);
  const runs = new Set<string>();
  const logins = new Set<string>();
  for (const { event, provider, connection, run } of broker.trail.eventsFromEnd()) {
    if (event === "request" && run !== undefined) runs.add(run);
    if (event === "login" && provider === SHARED) logins.add(String(connection));
  }
  let looked = 0;
  for (const { slot, done } of known) {
    for (const { operation, detail } of done) {
      looked += 1;
      if (operation === "append") assert.ok(runs.has(detail), `${detail} is on record`);
      if (operation === "refresh") checkToken(broker, detail);
      if (operation !== "login") continue;
      assert.equal(secretOf(broker, detail), keyOf(detail));
      assert.ok(logins.has(detail), `the login of ${detail} is on record`);
    }
    if (isStill) checkChoice(broker, slot, done);
    checkDefinition(broker, slot, done);
  }
  checkWhole(broker);
  return looked;
}

/** Checks that a home holds one of two backups, whole; `expected` if the last one is known. */
export function checkRestored(
  path: string,
  states: Readonly<Record<string, string>>,
  expected: string | undefined,
): void {
  using broker = openOAuthHome(path, Date.now);
  const state = describeHome(broker);
  const name = Object.keys(states).find((key) => states[key] === state);
  assert.ok(name !== undefined, `a mix was left: ${state}`);
  if (expected !== undefined) assert.equal(name, expected);
  checkWhole(broker);
}

/** Everything in a home that a backup holds, but for the trail's head. */
export function describeHome(broker: Broker): string {
  const connections = broker.vault.connections(broker.profile).map((record) =>
    `${record.connection_name}=${broker.vault.unseal(record, "api_key")?.reveal()}`
  );
  const files = readProviderFiles(broker.home).map(({ name, text }) => `${name}:${text}`);
  let config = "none";
  try {
    config = Deno.readTextFileSync(broker.home.configFile);
  } catch {
    // There is none.
  }
  return JSON.stringify([connections, files, config]);
}

function checkWhole(broker: Broker): void {
  assert.deepEqual(broker.vault.verify().filter((verdict) => !verdict.ok), []);
  assert.deepEqual(broker.vault.verifyAudit(broker.trail).problems, []);
}

function secretOf({ vault, profile }: Broker, name: string): string | undefined {
  const record = vault.connection(profile, parseProviderName(SHARED), parseConnectionName(name));
  return record && vault.unseal(record, "api_key")?.reveal();
}

/** Tokens are numbered; a later one may have come since. */
function checkToken(broker: Broker, token: string): void {
  if (token === "none") return;
  const numberOf = (text = ""): number => Number(text.replace("access-", ""));
  const stored = numberOf(tokenOf(broker, storedConnection(broker)));
  assert.ok(stored >= numberOf(token), `${token} is stored, or a later one: ${stored}`);
}

/** The last choice that was acknowledged, or one that a kill cut short after it. */
function checkChoice(broker: Broker, { options }: Slot, done: Slot["acknowledged"]): void {
  const last = done.findLastIndex(({ operation }) => operation === "set-default");
  if (last < 0) return;
  const possible = done.slice(last).flatMap(({ operation, detail }) => {
    if (operation === "set-default") return [detail];
    return operation === "killed set-default" ? [`c${Number(detail) % 2}`] : [];
  });
  const provider = parseProviderName(ownProvider(options.slot));
  const chosen = String(broker.vault.defaultConnection(broker.profile, provider));
  assert.ok(possible.includes(chosen), `${chosen} is none of ${possible}`);
}

function checkDefinition(broker: Broker, { options }: Slot, done: Slot["acknowledged"]): void {
  const versions = done.filter(({ operation }) => operation === "register")
    .map(({ detail }) => Number(detail));
  if (versions.length === 0) return;
  const entry = broker.registry.entry(parseProviderName(ownProvider(options.slot)));
  const version = Number(/^Version (\d+)$/.exec(entry?.provider?.displayName ?? "")?.[1]);
  assert.ok(version >= Math.max(...versions), `version ${version} is not ${versions.at(-1)}`);
}
