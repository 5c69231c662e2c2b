/**
 * Measures what many connected providers cost: how much later a run starts with all of them than
 * with one, and how many random hosts a second are routed.
 *
 * @module
 */

import { join } from "node:path";
import { openBroker } from "../lib/broker/broker.ts";
import { resolveApiUrls } from "../lib/base_url.ts";
import { parseConnectionName, parseProfileName } from "../lib/connection.ts";
import { parseHostPattern } from "../lib/host_pattern.ts";
import { parseHostname } from "../lib/hostname.ts";
import type { Provider } from "../lib/provider.ts";
import { createRouteTable, type Route } from "../lib/proxy/decision/route.ts";
import { createRegistry } from "../lib/registry.ts";
import { Secret } from "../lib/secret.ts";
import { BUNDLED } from "../providers/mod.ts";
import { describeMachine } from "./machine.ts";
import { print, tell, writeResults } from "./report.ts";
import { formatNumber, formatTable } from "./results.ts";
import { summarize } from "./statistics.ts";

const BINARY = join(import.meta.dirname ?? ".", "..", "dist", "authsome");
const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;
const HOSTS = 200_000;
/** Milliseconds that a run with every provider may start later than a run with one. */
const LATER_LIMIT = 30;
/** Random hosts routed in a second, at least. */
const HOSTS_LIMIT = 100_000;
const CONNECTION = parseConnectionName("default");

/** Every bundled provider, but of those that claim the same host only the first. */
export function pickProviders(): readonly Provider[] {
  const claimed = new Set<string>();
  const registry = createRegistry({ bundled: BUNDLED, custom: [] });
  return registry.entries().flatMap(({ name, provider }) => {
    if (provider === undefined) throw new Error(`the definition of ${name} is wrong`);
    const urls = patternsOf(provider);
    if (urls.some((url) => claimed.has(url))) return [];
    for (const url of urls) claimed.add(url);
    return [provider];
  });
}

/** Host patterns; installations get a made-up address of their own. */
function patternsOf(provider: Provider): readonly string[] {
  return resolveApiUrls(provider, provider.oauth?.baseUrl ?? installationOf(provider));
}

function installationOf(provider: Provider): string {
  return `https://${provider.name}.example.com`;
}

/** The routes of a run with these providers. */
export function createRoutes(providers: readonly Provider[]): Route[] {
  return providers.flatMap((provider) =>
    patternsOf(provider).map((text) => ({
      pattern: parseHostPattern(text),
      provider: provider.name,
      connection: CONNECTION,
      placement: provider.placement,
    }))
  );
}

/** Hosts of which about half have a route: real ones, neighbours of real ones and strangers. */
export function randomHosts(routes: readonly Route[], count: number): string[] {
  const names = routes.map(({ pattern }) => pattern.kind === "exact" ? pattern.host : "a.example");
  const pick = (index: number): string => names[index % names.length] ?? "a.example";
  return Array.from({ length: count }, (_, index) => {
    const label = Math.random().toString(36).slice(2);
    if (index % 2 === 0) return pick(index / 2);
    return index % 4 === 1 ? `${label}.${pick(index)}` : `${label}.example.net`;
  });
}

/** Hosts routed in a second, the parsing of their names included. */
export function measureRouting(routes: readonly Route[], hosts: readonly string[]): number {
  const table = createRouteTable(routes);
  let found = 0;
  const start = performance.now();
  for (const host of hosts) {
    if (table.find({ host: parseHostname(host), port: 443 }, "https") !== undefined) found++;
  }
  const seconds = (performance.now() - start) / 1_000;
  if (found === 0 || found === hosts.length) throw new Error("the hosts are not random");
  return hosts.length / seconds;
}

/** Makes a home in which all `providers` are connected. */
function connectAll(home: string, providers: readonly Provider[]): void {
  const options = { home, profile: parseProfileName("default"), env: {}, now: Date.now };
  using broker = openBroker({ ...options, bundled: BUNDLED });
  for (const provider of providers) {
    const secret = new Secret(`sk-${"0123456789".repeat(4)}`);
    broker.vault.writeConnection(
      {
        schema_version: 1,
        provider: provider.name,
        profile: broker.profile,
        connection_name: CONNECTION,
        auth_type: provider.authType,
        status: "connected",
        scopes: [],
        token_type: null,
        expires_at: null,
        obtained_at: new Date().toISOString(),
        base_url: provider.oauth?.baseUrl ?? installationOf(provider),
        account: { id: null, label: null },
        metadata: { api_urls: patternsOf(provider) },
      },
      provider.authType === "api_key" ? { api_key: secret } : { access_token: secret },
      { replace: false },
    );
  }
}

/** Milliseconds until the child of a run has ended, of each home in turn. */
function measureStarts(homes: readonly string[]): readonly number[][] {
  const samples: number[][] = homes.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    tell(`round ${round + 1} of ${ROUNDS}`);
    for (const [index, home] of homes.entries()) {
      const milliseconds = timeRun(home);
      if (round >= 0) samples[index]?.push(milliseconds);
    }
  }
  return samples;
}

/** Blocks until the process has ended: an event loop between would add its own delay. */
function timeRun(home: string): number {
  const command = new Deno.Command(BINARY, {
    args: ["run", "--", "true"],
    env: { AUTHSOME_HOME: home },
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  });
  const start = performance.now();
  const { success, stderr } = command.outputSync();
  if (!success) throw new Error(`a run failed: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - start;
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-routing-" });
  try {
    const providers = pickProviders();
    const routes = createRoutes(providers);
    const [one, all] = [join(folder, "one"), join(folder, "all")];
    connectAll(one, providers.slice(0, 1));
    connectAll(all, providers);
    const [first, every] = measureStarts([one, all]).map(summarize);
    if (first === undefined || every === undefined) throw new Error("nothing was measured");
    const later = every.median - first.median;
    const rate = measureRouting(routes, randomHosts(routes, HOSTS));
    const rows = [
      ["measured", "found", "budget", ""],
      ["run with one provider: ms", formatNumber(first.median, 1), "", ""],
      [`run with ${providers.length} providers: ms`, formatNumber(every.median, 1), "", ""],
      [
        "later: ms",
        formatNumber(later, 1),
        `at most ${LATER_LIMIT}`,
        verdict(later <= LATER_LIMIT),
      ],
      [
        `random hosts routed per second, ${routes.length} routes`,
        formatNumber(rate, 0),
        `at least ${formatNumber(HOSTS_LIMIT, 0)}`,
        verdict(rate >= HOSTS_LIMIT),
      ],
    ];
    const method = `Runs of \`true\` from start to end, medians of ${ROUNDS} interleaved rounds ` +
      `after ${WARM_UP_ROUNDS} to warm up.`;
    const content = [await describeMachine(), method, formatTable(rows)].join("\n\n");
    tell("");
    print(content);
    if (Deno.args.includes("--write")) await writeResults("Many providers", content);
    if (later > LATER_LIMIT || rate < HOSTS_LIMIT) Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function verdict(met: boolean): string {
  return met ? "met" : "**missed**";
}

if (import.meta.main) await main();
