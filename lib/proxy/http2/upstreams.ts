/**
 * Upstream connections for clients that offer HTTP/2.
 *
 * Theory of operation: an HTTP/2 connection is relayed frame by frame and ends with its client, so
 * it cannot be pooled. Instead, whenever one is given out, the next is opened ahead: a client that
 * comes soon after another one need not wait for handshakes. Such a spare one has not sent a byte;
 * it is read ahead, so that an upstream that gives it up is noticed.
 *
 * @module
 */

import { formatHostAndPort } from "../../hostname.ts";
import type { Dialer } from "../upstream/dial.ts";
import { type Destination, UpstreamConnection } from "../upstream/pool.ts";
import type { Watch, Watchdog } from "../stream/watchdog.ts";

/** A connection and what it speaks. */
export interface NegotiatedUpstream {
  readonly connection: UpstreamConnection;
  /** What the upstream chose by ALPN; empty if it does not know ALPN. */
  readonly protocol: string;
}

/** What they are opened with. */
export interface H2UpstreamOptions {
  readonly dialer: Dialer;
  readonly watchdog: Watchdog;
  /** How long a spare connection is kept, in milliseconds. */
  readonly idleUpstreamMs: number;
}

interface Spare {
  readonly upstream: NegotiatedUpstream;
  readonly watch: Watch;
}

/** Opens connections; keeps at most one spare for each destination and choice of protocols. */
export class H2Upstreams {
  readonly #options: H2UpstreamOptions;
  readonly #spares = new Map<string, Spare>();
  readonly #coming = new Map<string, Promise<NegotiatedUpstream>>();
  #closed = false;

  constructor(options: H2UpstreamOptions) {
    this.#options = options;
  }

  /**
   * A connection on which nothing was sent yet.
   *
   * @throws {RefusedError} as {@link Dialer} does.
   */
  async open(destination: Destination, protocols: readonly string[]): Promise<NegotiatedUpstream> {
    const key = keyOf(destination, protocols);
    const upstream = this.#takeSpare(key) ?? await this.#takeComing(key) ??
      await this.#dial(destination, protocols);
    if (upstream.protocol === "h2") this.#prepare(destination, protocols);
    return upstream;
  }

  /** Closes the spare ones. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#spares.keys()]) this.#drop(key);
  }

  #takeSpare(key: string): NegotiatedUpstream | undefined {
    const spare = this.#spares.get(key);
    if (spare === undefined) return undefined;
    this.#spares.delete(key);
    spare.watch.end();
    if (!spare.upstream.connection.stream.isOver) return spare.upstream;
    spare.upstream.connection.stream.close();
    return undefined;
  }

  async #takeComing(key: string): Promise<NegotiatedUpstream | undefined> {
    const coming = this.#coming.get(key);
    this.#coming.delete(key);
    // One that failed says nothing about the next attempt.
    return await coming?.catch(() => undefined);
  }

  #prepare(destination: Destination, protocols: readonly string[]): void {
    const key = keyOf(destination, protocols);
    if (this.#closed || this.#spares.has(key) || this.#coming.has(key)) return;
    const coming = this.#dial(destination, protocols);
    this.#coming.set(key, coming);
    const settle = (upstream?: NegotiatedUpstream): void => {
      if (this.#coming.get(key) !== coming) return;
      this.#coming.delete(key);
      if (upstream !== undefined) this.#keep(key, upstream);
    };
    coming.then(settle, () => settle());
  }

  #keep(key: string, upstream: NegotiatedUpstream): void {
    if (this.#closed) return upstream.connection.stream.close();
    upstream.connection.stream.startReading();
    const watch = this.#options.watchdog.watch(() => this.#drop(key));
    watch.allow(this.#options.idleUpstreamMs);
    this.#spares.set(key, { upstream, watch });
    void upstream.connection.stream.closed.then(() => {
      if (this.#spares.get(key)?.upstream === upstream) this.#drop(key);
    });
  }

  #drop(key: string): void {
    const spare = this.#spares.get(key);
    this.#spares.delete(key);
    spare?.watch.end();
    spare?.upstream.connection.stream.close();
  }

  async #dial(
    destination: Destination,
    protocols: readonly string[],
  ): Promise<NegotiatedUpstream> {
    const { conn, protocol } = await this.#options.dialer.dialTls(destination.target, protocols);
    return { connection: new UpstreamConnection(destination, conn), protocol };
  }
}

function keyOf(destination: Destination, protocols: readonly string[]): string {
  return `${formatHostAndPort(destination.target)} ${protocols.join(",")}`;
}
