/**
 * What the proxies forward to: nginx for what a file server can do, the test origin for the rest,
 * and nginx again behind a relay that adds a round trip.
 *
 * @module
 */

import { join } from "node:path";
import { type Certificates, createCertificates } from "./certificates.ts";
import { bind } from "./placement.ts";
import { awaitPort, freePort, startProgram } from "./program.ts";
import type { Tools } from "./tools.ts";

/** The names under which clients know the upstreams. All but `tunnel` get a credential. */
export const HOSTS = {
  /** nginx. */
  near: "api.openai.com",
  /** The same nginx, {@link ROUND_TRIP} away. */
  far: "far.bench.test",
  /** The test origin. */
  origin: "origin.bench.test",
  /** nginx, to be relayed without being decrypted. */
  tunnel: "tunnel.bench.test",
} as const;

/** One of the upstreams. */
export type Endpoint = keyof typeof HOSTS;

/** Of the far upstream, in milliseconds. */
export const ROUND_TRIP = 40;

/** Sizes of the files nginx serves, in bytes. */
export const FILES = { "/10mb": 10_000_000, "/1gb": 1_000_000_000 } as const;

/** The upstreams, running. */
export interface Upstream {
  /** Loopback port of each. */
  readonly ports: Readonly<Record<Endpoint, number>>;
  readonly certificates: Certificates;
  /** Process whose tree is nginx. */
  readonly nginx: number;
}

/** A response such as a language model gives, small. */
const SMALL = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
});

/**
 * Starts everything in `folder`; `stack` ends it.
 *
 * @throws {Error} if nginx, openssl or taskset is missing.
 */
export async function startUpstream(
  tools: Tools,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Upstream> {
  const certificates = await createCertificates(folder, Object.values(HOSTS));
  const near = freePort();
  await writeSite(folder, certificates, near);
  const nginx = stack.use(
    await startProgram(bind("upstream", ["nginx", "-c", join(folder, "nginx.conf")])),
  );
  const origin = stack.use(
    await startProgram(
      bind("upstream", [
        ...[tools.origin, "-certificate", certificates.leaf, "-key", certificates.leafKey],
      ]),
      { awaitLine: true },
    ),
  );
  const relay = stack.use(
    await startProgram(
      bind("upstream", [
        ...[tools.delay, "-target", `127.0.0.1:${near}`, "-one-way", `${ROUND_TRIP / 2}ms`],
      ]),
      { awaitLine: true },
    ),
  );
  await awaitPort(near);
  return {
    ports: {
      near,
      tunnel: near,
      origin: portOf(origin.firstLine),
      far: portOf(relay.firstLine),
    },
    certificates,
    nginx: nginx.pid,
  };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Written, not left sparse: the file is then in memory, and no measurement begins with reading it. */
function zeros(size: number): ReadableStream<Uint8Array> {
  const block = new Uint8Array(10_000_000);
  let left = size;
  return new ReadableStream({
    pull(controller): void {
      if (left === 0) return controller.close();
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      controller.enqueue(part);
    },
  });
}

async function writeSite(folder: string, certificates: Certificates, port: number): Promise<void> {
  const root = join(folder, "www");
  // As root, nginx would work as a user who may not read the folder.
  const user = Deno.uid() === 0 ? "user root root; " : "";
  await Deno.mkdir(root);
  await Deno.writeTextFile(join(root, "small.json"), SMALL);
  for (const [path, size] of Object.entries(FILES)) {
    await Deno.writeFile(join(root, path), zeros(size));
  }
  await Deno.writeTextFile(
    join(folder, "nginx.conf"),
    `${user}daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 1000000000; keepalive_timeout 300; default_type application/json;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${certificates.leaf}; ssl_certificate_key ${certificates.leafKey};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off;
    root ${root};
  }
}
`,
  );
}
