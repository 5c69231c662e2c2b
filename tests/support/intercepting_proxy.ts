/**
 * A small CONNECT proxy for tests of real clients: it asks for the run's token and answers every
 * host itself over TLS, with certificates of a given authority.
 *
 * @module
 */

import type { Authority } from "../../lib/ca/authority.ts";

/** One request that came through the proxy, inside TLS. */
export interface SeenRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
}

/** A running proxy. */
export interface InterceptingProxy {
  readonly port: number;
  /** With the token as password. */
  readonly url: string;
  /** What came through, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Hosts of every CONNECT with the right token or without one, and whether it had it. */
  readonly connects: readonly { readonly host: string; readonly authorized: boolean }[];
  close(): Promise<void>;
}

/** What every request is answered with. */
export const ANSWER = "hello from behind the proxy\n";

const TOKEN = "run-token";
const NEEDS_TOKEN = "HTTP/1.1 407 Proxy Authentication Required\r\n" +
  'Proxy-Authenticate: Basic realm="authsome"\r\nContent-Length: 0\r\n\r\n';

/** Starts one on loopback. `tokenless`: lets clients in that cannot send the token, as Java. */
export function startInterceptingProxy(
  authority: Authority,
  options: { readonly tokenless?: boolean } = {},
): InterceptingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: SeenRequest[] = [];
  const connects: { host: string; authorized: boolean }[] = [];
  const origins = new Map<string, Deno.HttpServer<Deno.NetAddr>>();
  const connections = new Set<Deno.Conn>();
  const tasks = new Set<Promise<void>>();

  const originPort = (host: string): number => {
    const known = origins.get(host) ?? startOrigin(authority, host, requests);
    origins.set(host, known);
    return known.addr.port;
  };
  const serve = async (client: Deno.Conn): Promise<void> => {
    for (let head = await readHead(client); head !== ""; head = await readHead(client)) {
      const host = /^CONNECT \[?([^\s\]]*?)\]?:\d+ /.exec(head)?.[1] ?? "";
      const authorized = head.includes(`: Basic ${btoa(`authsome:${TOKEN}`)}\r\n`);
      connects.push({ host, authorized });
      if (!authorized && options.tokenless !== true) {
        await client.write(new TextEncoder().encode(NEEDS_TOKEN));
        continue;
      }
      const origin = await Deno.connect({ hostname: "127.0.0.1", port: originPort(host) });
      await client.write(new TextEncoder().encode("HTTP/1.1 200 Connected\r\n\r\n"));
      connections.add(origin);
      await Promise.all([
        client.readable.pipeTo(origin.writable).catch(() => {}),
        origin.readable.pipeTo(client.writable).catch(() => {}),
      ]);
      return;
    }
  };
  const accept = async (): Promise<void> => {
    for await (const client of listener) {
      connections.add(client);
      const task = serve(client).catch(() => {}).finally(() => {
        closeQuietly(client);
        tasks.delete(task);
      });
      tasks.add(task);
    }
  };
  const accepting = accept();
  return {
    port: listener.addr.port,
    url: `http://authsome:${TOKEN}@127.0.0.1:${listener.addr.port}`,
    requests,
    connects,
    close: async () => {
      listener.close();
      await accepting;
      connections.forEach(closeQuietly);
      await Promise.all(tasks);
      await Promise.all([...origins.values()].map((server) => server.shutdown()));
    },
  };
}

function startOrigin(
  authority: Authority,
  host: string,
  requests: SeenRequest[],
): Deno.HttpServer<Deno.NetAddr> {
  const { certPem: cert, keyPem: key } = authority.issueLeaf(host);
  const listen = { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} };
  return Deno.serve(listen, (request) => {
    const { pathname: path } = new URL(request.url);
    requests.push({ host, method: request.method, path, headers: request.headers });
    return new Response(ANSWER, { headers: { "content-type": "text/plain" } });
  });
}

/** The bytes up to an empty line, or nothing at the end of the stream. */
async function readHead(connection: Deno.Conn): Promise<string> {
  const byte = new Uint8Array(1);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    if (await connection.read(byte) === null) return "";
    head += String.fromCharCode(byte[0] ?? 0);
  }
  return head;
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed before.
  }
}
