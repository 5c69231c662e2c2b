/**
 * Upstream HTTP/1.1 connections that outlive one client connection, so that short-lived children
 * need not wait for handshakes.
 *
 * Theory of operation: only a connection whose last exchange ended cleanly comes back, and it is
 * kept with a read waiting: whatever arrives on an idle connection, be it an end, an error or
 * bytes nobody asked for, makes it unusable and is noticed at once. Bytes that come later, after the
 * next request has begun to leave, cannot be told from its answer (RFC 9112, section 9.2). The most
 * recently used one is taken first, as it is the least likely to be closed by the other side in that
 * very moment.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import { formatHostAndPort, type HostAndPort } from "../../hostname.ts";
import { ByteReader } from "../stream/byte_reader.ts";
import { DenoStream } from "../stream/deno_stream.ts";
import type { Dialer } from "./dial.ts";
import type { ProxyLimits } from "../limits.ts";
import type { TunnelEnd } from "../tunnel.ts";
import type { Watch, Watchdog } from "../stream/watchdog.ts";

/** Where a request goes. */
export interface Destination {
  readonly target: HostAndPort;
  /** `https`: TLS, with the certificate verified for the host of `target`. */
  readonly scheme: "https" | "http";
}

/** What the pool has made for a connection, to be used whenever it is idle. */
interface Keeping {
  readonly watch: Watch;
  readonly drop: () => void;
}

/** One open upstream connection. */
export class UpstreamConnection implements TunnelEnd {
  /** Where it leads; connections with the same one can stand for each other. */
  readonly key: string;
  readonly stream: DenoStream;
  readonly reader: ByteReader;
  /** Whether it has served an exchange before. */
  used = false;
  /** How long the upstream keeps it when idle, in milliseconds, if it said so. */
  keepAliveMs = Infinity;
  /** Whether our direction has ended. */
  writeEnded = false;
  /** The pool's own. */
  keeping: Keeping | undefined;

  constructor(destination: Destination, conn: Deno.Conn) {
    this.key = keyOf(destination);
    this.stream = new DenoStream(conn);
    this.reader = new ByteReader(this.stream);
  }

  /** Ends our direction only. */
  async endWrite(): Promise<void> {
    this.writeEnded = true;
    await this.stream.closeWrite();
  }
}

/** What the pool is made of. */
export interface PoolOptions {
  readonly dialer: Dialer;
  readonly watchdog: Watchdog;
  readonly limits: Pick<ProxyLimits, "idleUpstreams" | "idleUpstreamMs">;
}

/** A hint is met with this to spare, in milliseconds, for the way there. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** Keeps idle connections by destination. */
export class UpstreamPool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, UpstreamConnection[]>();
  /** Connections that are being opened ahead of the request that will need one. */
  readonly #coming = new Map<string, Promise<UpstreamConnection>>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Opens a connection ahead, unless one is at hand: a request will follow soon. */
  prepare(destination: Destination): void {
    const key = keyOf(destination);
    const isAtHand = (this.#idle.get(key)?.length ?? 0) > 0;
    if (isAtHand || this.#coming.has(key)) return;
    const coming = this.#open(destination);
    this.#coming.set(key, coming);
    const settle = (connection?: UpstreamConnection): void => {
      // Taken in the meantime: the taker deals with it, its failure included.
      if (this.#coming.get(key) !== coming) return;
      this.#coming.delete(key);
      if (connection !== undefined) this.offer(connection);
    };
    coming.then(settle, () => settle());
  }

  /**
   * An idle connection, at once, or a new one if there is none or `fresh` is wanted.
   *
   * @throws {RefusedError} as {@link Dialer} does.
   */
  acquire(destination: Destination, fresh = false): Awaitable<UpstreamConnection> {
    if (fresh) return this.#open(destination);
    const key = keyOf(destination);
    const idle = this.#idle.get(key)?.pop();
    if (idle !== undefined) {
      idle.keeping?.watch.allow(Infinity);
      return idle;
    }
    const coming = this.#coming.get(key);
    this.#coming.delete(key);
    return coming ?? this.#open(destination);
  }

  /** Takes a connection back whose exchange ended cleanly; it may be closed instead of kept. */
  release(connection: UpstreamConnection): void {
    connection.used = true;
    this.offer(connection);
  }

  /** Takes a connection on which nothing was sent yet; it may be closed instead of kept. */
  offer(connection: UpstreamConnection): void {
    const { idleUpstreams, idleUpstreamMs } = this.#options.limits;
    const { key, stream, reader, keepAliveMs, writeEnded } = connection;
    const list = this.#idle.get(key) ?? [];
    const keepMs = Math.min(idleUpstreamMs, keepAliveMs - KEEP_ALIVE_MARGIN_MS);
    const clean = reader.available.length === 0 && !reader.ended && !writeEnded;
    if (this.#closed || !clean || keepMs <= 0 || list.length >= idleUpstreams) {
      return stream.close();
    }
    const { watch, drop } = connection.keeping ??= this.#keep(connection);
    watch.allow(keepMs);
    if (list.push(connection) === 1) this.#idle.set(key, list);
    reader.fill().then(drop, drop);
  }

  /** Closes all idle connections; those that come back later are closed too. */
  close(): void {
    this.#closed = true;
    for (const { stream } of [...this.#idle.values()].flat()) stream.close();
    this.#idle.clear();
  }

  async #open(destination: Destination): Promise<UpstreamConnection> {
    const { target, scheme } = destination;
    const { dialer } = this.#options;
    const conn = scheme === "https"
      ? (await dialer.dialTls(target, ["http/1.1"])).conn
      : await dialer.dialHttp(target);
    return new UpstreamConnection(destination, conn);
  }

  /** Once for a connection, as it will come and go. */
  #keep(connection: UpstreamConnection): Keeping {
    const drop = (): void => this.#drop(connection);
    const watch = this.#options.watchdog.watch(drop);
    void connection.stream.closed.then(() => {
      watch.end();
      if (this.#idle.get(connection.key)?.length === 0) this.#idle.delete(connection.key);
    });
    return { watch, drop };
  }

  /** Ends an idle connection. One that is in use again is its exchange's business. */
  #drop(connection: UpstreamConnection): void {
    const list = this.#idle.get(connection.key);
    const at = list?.indexOf(connection) ?? -1;
    if (at < 0) return;
    list?.splice(at, 1);
    connection.stream.close();
  }
}

function keyOf(destination: Destination): string {
  return `${destination.scheme}://${formatHostAndPort(destination.target)}`;
}
