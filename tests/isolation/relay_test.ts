import assert from "node:assert/strict";
import { startRelay } from "../../lib/isolation/relay.ts";

const test = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;

async function withRelay(
  serve: (conn: Deno.Conn) => Promise<void>,
  use: (conn: Deno.TcpConn) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/proxy.sock`;
  const listener = Deno.listen({ transport: "unix", path });
  const serving = listener.accept().then(async (conn) => {
    try {
      await serve(conn);
    } finally {
      conn.close();
    }
  });
  const relay = startRelay(path, 0);
  try {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    await use(conn);
    await serving;
  } finally {
    relay[Symbol.dispose]();
    listener.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (const buffer = new Uint8Array(65536);;) {
    const count = await conn.read(buffer);
    if (count === null) break;
    chunks.push(buffer.slice(0, count));
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

test("the relay carries every byte both ways, and an end in one direction", () => {
  const bytes = Uint8Array.from({ length: 1_000_003 }, (_, index) => index * 31 & 255);
  return withRelay(async (conn) => {
    // All of it has come when its end has: only then it is answered.
    const received = await readAll(conn);
    await writeAll(conn, received);
  }, async (conn) => {
    await writeAll(conn, bytes);
    await conn.closeWrite();
    assert.deepEqual(await readAll(conn), bytes);
  });
});

test("the relay closes a client whose other end is gone", () =>
  withRelay(() => Promise.resolve(), async (conn) => {
    assert.equal(await conn.read(new Uint8Array(1)), null);
  }));

test("the relay closes a client where nobody listens", async () => {
  using relay = startRelay("/nonexistent/proxy.sock", 0);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  assert.equal(await conn.read(new Uint8Array(1)).catch(() => null), null);
});
