/**
 * One measurement: a run of the load generator, and what it reported.
 *
 * @module
 */

import { bind } from "./placement.ts";
import { runProgram } from "./program.ts";

/** What the load generator says. Times in ms unless named otherwise; memory in MiB, sizes in MB. */
export interface Measurement {
  readonly operations: number;
  readonly errors: number;
  readonly first_error?: string;
  readonly seconds: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly megabytes_per_second: number;
  /** Processor time of the generator itself. */
  readonly generator_cpu_seconds: number;
  /** Processor time, memory and its peak of the proxy. */
  readonly cpu_seconds: number;
  readonly resident_mb: number;
  readonly peak_resident_mb: number;
  /** Mean memory in the four quarters of the run. */
  readonly resident_quarters_mb?: readonly number[];
  /** Upstream connections that outlived aborted downloads. */
  readonly left_open?: number;
  readonly body?: string;
}

/**
 * Reads the generator's output.
 *
 * @throws {Error} if it is not one of its reports, or nothing succeeded.
 */
export function parseMeasurement(text: string): Measurement {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("operations" in value)) {
    throw new Error(`not a report of the load generator: ${text.slice(0, 200)}`);
  }
  const measurement = value as Measurement;
  if (measurement.operations === 0) {
    throw new Error(measurement.first_error ?? "nothing was measured");
  }
  return measurement;
}

/**
 * Runs the load generator.
 *
 * @throws {Error} if it fails, or nothing succeeded.
 */
export async function measure(loadgen: string, args: readonly string[]): Promise<Measurement> {
  return parseMeasurement(await runProgram(bind("generator", [loadgen, ...args])));
}
