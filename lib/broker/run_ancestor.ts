/**
 * Whether this process was started by a run, however many processes lie between.
 *
 * @module
 */

import { lineageOf, parseProcStat, parsePs, type ProcessTree } from "./process_tree.ts";
import { livingRuns } from "./run_folder.ts";
import { runScript } from "./socket_owners.ts";

/**
 * Looks for a living run of this home among the ancestors of this process. A process that has left
 * its family, as a daemon does, is not recognised: this stops accidents, not a determined child.
 *
 * @param runsFolder The home's folder of runs.
 * @returns `false` also where processes cannot be listed (Windows).
 */
export async function isInsideRun(runsFolder: string): Promise<boolean> {
  const runs = livingRuns(runsFolder);
  if (runs.length === 0) return false;
  const tree = await listProcesses();
  return runs.some((run) => lineageOf(tree, Deno.pid, run) !== undefined);
}

async function listProcesses(): Promise<ProcessTree> {
  if (Deno.build.os === "linux") return parseProcStat(await runScript("cat /proc/[0-9]*/stat", []));
  if (Deno.build.os === "windows") return new Map();
  return parsePs(await runScript("ps -axo pid=,ppid=,lstart=", []));
}
