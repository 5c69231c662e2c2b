/**
 * Compares the proxy with the direct connection and with other proxies; `--help` says how to run it.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import {
  authsomeBinary,
  authsomePolicy,
  authsomeSource,
  authsomeUnredacted,
} from "./peers/authsome.ts";
import { direct } from "./peers/direct.ts";
import { mitmproxyDebian, mitmproxyNewest } from "./peers/mitmproxy.ts";
import { httpMitmProxy, mockttp } from "./peers/node_proxies.ts";
import { passthrough } from "./peers/passthrough.ts";
import type { Peer } from "./peers/peer.ts";
import { varlock } from "./peers/varlock.ts";
import { print, tell, writeResults } from "./report.ts";
import { formatComparison } from "./results.ts";
import { compare, type Plan } from "./rounds.ts";
import { buildTools } from "./tools.ts";
import { startUpstream } from "./upstream.ts";
import { WORKLOADS } from "./workloads.ts";

const PEERS: readonly Peer[] = [
  direct,
  passthrough,
  authsomeSource,
  authsomeUnredacted,
  authsomePolicy,
  authsomeBinary,
  mitmproxyNewest,
  mitmproxyDebian,
  varlock,
  mockttp,
  httpMitmProxy,
];

const HELP = `Usage: deno task bench [--quick] [--only NAME]… [--no-write]

  --quick      one short round, nothing large (under 3 minutes)
  --only NAME  only this workload or peer, repeatable
  --no-write   do not write RESULTS.md (implied by --quick and --only)

Workloads: ${WORKLOADS.map(({ name }) => name).join(", ")}
Peers: ${PEERS.map(({ name }) => name).join(", ")}

Needs Linux, go, openssl, nginx and taskset; peers that do not install are reported as such. They are
kept in $AUTHSOME_BENCH_CACHE, or ~/.cache/authsome-bench.`;

const METHOD =
  `All on loopback; upstream nginx and the test origin of this folder, with TLS. Every round runs every
workload with every peer in turn, and begins with another peer each time. Medians are of the rounds;
ratios are medians of the ratios within a round. Each measurement warms up for 0.3 s. The load
generator is bound to processor 0 and the upstream to processor 1; proxies run where the scheduler
puts them. Peers do not do equal work; the list says what differs.`;

/** What a run measures, from its arguments; `undefined` if it is help that is wanted. */
export function parsePlan(
  args: readonly string[],
): { readonly plan: Plan; readonly write: boolean } | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      write: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
    allowNegative: true,
  });
  if (values.help) return undefined;
  const known = new Set([...WORKLOADS, ...PEERS].map(({ name }) => name));
  for (const name of values.only) {
    if (!known.has(name)) throw new Error(`'${name}' is neither a workload nor a peer.\n\n${HELP}`);
  }
  const timed = WORKLOADS.filter(({ schedule }) => !values.quick || schedule.kind === "rounds");
  return {
    plan: {
      workloads: select(timed, WORKLOADS, values.only),
      peers: select(PEERS, PEERS, values.only),
      rounds: values.quick ? 1 : 3,
      seconds: values.quick ? 0.5 : 1.2,
    },
    write: values.write && !values.quick && values.only.length === 0,
  };
}

/** The named items of `all`; `otherwise` if none of them is named. */
function select<T extends { readonly name: string }>(
  otherwise: readonly T[],
  all: readonly T[],
  names: readonly string[],
): readonly T[] {
  const named = all.filter(({ name }) => names.includes(name));
  return named.length > 0 ? named : otherwise;
}

async function main(): Promise<void> {
  const parsed = parsePlan(Deno.args);
  if (parsed === undefined) return print(HELP);
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "authsome-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  tell("building the load generator");
  const tools = await buildTools(folder);
  const upstream = await startUpstream(tools, folder, stack);
  const cache = cacheFolder();
  await Deno.mkdir(cache, { recursive: true });
  const comparison = await compare(parsed.plan, {
    tools,
    upstream,
    cache,
    credential: `Bearer sk-${crypto.randomUUID()}`,
    createFolder: () => Deno.makeTempDir({ dir: folder }),
  }, tell);
  const tables = formatComparison(comparison, parsed.plan.workloads);
  const content = `${await describeMachine()}\n\n${METHOD}\n\n${tables}`;
  tell("");
  print(content);
  if (parsed.write) await writeResults("Proxy", content);
}

function cacheFolder(): string {
  const own = Deno.env.get("AUTHSOME_BENCH_CACHE");
  if (own !== undefined) return own;
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  return join(caches, "authsome-bench");
}

if (import.meta.main) await main();
