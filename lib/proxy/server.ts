/**
 * The proxy of one run: listens on loopback and serves the run's child.
 *
 * @module
 */

import type { AddressInfo, Server, Socket } from "node:net";
import type { AuditFact } from "../audit.ts";
import type { HostAndPort, Hostname } from "../hostname.ts";
import type { Secret } from "../secret.ts";
import { Admission } from "./admission.ts";
import { type BaseUrlOptions, BaseUrls } from "./decision/base_url.ts";
import { type ClientServices, serveClient } from "./client_connection.ts";
import type { ConnectTo } from "./upstream/connect_to.ts";
import type { RenewInjection, ResolveInjection } from "./decision/credential_choice.ts";
import { Dialer } from "./upstream/dial.ts";
import { H2Upstreams } from "./http2/upstreams.ts";
import { DEFAULT_LIMITS, type ProxyLimits } from "./limits.ts";
import type { FindPermit } from "./decision/permit.ts";
import { type ClientEnds, createTokenCheck } from "./proxy_token.ts";
import { formatRefusal, refuse } from "./decision/refusal.ts";
import { Redaction } from "./redaction/redaction.ts";
import type { RouteTable } from "./decision/route.ts";
import type { Sighting } from "./sighting.ts";
import { freeWhenClosed } from "./stream/node_stream.ts";
import { type LeafPems, TlsTerminator } from "./stream/tls_termination.ts";
import { UpstreamPool } from "./upstream/pool.ts";
import { createProxyChoice, type UpstreamProxySettings } from "./upstream/chained_proxy.ts";
import { Watchdog } from "./stream/watchdog.ts";

/** What a proxy is given. Only `token`, `routes`, `resolve` and `issueLeaf` must be. */
export interface ProxyOptions {
  /** What a client must prove before anything else: the password in the proxy's URL. */
  readonly token: Secret;
  /** The routes now. Called for every client connection, so it must be cheap. */
  readonly routes: () => RouteTable;
  /**
   * Whether a client that sends no token is let in all the same; asked once for a connection.
   * Default: no.
   */
  readonly isTrusted?: (ends: ClientEnds) => Promise<boolean>;
  readonly resolve: ResolveInjection;
  /** Asked once for each request that a service answers with 401. */
  readonly renew?: RenewInjection;
  /** What the run's policies allow; absent if it has none. */
  readonly permitOf?: FindPermit | undefined;
  /** The certificate for a routed host. Called once for each host. */
  readonly issueLeaf: (host: Hostname) => LeafPems;
  /** Roots for upstream certificates, PEM, one each. Called at the first TLS connection. */
  readonly caCerts?: () => readonly string[];
  /** Addresses below which this port stands for services. Absent: none. */
  readonly baseUrls?: BaseUrlOptions | undefined;
  readonly connectTo?: readonly ConnectTo[];
  /** The parent's proxy. */
  readonly upstreamProxy?: UpstreamProxySettings;
  /** Refuse every host without a route. */
  readonly onlyRouted?: boolean;
  /**
   * Takes a fact before the first byte of a request to a routed host leaves, and gives a number that
   * the exchange's own fact will carry. Must not throw.
   */
  readonly begin?: (fact: AuditFact) => number;
  /** Called behind one or several `begin`, before anything of their requests leaves. Must not throw. */
  readonly commit?: () => void;
  /** Mask credentials in answers that quote them; default `true`. */
  readonly redact?: boolean;
  /** Takes one fact for every exchange with a routed host. Must not throw. */
  readonly record?: (fact: AuditFact) => void;
  /** Takes what no request tells of. Must not throw. */
  readonly see?: (sighting: Sighting) => void;
  /** Further ports of authsome's own on loopback, such as the login page's. */
  readonly ownPorts?: readonly number[];
  /**
   * Keep clients from this machine's own addresses, unless they have a route or `connectTo` names
   * them. Default: no.
   */
  readonly sparesOwnMachine?: boolean;
  /**
   * Listen on a new socket file at this path instead of a port, once told to with `listen`. Whoever can
   * open that file need not send the token.
   */
  readonly socketPath?: string;
  readonly limits?: Partial<ProxyLimits>;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number;
}

