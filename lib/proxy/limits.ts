/**
 * What one run's proxy is prepared to hold and how long it waits.
 *
 * @module
 */

/** Bounds of the proxy. */
export interface ProxyLimits {
  /** Size of a request or response head, and of the trailers of a chunked body, in bytes. */
  readonly headBytes: number;
  /** Field lines in one head. */
  readonly headFields: number;
  /** Size of a body that must be whole before its head can be sent, in bytes. */
  readonly heldBodyBytes: number;
  /** Client connections at once; more are turned away with 503. */
  readonly connections: number;
  /** Those among them that have not shown the token; the oldest make room for more. */
  readonly strangers: number;
  /** Time to connect to an upstream, TLS included, in milliseconds. */
  readonly connectMs: number;
  /**
   * Time for a client to finish a head it began, or its TLS handshake, or to show the token, in
   * milliseconds.
   */
  readonly headMs: number;
  /** Time without a byte after which a connection or an exchange is ended, in milliseconds. */
  readonly idleMs: number;
  /** Unused upstream connections kept for each destination. */
  readonly idleUpstreams: number;
  /** How long an unused upstream connection is kept, in milliseconds. */
  readonly idleUpstreamMs: number;
}

/**
 * Far above what clients need. `idleMs` is an hour because the wait for an answer belongs to the
 * child: when it gives up, its side of the exchange ends and ours with it. `heldBodyBytes` leaves
 * room for the largest request of Amazon Bedrock, 25 MB.
 */
export const DEFAULT_LIMITS: ProxyLimits = {
  headBytes: 64 * 1024,
  headFields: 256,
  heldBodyBytes: 32 * 1024 * 1024,
  connections: 1024,
  strangers: 64,
  connectMs: 30_000,
  headMs: 30_000,
  idleMs: 3_600_000,
  idleUpstreams: 32,
  idleUpstreamMs: 30_000,
};
