/**
 * A TLS server that answers like an API and remembers which credential it was shown.
 *
 * @module
 */

import type { Authority } from "../lib/ca/authority.ts";

/** A running stand-in. */
export interface StandIn {
  readonly port: number;
  /** Root that its certificate chains to. */
  readonly caPem: string;
  /** Value of the last `Authorization` header it got, or an empty string. */
  received(): string;
  close(): void;
}

/** Serves HTTP/1.1 over TLS on a free loopback port. */
export function startStandIn(authority: Authority, host: string): StandIn {
  const { certPem, keyPem } = authority.issueLeaf(host);
  let received = "";
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: certPem,
    key: keyPem,
    alpnProtocols: ["http/1.1"],
  });
  const answer = async (connection: Deno.TlsConn): Promise<void> => {
    const head = await readHead(connection);
    received = /^authorization: *(.*)$/im.exec(head)?.[1]?.trim() ?? "";
    const body = JSON.stringify({ object: "list", data: [{ id: "gpt-demo" }] });
    const response = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    await connection.write(new TextEncoder().encode(response));
    connection.close();
  };
  const serve = async (): Promise<void> => {
    for await (const connection of listener) answer(connection).catch(() => {});
  };
  serve().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    caPem: authority.rootPem,
    received: () => received,
    close: () => listener.close(),
  };
}

async function readHead(connection: Deno.TlsConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16_384);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) break;
    head += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return head;
}