/** A proxy that listens. */
export interface RunningProxy {
  /** On 127.0.0.1; 0 if it listens on a socket file. */
  readonly port: number;
  /**
   * Listens on the socket file, if it is to. Deno (2.7 to 2.9) lets children inherit such a socket,
   * so this is for the time when the child has been spawned.
   */
  listen(): Promise<void>;
  /** How many connections have come so far, from whomever. */
  connections(): number;
  /** Ends every connection at once and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port of 127.0.0.1, or on a socket file.
 *
 * @throws {AuthsomeError} `usage` if `upstreamProxy` is not a proxy.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { createServer } = await import("node:net");
  const ownPorts = [...(options.ownPorts ?? [])];
  const services = createServices(options, ownPorts);
  const { limits, now, terminator } = services;
  const destroy = (socket: Socket): void => terminator.destroy(socket);
  const admission = new Admission(limits, { now, destroy });
  let connections = 0;
  // Half-open: a client may end its direction and still wait for the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    // As an option of the server, Deno 2.7 ignores it, and every second small write waits for 40 ms.
    socket.setNoDelay(true);
    freeWhenClosed(socket);
    if (!admission.enter(socket)) return turnAway(socket);
    void serveClient(socket, services, () => admission.admit(socket));
  });
  const { socketPath } = options;
  const port = socketPath === undefined ? await listenOnPort(server) : 0;
  ownPorts.push(port);
  return {
    port,
    listen: () => socketPath === undefined ? Promise.resolve() : listenOnFile(server, socketPath),
    connections: () => connections,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      admission.close();
      services.pool.close();
      services.h2Upstreams.close();
      services.watchdog.close();
      await closed;
    },
  };
}

function createServices(options: ProxyOptions, ownPorts: readonly number[]): ClientServices {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const now = options.now ?? Date.now;
  const shortest = Math.min(limits.headMs, limits.idleMs, limits.idleUpstreamMs);
  const watchdog = new Watchdog(now, shortest);
  const dialer = new Dialer({
    connectTo: options.connectTo ?? [],
    chooseProxy: createProxyChoice(options.upstreamProxy ?? {}),
    caCerts: options.caCerts ?? (() => []),
    ownPorts: () => ownPorts,
    mayReachOwnMachine: options.sparesOwnMachine === true
      ? (target) => isRouted(options.routes(), target)
      : () => true,
    connectMs: limits.connectMs,
  });
  const renew: RenewInjection = options.renew ?? (() => Promise.resolve(undefined));
  const redaction = options.redact === false ? undefined : new Redaction();
  return {
    routes: options.routes,
    isAuthorized: createTokenCheck(options.token),
    isTrusted: options.isTrusted ?? (() => Promise.resolve(false)),
    baseUrls: options.baseUrls && new BaseUrls(options.baseUrls),
    trustsAll: options.socketPath !== undefined,
    onlyRouted: options.onlyRouted ?? false,
    resolve: redaction?.watchResolve(options.resolve) ?? options.resolve,
    renew: redaction?.watchRenew(renew) ?? renew,
    redaction,
    permitOf: options.permitOf,
    terminator: new TlsTerminator(options.issueLeaf),
    begin: options.begin ?? (() => undefined),
    commit: options.commit ?? (() => {}),
    record: options.record ?? (() => {}),
    see: options.see ?? (() => {}),
    http1Hosts: new Set(),
    pool: new UpstreamPool({ dialer, watchdog, limits }),
    h2Upstreams: new H2Upstreams({ dialer, watchdog, idleUpstreamMs: limits.idleUpstreamMs }),
    dialer,
    watchdog,
    limits,
    now,
  };
}

function isRouted(table: RouteTable, target: HostAndPort): boolean {
  return table.find(target, "https") !== undefined || table.find(target, "http") !== undefined;
}

function listenOnPort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function listenOnFile(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}

function turnAway(socket: Socket): void {
  socket.on("error", () => {});
  const refusal = refuse(503, "The proxy serves as many connections as it may.");
  socket.write(formatRefusal(refusal, { close: true }));
  socket.destroySoon();
}
