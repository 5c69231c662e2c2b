/**
 * No proxy at all: the limit.
 *
 * @module
 */

import { HOSTS } from "../upstream.ts";
import type { Peer } from "./peer.ts";

/** The client connects to the upstream itself, with the credential. */
export const direct: Peer = {
  name: "direct",
  notes: "No proxy: the limit.",
  lacks: [],
  prepare: () => Promise.resolve("no proxy"),
  start: ({ upstream, credential }) =>
    Promise.resolve({
      route: (endpoint) => [
        ...["-target", `${HOSTS[endpoint]}:443`, "-dial", `127.0.0.1:${upstream.ports[endpoint]}`],
        ...["-ca", upstream.certificates.ca, "-header", `Authorization: ${credential}`],
      ],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};
