/**
 * `deno task fuzz [--seconds N] [--target NAME] [--seed N]`: fuzzes every target, or one, for so
 * long each. A finding is kept in the corpus and ends the run with status 1.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { readCorpus, writeFinding } from "./corpus.ts";
import { fuzz, FuzzFinding } from "./run.ts";
import { TARGETS } from "./targets.ts";

function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 2 ** 32) },
  },
});
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (targets.length === 0) throw new Error(`No target is called ${values.target}.`);
for (const target of targets) {
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  const corpus = readCorpus(target.name);
  try {
    const count = await fuzz(target, { seed, duration: seconds * 1000, corpus });
    const rate = Math.round(count / seconds);
    tell(`${target.name}: ${count} inputs, ${rate} a second, seed ${seed}: nothing found`);
  } catch (error) {
    if (!(error instanceof FuzzFinding)) throw error;
    tell(`${error.stack}\ncaused by ${error.cause instanceof Error ? error.cause.stack : ""}`);
    tell(`kept as ${writeFinding(target.name, error.input)}`);
    Deno.exitCode = 1;
  }
}
