/**
 * Looks a few times during a run whether the child reaches the world without the proxy: the only
 * sign of programs that read no proxy variable (Linux only).
 *
 * Theory of operation: a look costs two short-lived processes and some milliseconds, so there are
 * four in a run, ever further apart; whoever keeps connections open, as SDKs do, is seen by one.
 * Only connections to ports of routed hosts count. A routed host's addresses are looked up when
 * there is something to compare them with. What shares an address with a routed host can be taken
 * for it; what has another address than ours resolves to is missed.
 *
 * @module
 */

import { parseIpAddress } from "../ca/ip_address.ts";
import type { HostPattern } from "../host_pattern.ts";
import { findHeldOnLinux } from "./socket_owners.ts";

/** One end of a connection. */
export interface RemoteEnd {
  /** The address's bytes in hexadecimal: 8 digits or 32. */
  readonly address: string;
  readonly port: number;
}

/** Gives the far ends of the connections that a process and its descendants hold. */
export type FindRemoteEnds = (child: number) => Promise<readonly RemoteEnd[]>;

/** What was seen so far. */
export interface DirectSightings {
  /** Routed hosts. */
  readonly hosts: readonly string[];
  /** Every far end, `address:port`, in order. */
  readonly addresses: readonly string[];
}

/** When to look, in milliseconds after the start. */
const LOOKS_MS: readonly number[] = [1_000, 4_000, 15_000, 60_000];

/** Hosts whose addresses are looked up. */
const MAX_HOSTS = 32;

/** What a watch is given. */
export interface DirectWatchOptions {
  readonly patterns: readonly HostPattern[];
  readonly find: FindRemoteEnds;
  /** The addresses of a host, in the usual notation. */
  readonly lookUp: (host: string) => Promise<readonly string[]>;
  /** Milliseconds after the start. */
  readonly looks?: readonly number[];
}

/** A watch for these routes, or `undefined` if there is nothing to see or no way to. */
export function createDirectWatch(
  patterns: readonly HostPattern[],
  os = Deno.build.os,
): DirectWatch | undefined {
  if (os !== "linux" || patterns.length === 0) return undefined;
  const ports = new Set(patterns.map(portOf));
  const find: FindRemoteEnds = (child) =>
    findHeldOnLinux(child, (text) => parseRemoteEnds(text, ports, Deno.uid() ?? -1));
  return new DirectWatch({ patterns, find, lookUp });
}

/** Watches one child. */
export class DirectWatch {
  readonly #options: DirectWatchOptions;
  readonly #hosts = new Set<string>();
  readonly #addresses = new Set<string>();
  #timers: readonly ReturnType<typeof setTimeout>[] = [];

  constructor(options: DirectWatchOptions) {
    this.#options = options;
  }

  /** Begins to look at the child. */
  start(child: number): void {
    const look = (): void => void this.look(child).catch(() => {});
    this.#timers = (this.#options.looks ?? LOOKS_MS).map((ms) => setTimeout(look, ms));
  }

  /** Looks no more. */
  stop(): void {
    this.#timers.forEach(clearTimeout);
  }

  /** Looks once, and no more once a routed host was seen. */
  async look(child: number): Promise<void> {
    const ends = await this.#options.find(child);
    if (ends.length === 0) return;
    for (const end of ends) this.#addresses.add(formatEnd(end));
    const found = new Set(ends.map(({ address, port }) => `${address} ${port}`));
    const hosts = this.#options.patterns.flatMap((one) => one.kind === "exact" ? [one] : []);
    await Promise.all(
      hosts.slice(0, MAX_HOSTS).map(async ({ host, port }) => {
        const addresses = await this.#addressesOf(host);
        if (addresses.some((address) => found.has(`${address} ${port}`))) this.#hosts.add(host);
      }),
    );
    if (this.#hosts.size > 0) this.stop();
  }

  /** What was seen so far. */
  seen(): DirectSightings {
    return { hosts: [...this.#hosts], addresses: [...this.#addresses] };
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const literal = parseIpAddress(host);
    const texts = literal === undefined ? await this.#options.lookUp(host).catch(() => []) : [host];
    return texts.flatMap((text) => parseIpAddress(text)?.toHex() ?? []);
  }
}

function portOf(pattern: HostPattern): number {
  return pattern.kind === "regex" ? 443 : pattern.port;
}

/** As programs do it: with the system's own resolver. */
async function lookUp(host: string): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

const MAPPED = "00000000000000000000ffff";

/**
 * Reads `/proc/net/tcp` and `/proc/net/tcp6` (proc_net(5)) on a little-endian machine: established
 * connections of `uid` to these ports that do not stay on this computer's loopback.
 *
 * @returns the far ends by the number of their socket.
 */
export function parseRemoteEnds(
  text: string,
  ports: ReadonlySet<number>,
  uid: number,
): ReadonlyMap<string, RemoteEnd> {
  const line =
    /^ *\d+: [\dA-F]+:\w{4} ([\dA-F]{8}|[\dA-F]{32}):(\w{4}) 01 \S+ \S+ \S+ +(\d+) +\d+ (\d+) /gm;
  const ends = new Map<string, RemoteEnd>();
  for (const [, words = "", hexPort = "", owner, socket = ""] of text.matchAll(line)) {
    const port = Number.parseInt(hexPort, 16);
    const address = bigEndian(words);
    if (Number(owner) !== uid || !ports.has(port) || isLoopback(address)) continue;
    ends.set(socket, { address, port });
  }
  return ends;
}

/** Words of four bytes, each written from its last byte to its first. */
function bigEndian(words: string): string {
  const address = words.toLowerCase().replace(/(..)(..)(..)(..)/g, "$4$3$2$1");
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

function isLoopback(address: string): boolean {
  return /^7f.{6}$|^0{31}1$/.test(address);
}

function formatEnd({ address, port }: RemoteEnd): string {
  if (address.length === 8) {
    return `${[...Uint8Array.fromHex(address)].join(".")}:${port}`;
  }
  return `[${address.match(/.{4}/g)?.join(":")}]:${port}`;
}
