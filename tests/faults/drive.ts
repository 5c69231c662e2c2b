/**
 * Kills processes at random moments of what they do, and checks that nothing was lost.
 *
 * Theory of operation: one home is changed by writers, who log in, refresh, rekey, choose defaults,
 * register and record, all at once; another one is restored again and again while somebody records.
 * A process says what it has done once that has returned. After some kills, while all others go on,
 * everything that was said is looked up. The seed decides whom and about when to kill; what else the
 * machine does decides the rest, so a finding may take a few tries to see again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { backUp } from "../../lib/broker/backup.ts";
import { parseLoginKey, planLogin, storeLogin } from "../../lib/broker/login.ts";
import { keyDefinition } from "../support/definitions.ts";
import { openOAuthHome, withOAuthHome } from "../support/oauth_home.ts";
import { createRandom, type Random } from "../support/random.ts";
import { withFolder } from "../support/vault.ts";
import { checkHome, checkRestored, describeHome } from "./check.ts";
import { keyOf, SHARED } from "./names.ts";
import { Slot } from "./slot.ts";

/** How much to do. */
export interface FaultEffort {
  readonly seed: number;
  /** How many processes are killed. */
  readonly kills: number;
  /** Processes that change the first home; two more are at the second. */
  readonly writers: number;
}

/** What was done. */
export interface FaultReport {
  /** Kills by the operation that was under way. */
  readonly kills: Readonly<Record<string, number>>;
  /** Acknowledged operations by name. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** How many times all of them were looked up, and how many look-ups that were. */
  readonly checks: number;
  readonly looked: number;
}

/** Kills and checks. @throws {AssertionError} if anything was lost. */
export async function injectFaults(effort: FaultEffort): Promise<FaultReport> {
  let report: FaultReport | undefined;
  await withOAuthHome(async ({ path, endpoint }) => {
    endpoint.mood = "forgive";
    Deno.writeTextFileSync(
      `${path}/providers/${SHARED}.json`,
      JSON.stringify(keyDefinition(SHARED, "api.shared.example")),
      { mode: 0o600 },
    );
    await withFolder(async (folder) => {
      report = await drive(effort, { path, folder });
    });
  });
  assert.ok(report);
  return report;
}

interface Place {
  readonly path: string;
  readonly folder: string;
}

async function drive(effort: FaultEffort, { path, folder }: Place): Promise<FaultReport> {
  const random = createRandom(effort.seed);
  const other = `${folder}/other`;
  const states = await makeBackups(other, folder);
  const shared = { random, folder };
  const writers = Array.from({ length: effort.writers }, (_, slot) => {
    return new Slot({ ...shared, home: path, role: "writer", slot });
  });
  const restorer = new Slot({ ...shared, home: other, role: "restorer", slot: 90 });
  const logger = new Slot({ ...shared, home: other, role: "logger", slot: 91 });
  const slots = [...writers, restorer, logger];
  for (const slot of slots) slot.start();
  const kills: Record<string, number> = {};
  let [checks, looked] = [0, 0];
  try {
    for (let count = 1; count <= effort.kills; count++) {
      const slot = choose(slots, random);
      const operation = await slot.killSometime();
      assert.equal(slot.failure, undefined, `seed ${effort.seed}: ${slot.failure}`);
      kills[operation] = (kills[operation] ?? 0) + 1;
      if (slot === restorer) checkRestored(other, states, lastRestored(restorer));
      if (count % 20 === 0 || count === effort.kills) {
        looked += checkHome(path, writers) + checkHome(other, [logger]);
        checks += 1;
      }
      slot.start();
    }
  } finally {
    for (const slot of slots) await slot.kill();
  }
  for (const slot of slots) {
    assert.equal(slot.failure, undefined, `seed ${effort.seed}: ${slot.failure}`);
  }
  checkRestored(other, states, lastRestored(restorer));
  looked += checkHome(path, writers, { isStill: true });
  return { kills, acknowledged: countOperations(slots), checks: checks + 1, looked };
}

/** The one at the second home that restores is killed as often as two writers. */
function choose(slots: readonly Slot[], random: Random): Slot {
  const restorer = slots.at(-2);
  return restorer !== undefined && random.chance(5) ? restorer : random.pick(slots);
}

/** Which backup must be there: the last acknowledged, unless another restoration had begun. */
function lastRestored({ acknowledged }: Slot): string | undefined {
  const last = acknowledged.at(-1);
  return last?.operation === "restore" ? last.detail : undefined;
}

/** Two backups of a home, and what the home is like after each. */
async function makeBackups(path: string, folder: string): Promise<Record<string, string>> {
  const states: Record<string, string> = {};
  for (const [name, connections] of Object.entries({ x: ["a", "b"], y: ["c"] })) {
    const home = name === "x" ? path : `${path}-y`;
    {
      using broker = openOAuthHome(home, Date.now);
      for (const provider of [SHARED, `only${name}`]) {
        const file = `${broker.home.providersFolder}/${provider}.json`;
        Deno.writeTextFileSync(
          file,
          JSON.stringify(keyDefinition(provider, `api.${provider}.example`)),
          { mode: 0o600 },
        );
      }
      Deno.writeTextFileSync(broker.home.configFile, `{"state":"${name}"}`, { mode: 0o600 });
    }
    if (name === "y") Deno.copyFileSync(`${path}/master.key`, `${home}/master.key`);
    using broker = openOAuthHome(home, Date.now);
    for (const connection of connections) {
      const plan = planLogin(broker, { provider: SHARED, connection, force: false });
      storeLogin(broker, plan, parseLoginKey(plan, keyOf(connection)));
    }
    await backUp(broker, `${folder}/${name}.backup`, { force: false });
    states[name] = describeHome(broker);
  }
  return states;
}

function countOperations(slots: readonly Slot[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of slots.flatMap((slot) => slot.acknowledged)) {
    if (operation.startsWith("killed")) continue;
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}
