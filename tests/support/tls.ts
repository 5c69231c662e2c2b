/**
 * The client's side of TLS for tests.
 *
 * @module
 */

import { testAuthority } from "./certificates.ts";
import { Wire } from "./wire.ts";

/** Starts TLS on a plain connection, trusting the test authority. */
export async function startTls(wire: Wire, host: string, alpn?: readonly string[]): Promise<Wire> {
  const { certPem } = await testAuthority();
  const protocols = alpn === undefined ? {} : { alpnProtocols: [...alpn] };
  const conn = await Deno.startTls(wire.conn as Deno.TcpConn, {
    hostname: host,
    caCerts: [certPem],
    ...protocols,
  });
  await conn.handshake();
  return new Wire(conn);
}
