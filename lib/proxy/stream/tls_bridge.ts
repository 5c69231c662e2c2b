/**
 * Makes a TCP connection out of a TLS one, so that TLS can be started inside it: a pair of loopback
 * sockets, one end ours to give, the other relayed to the TLS connection. Needed only to reach
 * hosts through an `https://` proxy, because `Deno.startTls` takes nothing but TCP.
 *
 * @module
 */

import { ByteReader } from "./byte_reader.ts";
import { DenoStream } from "./deno_stream.ts";
import { tunnel } from "../tunnel.ts";

/** Both ends of a loopback connection, one joined to `inner`. Closing either closes `inner`. */
export async function bridge(inner: Deno.Conn): Promise<Deno.TcpConn> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    near.setNoDelay(true);
    const far = await acceptFrom(listener, near.localAddr);
    far.setNoDelay(true);
    const [outside, inside] = [new DenoStream(far), new DenoStream(inner)];
    void tunnel(
      { stream: outside, reader: new ByteReader(outside) },
      { stream: inside, reader: new ByteReader(inside) },
      () => {},
    );
    return near;
  } finally {
    listener.close();
  }
}

/** Accepts the connection from `wanted`. Any process could connect first: others are closed. */
export async function acceptFrom(
  listener: Deno.TcpListener,
  wanted: Deno.NetAddr,
): Promise<Deno.TcpConn> {
  for (;;) {
    const conn = await listener.accept();
    if (conn.remoteAddr.port === wanted.port) return conn;
    conn.close();
  }
}
