/**
 * The runtime's own limit: a proxy that terminates TLS on both sides and copies bytes.
 *
 * @module
 */

import { join } from "node:path";
import { startProgram } from "../program.ts";
import { HOSTS } from "../upstream.ts";
import { type Peer, routeThrough } from "./peer.ts";

/** As authsome's own. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=20,--no-maglev," +
  "--invocation-count-for-turbofan=400";

/** What is left of the direct speed before a proxy of this design has done anything. */
export const passthrough: Peer = {
  name: "passthrough",
  notes:
    "Terminates TLS on both sides as authsome does, and copies bytes: no password, no parsing, " +
    "no pooling, no credential, no audit, bounded by nothing. What the runtime leaves to win.",
  lacks: ["tunnel"],
  prepare: () => Promise.resolve(`fifty lines on Deno ${Deno.version.deno}`),
  start: async ({ upstream, credential }) => {
    const { ca, leaf, leafKey } = upstream.certificates;
    const ports = Object.fromEntries(
      (Object.keys(HOSTS) as (keyof typeof HOSTS)[]).map((name) => [
        HOSTS[name],
        upstream.ports[name],
      ]),
    );
    const script = join(import.meta.dirname ?? ".", "passthrough_server.ts");
    const running = await startProgram([
      ...[Deno.execPath(), "run", "--no-prompt", "--allow-read", "--allow-net", "--allow-env"],
      ...[V8_FLAGS, script],
      ...[leaf, leafKey, ca, JSON.stringify(ports)],
    ], { awaitLine: true });
    const access = { proxy: `http://127.0.0.1:${running.firstLine}`, ca, upstreamCa: ca };
    return {
      pid: running.pid,
      route: (endpoint) => [
        ...routeThrough(access, { endpoint, address: `${HOSTS[endpoint]}:443` }),
        ...["-header", `Authorization: ${credential}`],
      ],
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  },
};
