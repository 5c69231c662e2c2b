/**
 * An origin server for tests that does exactly what its script says, byte by byte.
 *
 * @module
 */

import { issueTestLeaf, testAuthority } from "./certificates.ts";
import { Wire } from "./wire.ts";

/** How an origin behaves. */
export interface OriginScript {
  /** The host its certificate is for, a DNS name or an IP address without brackets. */
  readonly host: string;
  /**
   * Plays one connection. When it returns or throws the connection is closed; what was sent is
   * still delivered.
   */
  readonly respond: (wire: Wire) => Promise<void>;
  /** Protocols it offers by ALPN; default: none, as an old server. */
  readonly alpn?: readonly string[];
  /** Plain TCP instead of TLS. */
  readonly plain?: boolean;
}

/** A running origin. */
export interface Origin {
  /** On 127.0.0.1. */
  readonly port: number;
  /** The root that clients must trust, PEM. */
  readonly caPem: string;
  /** Every connection that came, in order, ended ones included. */
  readonly wires: readonly Wire[];
  /** Connections that are open on the origin's side now. */
  readonly open: number;
  /** All bytes that came on all connections, in the order of the connections; latin-1. */
  received(): string;
  /** Stops listening and closes what is open. */
  close(): Promise<void>;
}

/** Starts an origin on loopback. */
export async function startOrigin(script: OriginScript): Promise<Origin> {
  const caPem = script.plain === true ? "" : (await testAuthority()).certPem;
  const listener = await listen(script);
  const wires: Wire[] = [];
  const tasks = new Set<Promise<void>>();
  const play = async (wire: Wire): Promise<void> => {
    try {
      await script.respond(wire);
    } catch {
      // The other side went away in the middle of the script: the connection ends either way.
    } finally {
      wire.close();
    }
  };
  const accept = async (): Promise<void> => {
    for await (const conn of listener) {
      const wire = new Wire(conn);
      wires.push(wire);
      const task = play(wire).finally(() => tasks.delete(task));
      tasks.add(task);
    }
  };
  const accepting = accept();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    caPem,
    wires,
    get open() {
      return tasks.size;
    },
    received: () => wires.map((wire) => wire.received()).join(""),
    close: async () => {
      listener.close();
      await accepting;
      wires.forEach((wire) => wire.close());
      await Promise.all(tasks);
    },
  };
}

async function listen(script: OriginScript): Promise<Deno.Listener> {
  const address = { hostname: "127.0.0.1", port: 0 };
  if (script.plain === true) return Deno.listen(address);
  const { certPem: cert, keyPem: key } = await issueTestLeaf(script.host);
  const alpn = script.alpn === undefined ? {} : { alpnProtocols: [...script.alpn] };
  return Deno.listenTls({ ...address, cert, key, ...alpn });
}

/** A script that answers every request with the same bytes, once its head has come. */
export function answerAlways(answer: string): OriginScript["respond"] {
  return async (wire) => {
    for (;;) {
      await wire.takeHead();
      await wire.send(answer);
    }
  };
}
