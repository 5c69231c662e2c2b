/**
 * Runs fuzz targets for a while.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { createRandom } from "../support/random.ts";
import { mutate } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

/** How long the processor may work on one input, in milliseconds; more is a hang. */
const SLOWEST_MS = 2_000;

/** How much the heap may grow while fuzzing, in bytes, beyond what garbage explains. */
const MAX_HEAP = 512 * 1024 * 1024;

/** A violated property. */
export class FuzzFinding extends Error {
  /** What it takes to see it again. */
  readonly input: Uint8Array;

  constructor(target: string, seed: number, details: { input: Uint8Array; cause: unknown }) {
    const { input, cause } = details;
    const hex = Array.from(input.subarray(0, 200), (byte) => byte.toString(16).padStart(2, "0"));
    super(`${target}, seed ${seed}, ${input.length} bytes: ${hex.join("")}`, { cause });
    this.name = "FuzzFinding";
    this.input = input;
  }
}

/** How much to do. */
export interface FuzzEffort {
  /** Decides every input; the same seed makes the same run. */
  readonly seed: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Inputs to start from, besides generated ones. */
  readonly corpus: readonly Uint8Array[];
}

/**
 * Fuzzes one target.
 *
 * @returns the number of inputs that were tried.
 * @throws {FuzzFinding} at the first input for which a property does not hold.
 */
export async function fuzz(target: FuzzTarget, effort: FuzzEffort): Promise<number> {
  const { seed, duration } = effort;
  const random = createRandom(seed);
  const corpus = [...effort.corpus, ...Array.from({ length: 20 }, () => target.generate(random))];
  const end = performance.now() + duration;
  let count = 0;
  for (; performance.now() < end; count++) {
    const input = random.chance(4) ? target.generate(random) : mutate(corpus, random);
    const started = cpuUsage();
    try {
      await target.check(input, random);
      const spent = cpuUsage(started).user / 1000;
      if (spent > SLOWEST_MS) throw new Error(`took ${Math.round(spent)} ms`);
      if (Deno.memoryUsage().heapUsed > MAX_HEAP) throw new Error("holds too much memory");
    } catch (cause) {
      throw new FuzzFinding(target.name, seed, { input, cause });
    }
    if (random.chance(50)) corpus[random.below(corpus.length)] = input;
  }
  return count;
}

/** Checks every input of the corpus once. */
export async function replay(target: FuzzTarget, corpus: readonly Uint8Array[]): Promise<void> {
  const random = createRandom(1);
  for (const input of corpus) {
    try {
      for (let round = 0; round < 10; round++) await target.check(input, random);
    } catch (cause) {
      throw new FuzzFinding(target.name, 1, { input, cause });
    }
  }
}
