/**
 * A company's proxy for tests: CONNECT and absolute-form requests, with Basic credentials.
 *
 * @module
 */

import { issueTestLeaf } from "./certificates.ts";
import { Wire } from "./wire.ts";

/** A running proxy. */
export interface ChainProxy {
  readonly port: number;
  /** The heads of all requests, as they came. */
  readonly heads: readonly string[];
  close(): Promise<void>;
}

/** How it behaves. */
export interface ChainProxyOptions {
  /** The port on 127.0.0.1 where a CONNECT ends up: always, or by target; it is refused without. */
  readonly to: number | ((target: string) => number | undefined);
  /** TLS to the proxy itself, with a certificate for this host. */
  readonly tlsHost?: string;
  /** Answers every CONNECT with this status line's rest instead. */
  readonly refuse?: string;
}

/** Starts one on loopback. */
export async function startChainProxy(options: ChainProxyOptions): Promise<ChainProxy> {
  const listener = await listen(options.tlsHost);
  const heads: string[] = [];
  const open = new Set<Wire>();
  const tasks = new Set<Promise<void>>();
  const serve = async (client: Wire): Promise<void> => {
    const head = await client.takeHead();
    heads.push(head);
    if (options.refuse !== undefined) {
      return await client.send(`HTTP/1.1 ${options.refuse}\r\nContent-Length: 0\r\n\r\n`);
    }
    if (!head.startsWith("CONNECT ")) {
      return await client.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nchain");
    }
    const target = head.split(" ")[1] ?? "";
    const port = typeof options.to === "number" ? options.to : options.to(target);
    if (port === undefined) return await client.send("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const upstream = new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
    open.add(upstream);
    await client.send("HTTP/1.1 200 OK\r\nVia: chain\r\n\r\n");
    await Promise.all([pipe(client, upstream), pipe(upstream, client)]);
  };
  const accept = async (): Promise<void> => {
    for await (const conn of listener) {
      const client = new Wire(conn);
      open.add(client);
      const task = serve(client).catch(() => {}).finally(() => {
        client.close();
        tasks.delete(task);
      });
      tasks.add(task);
    }
  };
  const accepting = accept();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    heads,
    close: async () => {
      listener.close();
      await accepting;
      open.forEach((wire) => wire.close());
      await Promise.all(tasks);
    },
  };
}

async function listen(tlsHost: string | undefined): Promise<Deno.Listener> {
  const address = { hostname: "127.0.0.1", port: 0 };
  if (tlsHost === undefined) return Deno.listen(address);
  const { certPem: cert, keyPem: key } = await issueTestLeaf(tlsHost);
  return Deno.listenTls({ ...address, cert, key });
}

async function pipe(from: Wire, to: Wire): Promise<void> {
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = await from.conn.read(buffer).catch(() => null);
    if (count === null) break;
    await to.send(buffer.subarray(0, count));
  }
  await to.closeWrite().catch(() => {});
}
