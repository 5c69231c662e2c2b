/**
 * What a run has seen of its child's connections, host by host: enough to tell a program that works
 * from one that cannot.
 *
 * @module
 */

import type { Sighting } from "../proxy/sighting.ts";

/** Counts for one host. */
export interface HostTally {
  /** Connections without the token. */
  unauthorized: number;
  /** Connections with it, to a routed host. */
  connected: number;
  /** Of these: ended by the client because it does not trust the run's certificate. */
  distrusted: number;
  /** Requests, answered in any way. */
  requests: number;
}

/** A neighbour on this machine may ask for any number of hosts. */
const MAX_HOSTS = 1_000;

/** The counts of one run. */
export class RunTally {
  readonly #hosts = new Map<string, HostTally>();

  /** Counts what the proxy has seen. */
  see({ kind, host }: Sighting): void {
    this.of(host)[kind]++;
  }

  /** Counts a request to a routed host. */
  countRequest(host: string): void {
    this.of(host).requests++;
  }

  /** The counts of `host`, zeros for one that was never seen. */
  of(host: string): HostTally {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const tally = { unauthorized: 0, connected: 0, distrusted: 0, requests: 0 };
    if (this.#hosts.size < MAX_HOSTS) this.#hosts.set(host, tally);
    return tally;
  }

  /** Every host that was seen. */
  entries(): Iterable<readonly [string, Readonly<HostTally>]> {
    return this.#hosts;
  }
}
