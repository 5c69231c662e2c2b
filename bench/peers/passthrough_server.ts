/**
 * The least that a proxy which terminates TLS can do on this runtime: it reads CONNECT, speaks TLS
 * with both sides, and copies bytes. Prints its port.
 *
 * Arguments: the PEM files of its leaf certificate, of the leaf's key and of the upstreams' root,
 * and the upstreams as `{"host": port}`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import tls from "node:tls";
import { print } from "../report.ts";

const [leaf = "", leafKey = "", root = "", upstreams = "{}"] = Deno.args;
const ports: Readonly<Record<string, number>> = JSON.parse(upstreams);
const rootPem = await Deno.readTextFile(root);
const secureContext = tls.createSecureContext({
  cert: await Deno.readTextFile(leaf),
  key: await Deno.readTextFile(leafKey),
});

async function dial(host: string, protocols: string[]): Promise<Deno.TlsConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: ports[host] ?? 0 });
  conn.setNoDelay(true);
  return await Deno.startTls(conn, {
    hostname: host,
    caCerts: [rootPem],
    alpnProtocols: protocols,
  });
}

async function relay(socket: net.Socket, host: string): Promise<void> {
  socket.pause();
  const options = { isServer: true, secureContext, ALPNProtocols: ["h2", "http/1.1"] };
  const client = new tls.TLSSocket(socket, options);
  client.on("error", () => {});
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  socket.resume();
  await new Promise((resolve) => client.once("secure", resolve));
  const upstream = await dial(host, [client.alpnProtocol || "http/1.1"]);
  client.on("close", () => upstream.close());
  client.on("data", async (bytes: Uint8Array) => {
    client.pause();
    let written = 0;
    while (written < bytes.length) written += await upstream.write(bytes.subarray(written));
    client.resume();
  });
  const buffer = new Uint8Array(64 * 1024);
  for (let count; (count = await upstream.read(buffer)) !== null;) {
    const wasSent = client.write(Buffer.from(buffer.subarray(0, count)));
    if (!wasSent) await new Promise((resolve) => client.once("drain", resolve));
  }
  client.destroySoon();
}

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.once("data", (head: Uint8Array) => {
    const host = /^CONNECT ([^:\s]+):/.exec(new TextDecoder().decode(head))?.[1] ?? "";
    relay(socket, host).catch(() => socket.destroy());
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  print(typeof address === "object" ? `${address?.port}` : "");
});
process.stdin.on("end", () => process.exit()).resume();
