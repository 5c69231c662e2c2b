/**
 * Opens connections to the world: directly, redirected, or through the parent's proxy.
 *
 * @module
 */

import { formatHostAndPort, type HostAndPort } from "../../hostname.ts";
import { type ConnectTo, isRedirected, redirect } from "./connect_to.ts";
import { isLoopbackAddress, isOwnAddress } from "./own_address.ts";
import {
  explainDelay,
  explainDial,
  explainProxyAnswer,
  explainProxyDial,
  type Way,
} from "./dial_failure.ts";
import { DenoStream } from "../stream/deno_stream.ts";
import { HeadScanner } from "../http1/head_lines.ts";
import { refuse, RefusedError } from "../decision/refusal.ts";
import { parseResponseHead } from "../http1/response_head.ts";
import { bridge } from "../stream/tls_bridge.ts";
import type { ProxyChoice, UpstreamProxy } from "./chained_proxy.ts";

/** How to reach the world. */
export interface DialOptions {
  readonly connectTo: readonly ConnectTo[];
  readonly chooseProxy: ProxyChoice;
  /**
   * Roots for upstream certificates, PEM, one certificate each, beside Deno's own. Called at the
   * first TLS connection.
   */
  readonly caCerts: () => readonly string[];
  /** Ports of authsome's own listeners on loopback, which nobody may be connected to. */
  readonly ownPorts: () => readonly number[];
  /** Whether `target` may be connected to although it turns out to be on this machine. */
  readonly mayReachOwnMachine: (target: HostAndPort) => boolean;
  /** Time for one connection, in milliseconds. */
  readonly connectMs: number;
}

/** An open TCP or TLS connection and the protocol that ALPN agreed on. */
export interface Dialled {
  readonly conn: Deno.Conn;
  /** Empty without ALPN. */
  readonly protocol: string;
}

/** Bounds of the answer of the parent's proxy. */
const ANSWER_LIMITS = { headBytes: 64 * 1024, headFields: 256 } as const;

/** Opens connections. One for a run. */
export class Dialer {
  readonly #options: DialOptions;
  #caCerts: string[] | undefined;

  constructor(options: DialOptions) {
    this.#options = options;
  }

  /**
   * A plain connection to `target`, for bytes that are not ours to read.
   *
   * @throws {RefusedError} 502 with the reason, 403 for a port of our own.
   */
  async dialTcp(target: HostAndPort): Promise<Deno.Conn> {
    const way = this.#tunnelWay(target);
    return await this.#within(way, (opened) => this.#tunnelTo(way, opened));
  }

