/**
 * One run: everything that stands between a child process and the credentials — the authority, the
 * proxy, the run's folder and the child's environment.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { Authority } from "../ca/authority.ts";
import { type ClientFiles, createChildEnvironment } from "../ca/child_environment.ts";
import { constraintOf } from "../host_pattern.ts";
import type { Hostname } from "../hostname.ts";
import { LOGIN_PORT } from "../login_address.ts";
import { type RunningProxy, startProxy } from "../proxy/server.ts";
import { Secret } from "../secret.ts";
import { recoverRequests } from "../vault/request_journal.ts";
import type { BaseUrlPlan } from "./base_urls.ts";
import type { Broker, Environment } from "./broker.ts";
import { type ChildSockets, createChildSockets } from "./child_sockets.ts";
import { finishClientFiles, writeClientFiles } from "./client_files.ts";
import { createDirectWatch } from "./direct_watch.ts";
import { knownHosts } from "./known_hosts.ts";
import { createRequestLog, type RequestLog } from "./request_log.ts";
import { createResolver } from "./resolver.ts";
import { planRoutes, type RoutePlan, type RunSelection } from "./route_plan.ts";
import { createRouteSource } from "./route_source.ts";
import { openRunFolder, removeDeadRuns, type RunFolder } from "./run_folder.ts";
import { collectHints } from "./run_hints.ts";
import { isolateEnvironment, isolateProxy, type RunIsolation } from "./run_isolation.ts";
import { type PolicyOptions, readRunPolicy } from "./run_policy.ts";
import { RunTally } from "./run_tally.ts";
import { readUpstreamSettings, type UpstreamOptions } from "./upstream_settings.ts";

/** Programs that end sooner than this, in milliseconds, are spared the work of settling. */
const SETTLE_MS = 5;

/** How a run is to behave; everything has a default. */
export interface RunOptions extends Partial<RunSelection>, Partial<UpstreamOptions>, PolicyOptions {
  /** Refuse every host without a route. */
  readonly only?: boolean;
  /** Lead SDKs to the proxy by their base-URL variables, too. */
  readonly baseUrlMode?: boolean;
  /** Mask credentials in answers that quote them; default `true`. */
  readonly redact?: boolean;
  /** Lead Node programs that Node does not lead itself; default `true`. */
  readonly nodePreload?: boolean;
  /**
   * Prepare for a child in a sandbox.
   *
   * @internal
   */
  readonly isolation?: RunIsolation;
}

/** A started run. */
export interface Run {
  /** 16 hexadecimal digits; names the run in the audit trail. */
  readonly id: string;
  /** The complete environment for the child. */
  readonly environment: Environment;
  /**
   * For files of this run.
   *
   * @internal
   */
  readonly folder: RunFolder;
  /**
   * Where the child finds the proxy on its loopback.
   *
   * @internal
   */
  readonly proxyPort: number;
  /**
   * Lets a sandbox connect to the proxy; call it once the child was spawned.
   *
   * @internal
   */
  openProxy(): Promise<void>;
  /** How many providers are routed. */
  readonly routed: number;
  /** Sentences for stderr. */
  readonly notes: readonly string[];
  /**
   * What was seen of the child's connections so far.
   *
   * @internal
   */
  readonly tally: RunTally;
  /**
   * Call it with the child's process number once it was spawned: only then are Java programs let in.
   * Does, shortly after, what no child needs in order to start.
   */
  settle(childPid?: number): void;
  /** What the proxy saw go wrong with the child's programs, and what to try; before the end. */
  hints(exitStatus: number): Promise<readonly string[]>;
  /** Stops the proxy, removes the folder and records the end. Gives sentences for stderr. */
  end(exitStatus: number): Promise<readonly string[]>;
}

/**
 * Starts a run.
 *
 * @throws {AuthsomeError} what {@link planRoutes} and {@link readRunPolicy} throw; `usage` for a
 * malformed `connectTo` or an unreadable `upstreamCa`; `vault_unavailable` if the home cannot be
 * used.
 */
export async function startRun(broker: Broker, options: RunOptions = {}): Promise<Run> {
  const { connections = new Map(), providers = [], connectTo = [], upstreamCa = [] } = options;
  const selection: RunSelection = { connections, providers };
  const policy = await readRunPolicy(broker, options);
  await broker.unlock();
  const version = broker.vault.dataVersion();
  const routes = planRoutes(broker, selection);
  if (routes.providers.length > 0) broker.vault.checkKey();
  const exposed = await findExposedKeys(broker, routes, options);
  const plan = { ...routes, notes: [...routes.notes, ...policy.notes, ...exposed] };
  const upstream = readUpstreamSettings(broker.env, { connectTo, upstreamCa });
  const id = randomBytes(8).toString("hex");
  const hosts = [...new Set(plan.routes.map((route) => constraintOf(route.pattern)))];
  const authority = new Authority({ hosts, now: broker.now });
  const token = new Secret(randomBytes(24).toString("base64url"));
  const log = createRequestLog(broker, id);
  const tally = new RunTally();
  const sockets = createChildSockets();
  const baseUrls = options.baseUrlMode === true
    ? (await import("./base_urls.ts")).planBaseUrls(plan, broker.env)
    : undefined;
  const folder = openRunFolder(broker.home.runFolder, id);
  const opening = startProxy({
    ...upstream,
    baseUrls,
    token,
    ...sockets && { isTrusted: (ends) => sockets.hold(ends) },
    ...isolateProxy(folder, options.isolation),
    routes: createRouteSource(broker, plan, { selection, version }),
    ...createResolver(broker),
    permitOf: policy.permitOf,
    issueLeaf: (host) => {
      if (!authority.covers(host)) authority.seal(knownHosts(broker));
      return authority.issueLeaf(host);
    },
    onlyRouted: options.only ?? false,
    redact: options.redact ?? true,
    ownPorts: [LOGIN_PORT],
    begin: log.begin,
    commit: log.commit,
    record: (fact) => {
      if (fact.event !== "redacted") tally.countRequest(fact.host ?? "");
      log.record(fact);
    },
    see: (sighting) => tally.see(sighting),
    now: broker.now,
  });
  let proxy: RunningProxy | undefined;
  try {
    proxy = await opening;
    const made = { id, plan, proxy, sockets, token, authority, hosts, log, tally, baseUrls };
    const { isolation, nodePreload = true } = options;
    const parts = { ...made, folder, isolation, nodePreload };
    return await admitChild(broker, parts);
  } catch (error) {
    await proxy?.close();
    folder.close();
    throw error;
  }
}

