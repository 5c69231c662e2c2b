/**
 * Interleaved rounds: every workload with every peer, again and again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { measure, type Measurement } from "./measurement.ts";
import { type Bench, type Peer, type RunningPeer, Unavailable } from "./peers/peer.ts";
import type { Workload } from "./workloads.ts";

/** How much is measured. */
export interface Plan {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  /** Measured time of one workload with one peer in one round, in seconds. */
  readonly seconds: number;
}

/** All measurements of one workload with one peer. */
export interface Outcome {
  /** By round; absent where it failed or was not made. */
  readonly rounds: (Measurement | undefined)[];
  /** Why a measurement is missing. */
  problem?: string;
}

/** What a peer that takes part is, or why it does not. */
export interface Participant {
  readonly peer: Peer;
  /** Name and versions, or the reason. */
  readonly description: string;
  readonly available: boolean;
}

/** Outcomes by workload name, then by peer name. */
export type Results = Map<string, Map<string, Outcome>>;

/** Everything that was found out. */
export interface Comparison {
  readonly participants: readonly Participant[];
  readonly results: Results;
}

const WARM_UP = ["-warm-up", "300ms"];
const LIMIT = ["-timeout", "25s"];
const LONG_LIMIT = ["-timeout", "110s"];

/** Runs the plan; `tell` hears what is going on. */
export async function compare(
  plan: Plan,
  bench: Bench,
  tell: (progress: string) => void,
): Promise<Comparison> {
  await using stack = new AsyncDisposableStack();
  const participants: Participant[] = [];
  const running = new Map<Peer, RunningPeer>();
  for (const peer of plan.peers) {
    tell(`starting ${peer.name}`);
    const { instance, ...participant } = await enter(peer, bench);
    participants.push(participant);
    if (instance !== undefined) running.set(peer, stack.use(instance));
  }
  const results: Results = new Map();
  for (let round = 0; round < plan.rounds; round++) {
    for (const workload of plan.workloads) {
      for (const [peer, instance] of rotate([...running], round)) {
        if (!applies(workload, peer, { isLast: round === plan.rounds - 1 })) continue;
        tell(`round ${round + 1} of ${plan.rounds}: ${workload.title}: ${peer.name}`);
        await record(
          results,
          { workload, peer, round },
          () => measureOnce({ workload, peer, instance, seconds: plan.seconds }, bench),
        );
      }
    }
  }
  return { participants, results };
}

/** Installs, starts and checks a peer. */
async function enter(
  peer: Peer,
  bench: Bench,
): Promise<Participant & { readonly instance?: RunningPeer }> {
  let instance: RunningPeer | undefined;
  try {
    const description = await peer.prepare(bench);
    instance = await peer.start(bench);
    await checkCredential(instance, bench);
    return { peer, description, available: true, instance };
  } catch (error) {
    await instance?.[Symbol.asyncDispose]();
    const reason = error instanceof Error ? error.message : String(error);
    const description = error instanceof Unavailable ? reason : `does not work: ${reason}`;
    return { peer, description, available: false };
  }
}

/**
 * Whether the peer puts the credential in, as the upstream sees it.
 *
 * @throws {Error} if not: its speed would mean nothing.
 */
async function checkCredential(instance: RunningPeer, bench: Bench): Promise<void> {
  const { body } = await measure(bench.tools.loadgen, [
    ...["check", ...instance.route("origin"), "-path", "/echo", ...LIMIT],
  ]);
  const expected = createHash("sha256").update(bench.credential).digest("hex");
  if (!body?.includes(expected)) throw new Error("the upstream does not get the credential");
}

/** Round after round another peer begins, so that none always runs after the same other. */
export function rotate<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** What runs once comes last: some peers never recover from it. */
function applies(workload: Workload, peer: Peer, { isLast }: { isLast: boolean }): boolean {
  if (workload.needs !== undefined && peer.lacks.includes(workload.needs)) return false;
  if (workload.peers !== undefined && !workload.peers.includes(peer.name)) return false;
  if (peer.workloads !== undefined && !peer.workloads.includes(workload.name)) return false;
  return workload.schedule.kind === "rounds" || isLast;
}

async function record(
  results: Results,
  { workload, peer, round }: { workload: Workload; peer: Peer; round: number },
  take: () => Promise<Measurement>,
): Promise<void> {
  const peers = results.get(workload.name) ?? new Map<string, Outcome>();
  results.set(workload.name, peers);
  const outcome = peers.get(peer.name) ?? { rounds: [] };
  peers.set(peer.name, outcome);
  try {
    const measurement = await take();
    outcome.rounds[round] = measurement;
    if (measurement.errors > 0) {
      outcome.problem = `${measurement.errors} errors, such as: ${measurement.first_error}`;
    }
  } catch (error) {
    outcome.problem = error instanceof Error ? error.message : String(error);
  }
}

async function measureOnce(
  { workload, peer, instance, seconds }: {
    readonly workload: Workload;
    readonly peer: Peer;
    readonly instance: RunningPeer;
    readonly seconds: number;
  },
  bench: Bench,
): Promise<Measurement> {
  const { schedule } = workload;
  await using fresh = schedule.kind === "once" && schedule.fresh ? await peer.start(bench) : null;
  const used = fresh ?? instance;
  const duration = schedule.kind === "once"
    ? LONG_LIMIT
    : [...WARM_UP, ...LIMIT, "-duration", `${schedule.seconds ?? seconds}s`];
  return await measure(bench.tools.loadgen, [
    ...workload.args,
    ...used.route(workload.endpoint),
    ...["-port", `${bench.upstream.ports[workload.endpoint]}`],
    ...(used.pid === undefined ? [] : ["-pid", `${used.pid}`]),
    ...duration,
  ]);
}
