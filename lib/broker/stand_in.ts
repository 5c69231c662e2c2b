/**
 * A stand-in for a service on loopback: TLS with a certificate of its own authority, and an answer
 * to every request. It remembers what it was asked.
 *
 * @module
 */

import { Authority } from "../ca/authority.ts";

/** A request that arrived. */
export interface SeenRequest {
  /** The value of `Host`. */
  readonly host: string;
  /** The value of `Authorization`; empty without one. */
  readonly authorization: string;
}

/** A running stand-in. */
export interface StandIn {
  /** On 127.0.0.1. */
  readonly port: number;
  /** The root that its certificate comes from, PEM. */
  readonly rootPem: string;
  /** In order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** Stops listening and ends what is open. */
  close(): Promise<void>;
}

const ANSWER = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n" +
    "Connection: close\r\n\r\n{}\n",
);
const LONGEST_HEAD = 64 * 1024;

/** Starts a stand-in for every host below `domain`. */
export function startStandIn(domain: string): StandIn {
  const authority = new Authority({ hosts: [domain] });
  const { certPem: cert, keyPem: key } = authority.issueLeaf(`*.${domain}`);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const requests: SeenRequest[] = [];
  const open = new Set<Deno.Conn>();
  const serve = async (conn: Deno.Conn): Promise<void> => {
    open.add(conn);
    try {
      requests.push(parseRequest(await readHead(conn)));
      await conn.write(ANSWER);
    } catch {
      // A connection that was opened ahead and never used, or one that we close at the end.
    } finally {
      open.delete(conn);
      closeQuietly(conn);
    }
  };
  const accepting = acceptAll(listener, serve);
  return {
    port: (listener.addr as Deno.NetAddr).port,
    rootPem: authority.rootPem,
    requests,
    close: async () => {
      listener.close();
      open.forEach(closeQuietly);
      await accepting;
    },
  };
}

async function acceptAll(
  listener: Deno.Listener,
  serve: (conn: Deno.Conn) => Promise<void>,
): Promise<void> {
  const serving: Promise<void>[] = [];
  for await (const conn of listener) serving.push(serve(conn));
  await Promise.all(serving);
}

/** @throws if the connection ends before the head does. */
async function readHead(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(LONGEST_HEAD);
  for (let length = 0; length < buffer.length;) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return text.slice(0, end + 2);
  }
  throw new Deno.errors.UnexpectedEof();
}

function parseRequest(head: string): SeenRequest {
  return { host: fieldOf(head, "host"), authorization: fieldOf(head, "authorization") };
}

function fieldOf(head: string, name: string): string {
  return new RegExp(`^${name}: *(.*)\\r$`, "im").exec(head)?.[1] ?? "";
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed before.
  }
}
