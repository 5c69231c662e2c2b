/**
 * A CONNECT to a routed host: ends TLS here, so that each request can be seen and injected.
 *
 * Theory of operation: the client's ClientHello is read before TLS begins, for two reasons. Its
 * server name must be the host of CONNECT. And its protocols are offered to the upstream first, so
 * that the client gets what the upstream chose: HTTP/2 frames are then relayed as they are, and
 * nobody has to translate between versions.
 *
 * @module
 */

import type { HostAndPort, Hostname } from "../hostname.ts";
import { ByteReader } from "./stream/byte_reader.ts";
import { type ClientHello, peekClientHello } from "./client_hello.ts";
import type { RenewInjection, ResolveInjection } from "./decision/credential_choice.ts";
import type { InterceptedConnection } from "./decision/decision.ts";
import type { H2Upstreams } from "./http2/upstreams.ts";
import { NodeStream } from "./stream/node_stream.ts";
import type { FindPermit } from "./decision/permit.ts";
import { formatRefusal, refuse } from "./decision/refusal.ts";
import { planRouted, type RequestPlanner } from "./decision/request_plan.ts";
import type { HostRoutes } from "./decision/route.ts";
import { serveRequests, type SessionServices } from "./http1/session.ts";
import { isDistrust, type Sighting } from "./sighting.ts";
import type { TlsTerminator } from "./stream/tls_termination.ts";
import type { Destination, UpstreamConnection } from "./upstream/pool.ts";
import type { Watch } from "./stream/watchdog.ts";

/** What interception is done with. */
export interface InterceptServices extends SessionServices {
  readonly h2Upstreams: H2Upstreams;
  readonly terminator: TlsTerminator;
  readonly resolve: ResolveInjection;
  readonly renew: RenewInjection;
  /** Takes what no request tells of. */
  readonly see: (sighting: Sighting) => void;
  /** Absent if the run has no policy. */
  readonly permitOf: FindPermit | undefined;
  /** Hosts known to speak HTTP/1.1 only; their upstream need not be asked first. */
  readonly http1Hosts: Set<Hostname>;
}

/** A client that was answered 200 to its CONNECT. */
export interface ConnectedClient {
  readonly stream: NodeStream;
  readonly reader: ByteReader;
  readonly watch: Watch;
}

/** Serves an intercepted connection to its end. Never rejects. */
export async function intercept(
  client: ConnectedClient,
  request: { readonly target: HostAndPort; readonly routes: HostRoutes },
  services: InterceptServices,
): Promise<void> {
  const { target, routes } = request;
  if (routes.scheme === "http") {
    const connection = { target, routes, serverName: undefined };
    const plan = createRoutedPlanner(connection, services);
    return void await serveRequests(client, { services, plan, watch: client.watch });
  }
  try {
    client.watch.allow(services.limits.headMs);
    const hello = await awaitHello(client);
    if (hello === undefined) return;
    await new Interception(client, { target, routes, serverName: hello.serverName }, services)
      .serve(hello.protocols);
  } catch (error) {
    // The client broke off, or refused our certificate: it cannot be told.
    if (isDistrust(error)) services.see({ kind: "distrusted", host: target.host });
    client.stream.abort();
  }
}

function createRoutedPlanner(
  connection: InterceptedConnection,
  { resolve, renew, permitOf }: Pick<InterceptServices, "resolve" | "renew" | "permitOf">,
): RequestPlanner {
  return (head, session) => planRouted(head, { connection, resolve, renew, permitOf, session });
}

/** Leaves the ClientHello unread. `undefined` if there is none; the client is then answered. */
async function awaitHello(client: ConnectedClient): Promise<ClientHello | undefined> {
  for (;;) {
    const peek = peekClientHello(client.reader.available);
    if (peek.kind === "hello") return peek.hello;
    if (peek.kind === "not_tls" || !await client.reader.fill()) break;
  }
  const refusal = refuse(400, "This host is reached over TLS only.", "Use https://");
  await client.stream.write(formatRefusal(refusal, { close: true }));
  client.stream.close();
  return undefined;
}

class Interception {
  readonly #client: ConnectedClient;
  readonly #connection: InterceptedConnection;
  readonly #services: InterceptServices;

  constructor(
    client: ConnectedClient,
    connection: InterceptedConnection,
    services: InterceptServices,
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#services = services;
  }

  async serve(offered: readonly string[]): Promise<void> {
    const { host } = this.#connection.target;
    const mayBeH2 = offered.includes("h2") && !this.#isMisdirected() && !this.#mayNeedSigning() &&
      !(offered.includes("http/1.1") && this.#services.http1Hosts.has(host));
    const upstream = mayBeH2 ? await this.#askUpstream(offered) : undefined;
    if (upstream === undefined) this.#services.pool.prepare(this.#destination);
    try {
      await this.#serveTls(upstream, chooseProtocol(offered, upstream));
    } catch (error) {
      upstream?.stream.close();
      throw error;
    }
  }

  get #destination(): Destination {
    return { target: this.#connection.target, scheme: "https" };
  }

  /** A body that must be held before its head leaves would hold up every other stream. */
  #mayNeedSigning(): boolean {
    return this.#connection.routes.routes.some(({ placement }) => placement.kind === "sigv4");
  }

  #isMisdirected(): boolean {
    const { serverName, target } = this.#connection;
    return serverName !== undefined && serverName.toLowerCase() !== target.host;
  }

  /** An upstream that chose HTTP/2, or `undefined`; one that did not goes to the pool. */
  async #askUpstream(offered: readonly string[]): Promise<UpstreamConnection | undefined> {
    const { h2Upstreams, pool, http1Hosts } = this.#services;
    const protocols = offered.filter((name) => name === "h2" || name === "http/1.1");
    try {
      const { connection, protocol } = await h2Upstreams.open(this.#destination, protocols);
      if (protocol === "h2") return connection;
      http1Hosts.add(this.#connection.target.host);
      pool.offer(connection);
    } catch {
      // Each request will be told why, over HTTP/1.1.
    }
    return undefined;
  }

  async #serveTls(
    upstream: UpstreamConnection | undefined,
    protocol: string | undefined,
  ): Promise<void> {
    const { terminator } = this.#services;
    const { stream: raw, reader, watch } = this.#client;
    const socket = raw.release(reader.available);
    const { host } = this.#connection.target;
    const stream = new NodeStream(await terminator.accept(socket, { host, protocol }), socket);
    const plan = createRoutedPlanner(this.#connection, this.#services);
    const client = { stream, reader: new ByteReader(stream) };
    if (upstream === undefined) {
      return void await serveRequests(client, { services: this.#services, plan, watch });
    }
    const { relayH2 } = await import("./http2/relay.ts");
    const { createH2Policy } = await import("./http2/policy.ts");
    watch.allow(Infinity);
    const ends = { client: stream, upstream: upstream.stream };
    await relayH2(ends, createH2Policy(this.#connection, this.#services));
  }
}

/** What the client is told by ALPN; nothing if it offered nothing that we speak. */
function chooseProtocol(
  offered: readonly string[],
  upstream: UpstreamConnection | undefined,
): string | undefined {
  if (upstream !== undefined) return "h2";
  return ["http/1.1", "http/1.0"].find((protocol) => offered.includes(protocol));
}
