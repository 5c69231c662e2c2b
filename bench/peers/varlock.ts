/**
 * varlock: replaces placeholders by secrets in a proxy on Node.
 *
 * @module
 */

import { join } from "node:path";
import { awaitPort, freePort, startProgram } from "../program.ts";
import { HOSTS } from "../upstream.ts";
import {
  installPackages,
  nodeCommand,
  nodeEnvironment,
  packagesFolder,
  VERSIONS,
} from "./node_packages.ts";
import { type Bench, type Peer, routeThrough, type RunningPeer } from "./peer.ts";

const PLACEHOLDER = "sk-placeholder-0000000000000000";

const SCHEMA = `# @defaultSensitive=false
# ---
# @sensitive @required
# @placeholder="${PLACEHOLDER}"
# @proxy(domain=[${HOSTS.near}, ${HOSTS.far}, ${HOSTS.origin}])
API_KEY=
`;

/** \`varlock proxy start\`. */
export const varlock: Peer = {
  name: "varlock",
  notes: "HTTP/1.1 only; no proxy password on loopback; scrubs the secret from responses; " +
    "on this Node it opens an upstream connection for every request.",
  lacks: ["http2", "websocket"],
  prepare: async ({ cache }) => {
    await installPackages(cache);
    return `varlock ${VERSIONS.varlock}, Node ${VERSIONS.node}`;
  },
  start: startVarlock,
};

async function startVarlock(bench: Bench): Promise<RunningPeer> {
  const { upstream } = bench;
  const folder = await bench.createFolder();
  await Deno.writeTextFile(join(folder, ".env.schema"), SCHEMA);
  const port = freePort();
  const program = join(packagesFolder(bench.cache), "node_modules", "varlock", "bin", "cli.js");
  const running = await startProgram([
    ...nodeCommand(bench.cache),
    ...[program, "proxy", "start", "--port", `${port}`, "--cert-dir", folder],
  ], {
    cwd: folder,
    env: {
      ...nodeEnvironment(upstream),
      HOME: folder,
      API_KEY: bench.credential.replace("Bearer ", ""),
      NODE_EXTRA_CA_CERTS: upstream.certificates.ca,
      VARLOCK_TELEMETRY_DISABLED: "true",
    },
  });
  await awaitPort(port);
  const access = {
    proxy: `http://127.0.0.1:${port}`,
    ca: join(folder, "ca-cert.pem"),
    upstreamCa: upstream.certificates.ca,
  };
  return {
    pid: running.pid,
    route: (endpoint) => [
      ...routeThrough(access, {
        endpoint,
        address: `${HOSTS[endpoint]}:${upstream.ports[endpoint]}`,
      }),
      ...["-header", `Authorization: Bearer ${PLACEHOLDER}`],
    ],
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
