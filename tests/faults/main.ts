/**
 * `deno task faults [--kills N] [--seed N] [--writers N]`: kills authsome's processes at random
 * moments and checks that nothing was lost.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { injectFaults } from "./drive.ts";

function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    kills: { type: "string", default: "200" },
    writers: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 2 ** 32) },
  },
});
tell(`seed ${values.seed}`);
const started = performance.now();
const report = await injectFaults({
  seed: Number(values.seed),
  kills: Number(values.kills),
  writers: Number(values.writers),
});
const seconds = Math.round((performance.now() - started) / 1000);
tell(`killed during: ${JSON.stringify(report.kills)}`);
tell(`acknowledged: ${JSON.stringify(report.acknowledged)}`);
tell(`${report.looked} look-ups in ${report.checks} checks; nothing was lost (${seconds} s)`);