/** Looked for only where the person has reason to think that there is none. */
async function findExposedKeys(
  broker: Broker,
  { providers: routed, leftOut }: RoutePlan,
  { only = false, isolation, providers = [] }: RunOptions,
): Promise<readonly string[]> {
  const everyProvider = only || isolation !== undefined;
  if (!everyProvider && leftOut.length === 0) return [];
  const { noteExposedKeys } = await import("./exposed_keys.ts");
  const restricted = providers.length > 0;
  return noteExposedKeys(broker, { routed, leftOut, everyProvider, restricted });
}

interface StartedParts {
  readonly id: string;
  readonly plan: RoutePlan;
  readonly proxy: RunningProxy;
  readonly sockets: ChildSockets | undefined;
  readonly token: Secret;
  readonly authority: Authority;
  readonly hosts: readonly Hostname[];
  readonly log: RequestLog;
  readonly tally: RunTally;
  readonly baseUrls: BaseUrlPlan | undefined;
  readonly folder: RunFolder;
  readonly isolation: RunIsolation | undefined;
  readonly nodePreload: boolean;
}

/** Makes what the child is given, and records that it is. */
async function admitChild(broker: Broker, parts: StartedParts): Promise<Run> {
  const { id, plan, proxy, sockets, authority, log, tally, folder, isolation } = parts;
  const { env } = broker;
  const { rootPem } = authority;
  const wish = { env, rootPem, java: sockets !== undefined, nodePreload: parts.nodePreload };
  const files = await writeClientFiles(folder, wish);
  const proxyPort = isolation?.relayPort ?? proxy.port;
  const environment = childEnvironment(broker, { ...parts, files, proxyPort });
  broker.trail.append({ event: "run_start", run: id, outcome: "ok" });
  let settling: ReturnType<typeof setTimeout> | undefined;
  let settled: Promise<readonly string[]> | undefined;
  const direct = createDirectWatch(plan.routes.map(({ pattern }) => pattern));
  return {
    id,
    environment,
    folder,
    proxyPort,
    openProxy: () => proxy.listen(),
    routed: plan.providers.length,
    notes: [...plan.notes, ...parts.baseUrls?.notes ?? []],
    tally,
    settle: (childPid) => {
      if (childPid !== undefined) {
        sockets?.belongTo(childPid);
        direct?.start(childPid);
      }
      settling = setTimeout(() => {
        warmUpTls();
        authority.seal(knownHosts(broker));
        removeDeadRuns(broker.home.runFolder, broker.now());
        recoverRequests(broker.home, broker.trail);
        settled = finishClientFiles(folder, { ...wish, files });
      }, SETTLE_MS);
    },
    hints: (status) => collectHints({ tally, direct, connections: proxy.connections(), status }),
    end: async (exitStatus) => {
      direct?.stop();
      clearTimeout(settling);
      const notes = await settled ?? [];
      return [...notes, ...await endRun(broker, { id, proxy, folder, log, exitStatus })];
    },
  };
}

interface ChildParts extends StartedParts {
  readonly files: ClientFiles;
  readonly proxyPort: number;
}

function childEnvironment(broker: Broker, parts: ChildParts): Environment {
  const { plan, proxyPort, token, files, hosts, isolation, baseUrls } = parts;
  const placeholders = plan.providers.flatMap((provider) =>
    provider.exports.flatMap(({ variables }) =>
      variables.map((name) => [name, provider.placeholder] as const)
    )
  );
  return createChildEnvironment({
    parent: isolateEnvironment(broker.env, isolation),
    proxyUrl: `http://authsome:${token.reveal()}@127.0.0.1:${proxyPort}`,
    files,
    placeholders: { ...Object.fromEntries(placeholders), ...baseUrls?.variables(proxyPort) },
    routedHosts: hosts,
  });
}

/**
 * The TLS library gathers entropy for about 30 ms at its first use, and blocks everything while it
 * does. Making a key that nobody wants has it done on another thread while the child starts.
 */
function warmUpTls(): void {
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"])
    .catch(() => {});
}

interface RunParts {
  readonly id: string;
  readonly proxy: RunningProxy;
  readonly folder: RunFolder;
  readonly log: RequestLog;
  readonly exitStatus: number;
}

async function endRun(broker: Broker, parts: RunParts): Promise<readonly string[]> {
  const { id, proxy, folder, log, exitStatus } = parts;
  await proxy.close();
  const lost = log.close();
  folder.close();
  broker.trail.append({ event: "run_end", run: id, outcome: "ok", exit_status: exitStatus });
  if (lost === 0) return [];
  return [`The audit trail could not be written: ${lost} requests are not in it.`];
}
