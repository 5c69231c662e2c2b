/**
 * A process that changes a home until it is killed: `worker.ts HOME ROLE SLOT FIRST SEED FOLDER`. It
 * prints `begin <operation> <detail>` before each operation and `ack <operation> <detail>` after it;
 * details are numbered from FIRST. The role `writer` does all that commands do, `restorer` restores
 * two backups in FOLDER by turns, `logger` only records.
 *
 * @module
 */

import type { Broker } from "../../lib/broker/broker.ts";
import { planRestore, restore } from "../../lib/broker/backup.ts";
import { setDefaultConnection } from "../../lib/broker/connections.ts";
import { replaceRefused } from "../../lib/broker/freshness.ts";
import { parseLoginKey, planLogin, storeLogin } from "../../lib/broker/login.ts";
import { installRegistration, readRegistration } from "../../lib/broker/registration.ts";
import { rekeyVault } from "../../lib/broker/relock.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { openOAuthHome, storedConnection, tokenOf } from "../support/oauth_home.ts";
import { createRandom } from "../support/random.ts";
import { definitionOf, keyOf, ownProvider, SHARED } from "./names.ts";

const [path = "", role = "", slot = "", first = "0", seed = "0", folder = ""] = Deno.args;
const random = createRandom(Number(seed));

/** Does one thing; what it gives is the detail of the acknowledgement. */
type Operation = (broker: Broker, number: number) => Promise<string> | string;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  login: (broker, number) => {
    const connection = `s${slot}-${number}`;
    logIn(broker, { provider: SHARED, connection });
    return connection;
  },
  refresh: async (broker) => {
    const fresh = await replaceRefused(broker, storedConnection(broker));
    return fresh === undefined ? "none" : tokenOf(broker, fresh) ?? "none";
  },
  rekey: async (broker) => (await rekeyVault(broker)).to,
  "set-default": (broker, number) => {
    const connection = `c${number % 2}`;
    setDefaultConnection(broker, { provider: ownProvider(slot), connection });
    return connection;
  },
  register: (broker, number) => {
    const file = `${folder}/register-${slot}.json`;
    Deno.writeTextFileSync(file, JSON.stringify(definitionOf(slot, number)));
    installRegistration(broker, readRegistration(broker, file, { force: true }));
    return String(number);
  },
  append: ({ trail }, number) => {
    const run = `${slot}-${number}`;
    trail.append({ event: "request", run, outcome: "ok" });
    return run;
  },
  restore: async (broker, number) => {
    const name = number % 2 === 0 ? "x" : "y";
    restore(broker, await planRestore(broker, `${folder}/${name}.backup`));
    return name;
  },
};

const ROLES: Readonly<Record<string, readonly string[]>> = {
  writer: ["login", "login", "refresh", "rekey", "set-default", "register", "append"],
  restorer: ["restore"],
  logger: ["append"],
};

function logIn(
  broker: Broker,
  { provider, connection }: { readonly provider: string; readonly connection: string },
): void {
  const plan = planLogin(broker, { provider, connection, force: false });
  storeLogin(broker, plan, parseLoginKey(plan, keyOf(connection)));
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** What the operations need; it may be there from an earlier life. */
function prepare(): void {
  for (
    const step of [
      (broker: Broker) => OPERATIONS.register?.(broker, Number(first)),
      (broker: Broker) => logIn(broker, { provider: ownProvider(slot), connection: "c0" }),
      (broker: Broker) => logIn(broker, { provider: ownProvider(slot), connection: "c1" }),
    ]
  ) {
    using broker = openOAuthHome(path, Date.now);
    try {
      step(broker);
    } catch (error) {
      if (!(error instanceof AuthsomeError && error.code === "already_exists")) throw error;
    }
  }
}

/** Another process may have changed the key in the meantime: that is told, and is no fault. */
function isRace(error: unknown): boolean {
  return error instanceof AuthsomeError && /at the same time/.test(error.message);
}

if (role === "writer") prepare();
const names = ROLES[role] ?? [];
for (let number = Number(first) + 1;; number++) {
  const name = random.pick(names);
  print(`begin ${name} ${number}`);
  try {
    using broker = openOAuthHome(path, Date.now);
    await broker.unlock();
    const detail = await OPERATIONS[name]?.(broker, number);
    print(`ack ${name} ${detail}`);
  } catch (error) {
    if (!isRace(error)) throw error;
    print(`ack race ${name}`);
  }
}
