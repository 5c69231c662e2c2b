/**
 * Runs the whole client matrix: `deno task clients [--write] [word…]`. What is missing is installed.
 * Words choose the rows whose names contain one of them; `--write` puts the results into the README.
 * Prints what `deno test` would.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type User, withUser } from "../support/authsome.ts";
import { type Client, nameOf } from "./client.ts";
import type { KitFolders } from "./kits.ts";
import { CLIENTS, lackOf, openKits, versionOf } from "./matrix.ts";
import { type Tested, writeReadme } from "./readme_table.ts";
import { logInTo, tryClient } from "./trial.ts";

/** Rows at the same time; each row is two runs, and each run a client and authsome. */
const AT_ONCE = 2;

/** What came of a row. */
interface Result {
  readonly client: Client;
  /** Absent if it was not run. */
  readonly version?: string;
  /** What is missing, if it was not run. */
  readonly lack?: string;
  readonly error?: unknown;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Whole seconds since a moment in milliseconds. */
function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)}s`;
}

async function runRow(user: User, client: Client, kits: KitFolders): Promise<Result> {
  const start = performance.now();
  const lack = await lackOf(client, kits);
  if (lack !== undefined) {
    print(`${nameOf(client)} (needs ${lack}) ... ignored`);
    return { client, lack };
  }
  const version = await versionOf(client, kits);
  try {
    await tryClient(user, client, kits);
    print(`${nameOf(client)} ... ok (${secondsSince(start)})`);
    return { client, version };
  } catch (error) {
    print(`${nameOf(client)} ... FAILED (${secondsSince(start)})`);
    return { client, version, error };
  }
}

/** Runs the rows, the first ones first, some at the same time. */
async function runRows(clients: readonly Client[], kits: KitFolders): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = [...clients];
  await withUser(async (user) => {
    await logInTo(user, clients);
    const work = async (): Promise<void> => {
      for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
        results.push(await runRow(user, client, kits));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });
  return results;
}

function report(results: readonly Result[], start: number): boolean {
  const failed = results.filter(({ error }) => error !== undefined);
  for (const { client, error } of failed) print(`\n${nameOf(client)} => ${describe(error)}`);
  const ignored = results.filter(({ lack }) => lack !== undefined).length;
  const passed = results.length - failed.length - ignored;
  const counts = `${passed} passed | ${failed.length} failed | ${ignored} ignored`;
  print(`\n${failed.length === 0 ? "ok" : "FAILED"} | ${counts} (${secondsSince(start)})`);
  return failed.length === 0;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<number> {
  const start = performance.now();
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { write: { type: "boolean" } },
    allowPositionals: true,
  });
  const chosen = (client: Client): boolean =>
    positionals.length === 0 || positionals.some((word) => nameOf(client).includes(word));
  const clients = CLIENTS.filter(chosen);
  const kits = await openKits(clients, "install");
  print(`running ${clients.length} clients (installed in ${secondsSince(start)})`);
  const results = await runRows(clients, kits);
  const ok = report(results, start);
  if (values.write !== true || !ok) return ok ? 0 : 1;
  const tested: Tested = new Map(
    results.map(({ client, version }) => [nameOf(client), version] as const),
  );
  await writeReadme(tested);
  return 0;
}

Deno.exit(await main());
