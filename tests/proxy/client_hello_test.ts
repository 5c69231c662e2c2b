import assert from "node:assert/strict";
import { peekClientHello } from "../../lib/proxy/client_hello.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { fromLatin1, Wire } from "../support/wire.ts";

const test = testNeeding("openssl");

/** The ClientHello that a real TLS library sends. */
async function captureHello(connect: (port: number) => Promise<unknown>): Promise<Uint8Array> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connect(listener.addr.port).catch(() => {});
  const wire = new Wire(await listener.accept());
  while (peekClientHello(fromLatin1(wire.received())).kind === "incomplete") await wire.receive();
  wire.close();
  listener.close();
  await connecting;
  return fromLatin1(wire.received());
}

function helloOfDeno(hostname: string, alpn: string[]): Promise<Uint8Array> {
  return captureHello(async (port) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const tls = await Deno.startTls(conn, { hostname, alpnProtocols: alpn });
    await tls.handshake().finally(() => tls.close());
  });
}

function helloOfOpenssl(...args: string[]): Promise<Uint8Array> {
  return captureHello((port) =>
    runCommand(["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...args], { stdin: "" })
  );
}

/** The same handshake message in records of `size` bytes. */
function refragment(hello: Uint8Array, size: number): Uint8Array {
  const message = hello.subarray(5);
  const parts: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(22, 3, 1, part.length >> 8, part.length & 255, ...part);
  }
  return Uint8Array.from(parts);
}

Deno.test("peekClientHello() reads server name and protocols of Deno's TLS", async () => {
  const bytes = await helloOfDeno("api.example.com", ["h2", "http/1.1"]);
  const hello = { serverName: "api.example.com", protocols: ["h2", "http/1.1"] };
  assert.deepEqual(peekClientHello(bytes), { kind: "hello", hello });
});

test("peekClientHello() reads an openssl client without name and protocols", async () => {
  const bytes = await helloOfOpenssl("-noservername");
  const hello = { serverName: undefined, protocols: [] };
  assert.deepEqual(peekClientHello(bytes), { kind: "hello", hello });
});

test("peekClientHello() reads a TLS 1.2 openssl client", async () => {
  const bytes = await helloOfOpenssl("-tls1_2", "-servername", "a.b", "-alpn", "h2");
  const hello = { serverName: "a.b", protocols: ["h2"] };
  assert.deepEqual(peekClientHello(bytes), { kind: "hello", hello });
});

Deno.test("peekClientHello() waits for the end of the hello and no longer", async () => {
  const bytes = await helloOfDeno("api.example.com", ["http/1.1"]);
  for (let length = 0; length < bytes.length; length++) {
    const peek = peekClientHello(bytes.subarray(0, length));
    assert.deepEqual(peek, { kind: "incomplete" }, `after ${length} of ${bytes.length} bytes`);
  }
  const followed = Uint8Array.from([...bytes, 20, 3, 3, 0, 1, 1]);
  assert.deepEqual(peekClientHello(followed), peekClientHello(bytes));
});

Deno.test("peekClientHello() does not care how the hello is cut into records", async () => {
  const bytes = await helloOfDeno("api.example.com", ["http/1.1"]);
  for (const size of [1, 2, 3, 4, 5, 100, 16_000]) {
    const cut = refragment(bytes, size);
    assert.deepEqual(peekClientHello(cut), peekClientHello(bytes), `in records of ${size}`);
    assert.equal(peekClientHello(cut.subarray(0, cut.length - 1)).kind, "incomplete");
  }
});

Deno.test("peekClientHello() never reads beyond a damaged hello", async () => {
  const bytes = await helloOfDeno("api.example.com", ["http/1.1"]);
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 127, 255]) {
      const damaged = bytes.slice();
      damaged[at] = value;
      const peek = peekClientHello(damaged);
      assert.ok(["hello", "incomplete", "not_tls"].includes(peek.kind));
    }
  }
});

const NOT_TLS: readonly [name: string, bytes: number[]][] = [
  ["an HTTP request", [...fromLatin1("GET / HTTP/1.1\r\n")]],
  ["an SSH banner", [...fromLatin1("SSH-2.0-OpenSSH\r\n")]],
  ["an alert", [21, 3, 1, 0, 2, 2, 40]],
  ["SSL 2", [0x80, 0x2e, 1, 3, 1]],
  ["a ServerHello", [22, 3, 1, 0, 4, 2, 0, 0, 0]],
  ["an empty record", [22, 3, 1, 0, 0]],
  ["a record that is too long", [22, 3, 1, 0xff, 0xff]],
  ["a hello that is too long", [22, 3, 1, 0, 4, 1, 1, 0, 0]],
];

for (const [name, bytes] of NOT_TLS) {
  Deno.test(`peekClientHello() sees that ${name} is not a ClientHello`, () => {
    assert.deepEqual(peekClientHello(Uint8Array.from(bytes)), { kind: "not_tls" });
  });
}

Deno.test("peekClientHello() gives up on a hello spread over too many records", () => {
  const message = new Uint8Array(30_000).fill(1);
  message.set([1, 0, 0x7f, 0xff]);
  const flood = refragment(Uint8Array.from([0, 0, 0, 0, 0, ...message]), 1);
  assert.deepEqual(peekClientHello(flood), { kind: "not_tls" });
});
