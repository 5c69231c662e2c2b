/**
 * The way out of a sandbox that has no network: a port on its own loopback whose connections are
 * carried to the socket file that the proxy listens on.
 *
 * @module
 */

/** Where clients find the proxy inside the sandbox. Its loopback is its own, so any port is free. */
export const RELAY_PORT = 7997;

const BUFFER_BYTES = 64 * 1024;

/** A relay that listens. */
export interface Relay extends Disposable {
  readonly port: number;
}

/**
 * Starts carrying connections of 127.0.0.1:`port` to the socket file at `path`, until disposed.
 *
 * @throws {Deno.errors.AddrInUse} if the port is taken.
 */
export function startRelay(path: string, port: number = RELAY_PORT): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  void accept(listener, path);
  return {
    port: (listener.addr as Deno.NetAddr).port,
    [Symbol.dispose]: () => listener.close(),
  };
}

async function accept(listener: Deno.TcpListener, path: string): Promise<void> {
  try {
    for await (const client of listener) {
      client.setNoDelay(true);
      void relay(client, path);
    }
  } catch {
    // Closed: the child has ended.
  }
}

async function relay(client: Deno.Conn, path: string): Promise<void> {
  let proxy: Deno.Conn | undefined;
  try {
    proxy = await Deno.connect({ transport: "unix", path });
    await Promise.all([carry(client, proxy), carry(proxy, client)]);
  } catch {
    // One end broke off: the other is told by the close below.
  } finally {
    close(client);
    if (proxy !== undefined) close(proxy);
  }
}

async function carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) break;
    for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
  }
  await to.closeWrite();
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed before.
  }
}
