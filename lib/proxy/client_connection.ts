/**
 * One client connection from its first byte: requests to the proxy, then what CONNECT made of it.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Awaitable } from "../awaitable.ts";
import type { BaseUrls } from "./decision/base_url.ts";
import { ByteReader } from "./stream/byte_reader.ts";
import { decideConnect } from "./decision/decision.ts";
import { DenoStream } from "./stream/deno_stream.ts";
import type { Dialer } from "./upstream/dial.ts";
import type { HeadLines } from "./http1/head_lines.ts";
import { type ConnectedClient, intercept, type InterceptServices } from "./intercept.ts";
import type { HostAndPort } from "../hostname.ts";
import { NodeStream } from "./stream/node_stream.ts";
import { createProxyPlanner } from "./plain_forward.ts";
import { type ClientEnds, lacksToken, type TokenCheck } from "./proxy_token.ts";
import { formatRefusal, refusalOf } from "./decision/refusal.ts";
import type { RouteTable } from "./decision/route.ts";
import { serveRequests } from "./http1/session.ts";
import { tunnel } from "./tunnel.ts";
import type { Watchdog } from "./stream/watchdog.ts";

/** What client connections share. */
export interface ClientServices extends InterceptServices {
  /** The routes now. */
  readonly routes: () => RouteTable;
  readonly isAuthorized: TokenCheck;
  /** Whether a client that sends no token is let in all the same. */
  readonly isTrusted: (ends: ClientEnds) => Promise<boolean>;
  /** Absent: there are none. */
  readonly baseUrls: BaseUrls | undefined;
  /** Whether every client may be one that sends no token. */
  readonly trustsAll: boolean;
  /** Refuse every host without a route. */
  readonly onlyRouted: boolean;
  readonly dialer: Dialer;
  readonly watchdog: Watchdog;
}

const ESTABLISHED = new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n");

/**
 * Serves a client to the end of its connection; `admit` is called when it has shown the token or is
 * trusted without, for which it has as long as for one head. Never rejects.
 */
export async function serveClient(
  socket: Socket,
  services: ClientServices,
  admit: () => void,
): Promise<void> {
  const stream = new NodeStream(socket);
  const watch = services.watchdog.watch(() => stream.abort());
  const client = { stream, reader: new ByteReader(stream), watch };
  try {
    const table = services.routes();
    watch.allow(services.limits.headMs);
    let isAdmitted = false;
    const welcome = (): true => {
      if (!isAdmitted) watch.allow(services.limits.idleMs);
      isAdmitted = true;
      admit();
      return true;
    };
    let trusted: Promise<boolean> | undefined;
    const isAuthorized = (lines: HeadLines): Awaitable<boolean> => {
      if (services.isAuthorized(lines)) return welcome();
      if (!lacksToken(lines)) return false;
      return trusted ??= isTrusted(socket, services).then((isOurs) => isOurs && welcome());
    };
    const port = (): number => socket.localPort ?? 0;
    const plan = createProxyPlanner({ services, table, port, isAuthorized, welcome });
    const options = { services, plan, watch, isAdmitted: () => isAdmitted };
    const target = await serveRequests(client, options);
    if (target !== undefined) await connect(client, { target, table }, services);
  } catch {
    // Whatever went wrong, this connection is over; the others are not concerned.
    stream.abort();
  } finally {
    watch.end();
  }
}

/** A port alone would not do: 127.0.0.2 is this machine, too, and has ports of its own. */
async function isTrusted(socket: Socket, services: ClientServices): Promise<boolean> {
  if (services.trustsAll) return true;
  const { remoteAddress, remotePort, localPort } = socket;
  if (remoteAddress !== "127.0.0.1" || !remotePort || !localPort) return false;
  return await services.isTrusted({ clientPort: remotePort, proxyPort: localPort });
}

async function connect(
  client: ConnectedClient,
  request: { readonly target: HostAndPort; readonly table: RouteTable },
  services: ClientServices,
): Promise<void> {
  const { target, table } = request;
  const decision = decideConnect(target, { table, onlyRouted: services.onlyRouted });
  switch (decision.kind) {
    case "refuse":
      return client.stream.abort();
    case "tunnel":
      return await connectBlindly(client, target, services);
    case "intercept":
      // Before the answer: a client that leaves at once was here all the same.
      services.see({ kind: "connected", host: target.host });
      await client.stream.write(ESTABLISHED);
      return await intercept(client, { target, routes: decision.routes }, services);
    default:
      return decision satisfies never;
  }
}

async function connectBlindly(
  client: ConnectedClient,
  target: HostAndPort,
  services: ClientServices,
): Promise<void> {
  let upstream: DenoStream;
  try {
    upstream = new DenoStream(await services.dialer.dialTcp(target));
  } catch (error) {
    await client.stream.write(formatRefusal(refusalOf(error), { close: true }));
    return client.stream.close();
  }
  await client.stream.write(ESTABLISHED).catch(() => upstream.close());
  client.watch.allow(services.limits.idleMs);
  const touch = (): void => client.watch.touch();
  await tunnel(client, { stream: upstream, reader: new ByteReader(upstream) }, touch);
}
