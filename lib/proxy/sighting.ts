/**
 * What the proxy sees of clients that get no further than its door: who asked without the token,
 * and who does not trust the run's certificates. Requests are recorded elsewhere.
 *
 * @module
 */

import type { Hostname } from "../hostname.ts";

/** One thing seen. */
export interface Sighting {
  readonly kind:
    /** A CONNECT to a routed host without the run's token. */
    | "unauthorized"
    /** A CONNECT to a routed host. */
    | "connected"
    /** The client said in TLS that it does not trust our certificate. */
    | "distrusted";
  readonly host: Hostname;
}

/** TLS alerts (RFC 8446, section 6.2) by which a client refuses a certificate. */
const REFUSAL = /alert.*(?:unknown_?ca|certificate)/i;

/**
 * Whether a failed handshake was the client's refusal of our certificate. Not every client says so:
 * some just close the connection.
 */
export function isDistrust(error: unknown): boolean {
  return error instanceof Error && REFUSAL.test(error.message);
}
