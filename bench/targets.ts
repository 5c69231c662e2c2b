/**
 * What the proxy is meant to reach, as ratios within one run.
 *
 * @module
 */

import type { Outcome, Results } from "./rounds.ts";
import { median, medianRatio } from "./statistics.ts";
import { ROUND_TRIP } from "./upstream.ts";
import { type Figure, P50, P99, PEAK, WORKLOADS } from "./workloads.ts";

/** One target for one peer of ours. */
export interface Verdict {
  readonly text: string;
  /** What was found, with the unit the text implies; `undefined` if it was not measured. */
  readonly found: number | undefined;
  readonly met: boolean | undefined;
}

interface Target {
  readonly text: string;
  readonly at: "least" | "most";
  readonly limit: number;
  readonly find: (results: Results, ours: string) => number | undefined;
}

const TARGETS: readonly Target[] = [
  least(0.5, "keep-alive-1", "direct"),
  {
    text: "keep-alive-1: p50 as a multiple of direct",
    at: "most",
    limit: 2.2,
    find: (results, ours) =>
      ratio(results, { workload: "keep-alive-1", ours, base: "direct", figure: P50 }),
  },
  least(25, "keep-alive-32", "mitmproxy"),
  least(30, "http2-32", "mitmproxy"),
  least(0.6, "http2-32", "direct"),
  least(8, "new-1", "mitmproxy"),
  least(8, "new-8", "mitmproxy"),
  least(0.5, "download-10mb", "direct"),
  least(2, "download-10mb", "mitmproxy"),
  {
    text: "download-10mb: multiple of the same with --no-redact",
    at: "least",
    limit: 0.95,
    find: (results, ours) => {
      if (ours !== "authsome") return undefined;
      return ratio(results, { workload: "download-10mb", ours, base: "authsome-no-redact" });
    },
  },
  least(0.5, "upload-10mb", "direct"),
  least(2, "upload-10mb", "mitmproxy"),
  {
    text: "new-far: round trips of a new client connection",
    at: "most",
    limit: 1.2,
    find: (results, ours) => divide(middle(results, "new-far", { peer: ours }), ROUND_TRIP),
  },
  {
    text: "events: added p99 delay, ms",
    at: "most",
    limit: 1,
    find: (results, ours) => {
      const through = middle(results, "events", { peer: ours, figure: P99 });
      const without = middle(results, "events", { peer: "direct", figure: P99 });
      return through === undefined || without === undefined ? undefined : through - without;
    },
  },
  least(0.6, "tunnel-1", "direct"),
  least(0.6, "tunnel-10mb", "direct"),
  {
    text: "memory: peak, MiB",
    at: "most",
    limit: 95,
    find: (results, ours) => middle(results, "memory", { peer: ours }),
  },
  ...["download-1gb", "upload-1gb"].map((workload): Target => ({
    text: `${workload}: peak memory, MiB`,
    at: "most",
    limit: 150,
    find: (results, ours) => middle(results, workload, { peer: ours, figure: PEAK }),
  })),
  {
    text: "growth: last quarter less first, MiB",
    at: "most",
    limit: 5,
    find: (results, ours) => middle(results, "growth", { peer: ours }),
  },
  {
    text: "aborts: upstream connections left open",
    at: "most",
    limit: 0,
    find: (results, ours) => middle(results, "aborts", { peer: ours }),
  },
];

/** Holds the results of the peer called `ours` against every target. */
export function judge(results: Results, ours: string): Verdict[] {
  return TARGETS.map(({ text, at, limit, find }) => {
    const found = find(results, ours);
    const met = found === undefined ? undefined : at === "least" ? found >= limit : found <= limit;
    return { text: `${text}, at ${at} ${limit}`, found, met };
  });
}

/** The median ratio of one figure of two peers. */
export function ratio(
  results: Results,
  { workload, ours, base, figure }: {
    readonly workload: string;
    readonly ours: string;
    readonly base: string;
    /** The workload's own unless named. */
    readonly figure?: Figure;
  },
): number | undefined {
  const read = (figure ?? figureOf(workload)).read;
  const values = (outcome: Outcome | undefined): (number | undefined)[] =>
    Array.from(outcome?.rounds ?? [], (round) => round && read(round));
  const peers = results.get(workload);
  return medianRatio(values(peers?.get(ours)), values(peers?.get(base)));
}

function least(limit: number, workload: string, base: string): Target {
  return {
    text: `${workload}: multiple of ${base}`,
    at: "least",
    limit,
    find: (results, ours) => ratio(results, { workload, ours, base }),
  };
}

function middle(
  results: Results,
  workload: string,
  { peer, figure }: { readonly peer: string; readonly figure?: Figure },
): number | undefined {
  const { read } = figure ?? figureOf(workload);
  const rounds = results.get(workload)?.get(peer)?.rounds ?? [];
  const values = rounds.flatMap((round) => (round && read(round)) ?? []);
  return values.length === 0 ? undefined : median(values);
}

function figureOf(name: string): Figure {
  const workload = WORKLOADS.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`no workload '${name}'`);
  return workload.figure;
}

function divide(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by;
}
