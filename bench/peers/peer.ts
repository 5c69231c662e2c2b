/**
 * A peer: one way to reach the upstream that is measured beside the others.
 *
 * @module
 */

import type { Tools } from "../tools.ts";
import type { Endpoint, Upstream } from "../upstream.ts";

/** What not every peer can do. */
export type Feature = "http2" | "tunnel" | "websocket";

/** What a peer may use. */
export interface Bench {
  readonly tools: Tools;
  readonly upstream: Upstream;
  /** Where installed peers are kept from one run of the bench to the next. */
  readonly cache: string;
  /** Complete value of the Authorization header that the upstream must get. */
  readonly credential: string;
  /** Makes a new folder that goes when the bench ends. */
  createFolder(): Promise<string>;
}

/** One way to the upstream. */
export interface Peer {
  /** As `--only` and the tables call it. */
  readonly name: string;
  /** What it does beside, or does not do, that makes the comparison uneven. */
  readonly notes: string;
  readonly lacks: readonly Feature[];
  /** Names of the only workloads it is run with; absent: all. */
  readonly workloads?: readonly string[];
  /**
   * Installs what is missing and names what is measured, with versions.
   *
   * @throws {Unavailable} if that is not possible here.
   */
  prepare(bench: Bench): Promise<string>;
  /** Starts it. */
  start(bench: Bench): Promise<RunningPeer>;
}

/** A started peer. */
export interface RunningPeer extends AsyncDisposable {
  /** Root of its process tree; absent for the direct way. */
  readonly pid?: number;
  /** The load generator's arguments that lead to an endpoint through this peer. */
  route(endpoint: Endpoint): readonly string[];
}

/** A peer that cannot be measured here, and why. */
export class Unavailable extends Error {}

/** Arguments for the usual case: a proxy that knows where `host:port` is. */
export function routeThrough(
  access: { readonly proxy: string; readonly ca: string; readonly upstreamCa: string },
  target: { readonly endpoint: Endpoint; readonly address: string },
): readonly string[] {
  const ca = target.endpoint === "tunnel" ? access.upstreamCa : access.ca;
  return ["-proxy", access.proxy, "-target", target.address, "-ca", ca];
}