  /**
   * A connection to `target` with its certificate verified. `protocols`: for ALPN, may be empty.
   *
   * @throws {RefusedError} 502 with the reason, 403 for a port of our own.
   */
  async dialTls(target: HostAndPort, protocols: readonly string[]): Promise<Dialled> {
    const way = this.#tunnelWay(target);
    return await this.#within(way, async (opened) => {
      const conn = await this.#tunnelTo(way, opened);
      const tcp = "setNoDelay" in conn ? conn : opened(await bridge(conn));
      return await this.#startTls(target, { tcp, protocols, opened });
    });
  }

  /** The proxy that `http://` requests to `target` are sent to in absolute form, if any. */
  httpProxyFor(target: HostAndPort): UpstreamProxy | undefined {
    return this.#options.chooseProxy(redirect(target, this.#options.connectTo), "http");
  }

  /** A connection to the proxy itself, or to `target` if there is none. For `http://` requests. */
  async dialHttp(target: HostAndPort): Promise<Deno.Conn> {
    const proxy = this.httpProxyFor(target);
    const open = (opened: Opened): Promise<Deno.Conn> =>
      proxy === undefined
        ? this.#connect(target, opened)
        : namingProxy(proxy, this.#connectToProxy(proxy, opened));
    return await this.#within({ target, proxy }, open);
  }

  #tunnelWay(target: HostAndPort): Way {
    const { connectTo, chooseProxy } = this.#options;
    const address = redirect(target, connectTo);
    return { target, proxy: chooseProxy(target, "https") && chooseProxy(address, "https") };
  }

  async #tunnelTo({ target, proxy }: Way, opened: Opened): Promise<Deno.TcpConn | Deno.TlsConn> {
    if (proxy === undefined) return await this.#connect(target, opened);
    const address = redirect(target, this.#options.connectTo);
    return await namingProxy(proxy, this.#tunnelThrough(proxy, { address, opened }));
  }

  async #tunnelThrough(
    proxy: UpstreamProxy,
    { address, opened }: { readonly address: HostAndPort; readonly opened: Opened },
  ): Promise<Deno.TcpConn | Deno.TlsConn> {
    const conn = await this.#connectToProxy(proxy, opened);
    await requestTunnel(conn, address, proxy);
    return conn;
  }

  async #connect(target: HostAndPort, opened: Opened): Promise<Deno.TcpConn> {
    const { connectTo, ownPorts, mayReachOwnMachine } = this.#options;
    const address = redirect(target, connectTo);
    const conn = opened(await Deno.connect({ hostname: address.host, port: address.port }));
    if (isOwn(conn.remoteAddr, ownPorts())) {
      throw new RefusedError(refuse(403, "This address belongs to authsome itself."));
    }
    const isOpen = (): boolean => isRedirected(target, connectTo) || mayReachOwnMachine(target);
    if (isOnThisMachine(conn) && !isOpen()) throw new RefusedError(keptFromOwnMachine(target));
    conn.setNoDelay(true);
    return conn;
  }

  async #connectToProxy(
    proxy: UpstreamProxy,
    opened: Opened,
  ): Promise<Deno.TcpConn | Deno.TlsConn> {
    const conn = opened(
      await Deno.connect({ hostname: proxy.address.host, port: proxy.address.port }),
    );
    conn.setNoDelay(true);
    if (!proxy.tls) return conn;
    return (await this.#startTls(proxy.address, { tcp: conn, protocols: [], opened })).conn;
  }

  async #startTls(
    target: HostAndPort,
    request: { tcp: Deno.TcpConn; protocols: readonly string[]; opened: Opened },
  ): Promise<Dialled & { readonly conn: Deno.TlsConn }> {
    const caCerts = this.#caCerts ??= [...this.#options.caCerts()];
    const alpn = request.protocols.length > 0 ? { alpnProtocols: [...request.protocols] } : {};
    const options = { hostname: target.host, caCerts, ...alpn };
    const conn = request.opened(await Deno.startTls(request.tcp, options));
    const { alpnProtocol } = await conn.handshake();
    return { conn, protocol: alpnProtocol ?? "" };
  }

  /** Runs `open` with a time limit and closes what it has opened if it fails. */
  async #within<T>(way: Way, open: (opened: Opened) => Promise<T>): Promise<T> {
    let last: Deno.Conn | undefined;
    let late = false;
    const opened: Opened = (conn) => {
      last = conn;
      if (late) close(conn);
      return conn;
    };
    const timeout = Promise.withResolvers<never>();
    const expire = (): void => {
      late = true;
      timeout.reject(new RefusedError(explainDelay(way, this.#options.connectMs)));
    };
    const timer = setTimeout(expire, this.#options.connectMs);
    try {
      const opening = open(opened);
      opening.catch(() => {});
      return await Promise.race([opening, timeout.promise]);
    } catch (error) {
      if (last !== undefined) close(last);
      throw error instanceof RefusedError
        ? error
        : new RefusedError(explainDial(way.target, error));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Notes a connection, so that it is closed if what follows fails. */
type Opened = <C extends Deno.Conn>(conn: C) => C;

/** CONNECT to `address` through `proxy` (RFC 9110, section 9.3.6). */
async function requestTunnel(
  conn: Deno.Conn,
  address: HostAndPort,
  proxy: UpstreamProxy,
): Promise<void> {
  const name = formatHostAndPort(address);
  const authorization = proxy.authorization === undefined
    ? ""
    : `Proxy-Authorization: ${proxy.authorization.reveal()}\r\n`;
  const request = `CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${authorization}\r\n`;
  await new DenoStream(conn).write(new TextEncoder().encode(request));
  const { status } = parseResponseHead(await readAnswer(conn), "CONNECT", ANSWER_LIMITS);
  if (status >= 200 && status < 300) return;
  throw new RefusedError(explainProxyAnswer(proxy, { status, name }));
}

/** Blames the parent's proxy for what goes wrong with it, not the service. */
async function namingProxy<T>(proxy: UpstreamProxy, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw error instanceof RefusedError ? error : new RefusedError(explainProxyDial(proxy, error));
  }
}

/** One byte at a time, as what follows belongs to the tunnel. */
async function readAnswer(conn: Deno.Conn): Promise<Uint8Array> {
  const bytes = new Uint8Array(ANSWER_LIMITS.headBytes);
  const scanner = new HeadScanner(bytes.length);
  for (let length = 0;; length++) {
    const end = length === 0 ? undefined : scanner.scan(bytes.subarray(0, length));
    if (end !== undefined) return bytes.subarray(0, end);
    const count = await conn.read(bytes.subarray(length, length + 1));
    if (count === null) throw new Deno.errors.UnexpectedEof();
  }
}

function isOwn(address: Deno.Addr, ownPorts: readonly number[]): boolean {
  if (address.transport !== "tcp" || !ownPorts.includes(address.port)) return false;
  return isLoopbackAddress(address.hostname);
}

/** Asked of the connection, since every name may resolve to such an address. */
function isOnThisMachine({ remoteAddr, localAddr }: Deno.TcpConn): boolean {
  return isOwnAddress(remoteAddr.hostname, localAddr.hostname);
}

function keptFromOwnMachine(target: HostAndPort): ReturnType<typeof refuse> {
  const name = formatHostAndPort(target);
  const hint = `To allow it: authsome run --isolate --connect-to ${name}:127.0.0.1:PORT -- …`;
  return refuse(403, `${name} is part of this machine, which an isolated run is kept from.`, hint);
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Consumed by startTls, or closed before.
  }
}
