/**
 * mockttp and http-mitm-proxy: libraries, each in a small server that sets the header.
 *
 * @module
 */

import { join } from "node:path";
import { createAuthority } from "../certificates.ts";
import { startProgram } from "../program.ts";
import { HOSTS } from "../upstream.ts";
import {
  installPackages,
  nodeCommand,
  nodeEnvironment,
  packagesFolder,
  VERSIONS,
} from "./node_packages.ts";
import { type Bench, type Peer, routeThrough, type RunningPeer } from "./peer.ts";

/** mockttp, HTTP/2 and TLS pass-through on. */
export const mockttp: Peer = {
  name: "mockttp",
  notes: "No proxy password, no audit; in-process rules; does not record traffic here.",
  lacks: [],
  prepare: (bench) => prepare("mockttp", bench),
  start: async (bench) => {
    const folder = await bench.createFolder();
    const authority = await createAuthority(folder, "mockttp of the bench");
    return await startServer("mockttp_server.cjs", bench, { folder, ca: authority.certificate });
  },
};

/** http-mitm-proxy with a pooling agent. */
export const httpMitmProxy: Peer = {
  name: "http-mitm-proxy",
  notes: "HTTP/1.1 only; no proxy password, no audit; every host is decrypted.",
  lacks: ["http2", "tunnel"],
  prepare: (bench) => prepare("http-mitm-proxy", bench),
  start: async (bench) => {
    const folder = await bench.createFolder();
    const ca = join(folder, "certs", "ca.pem");
    return await startServer("http_mitm_proxy_server.cjs", bench, { folder, ca });
  },
};

async function prepare(name: "mockttp" | "http-mitm-proxy", { cache }: Bench): Promise<string> {
  await installPackages(cache);
  return `${name} ${VERSIONS[name]}, Node ${VERSIONS.node}`;
}

async function startServer(
  script: string,
  bench: Bench,
  authority: { readonly folder: string; readonly ca: string },
): Promise<RunningPeer> {
  const { upstream } = bench;
  const running = await startProgram(
    [...nodeCommand(bench.cache), join(import.meta.dirname ?? ".", script)],
    {
      env: {
        ...nodeEnvironment(upstream),
        BENCH_MODULES: packagesFolder(bench.cache),
        BENCH_CREDENTIAL: bench.credential,
        BENCH_CA_FOLDER: authority.folder,
      },
      awaitLine: true,
    },
  );
  const access = {
    proxy: `http://127.0.0.1:${running.firstLine}`,
    ca: authority.ca,
    upstreamCa: upstream.certificates.ca,
  };
  return {
    pid: running.pid,
    route: (endpoint) =>
      routeThrough(access, {
        endpoint,
        address: `${HOSTS[endpoint]}:${upstream.ports[endpoint]}`,
      }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
