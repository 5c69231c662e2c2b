/**
 * Part of the Node preload: opens a tunnel through a proxy with CONNECT (RFC 9110, section 9.3.6).
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ProxyAddress, RequestTarget } from "./route.ts";

/** Is called once, with an error or with an open socket. */
export type SocketCallback = (error: Error | null, socket?: Socket) => void;

/** Opens a tunnel. The socket then carries the target's bytes and nothing else. */
export function openTunnel(
  net: typeof import("node:net"),
  proxy: ProxyAddress,
  target: RequestTarget,
  callback: SocketCallback,
): Socket {
  const host = target.host.includes(":") ? `[${target.host.replace(/^\[|\]$/g, "")}]` : target.host;
  const authority = `${host}:${target.port}`;
  const socket = net.connect({ host: proxy.host, port: proxy.port });
  let received = "";
  const finish = (error: Error | null): void => {
    socket.off("readable", read).off("error", finish).off("close", closed);
    if (error !== null) socket.destroy();
    callback(error, socket);
  };
  const closed = (): void => finish(new Error(`The proxy closed the connection to ${authority}`));
  const read = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      received += chunk.toString("latin1");
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) continue;
      const rest = received.slice(end + 4);
      if (rest !== "") socket.unshift(rest, "latin1");
      const status = received.slice(0, received.indexOf("\r\n"));
      const open = /^HTTP\/1\.[01] 2/.test(status);
      return finish(open ? null : new Error(`The proxy answered '${status}' for ${authority}`));
    }
  };
  const fields = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (proxy.authorization !== undefined) {
    fields.push(`Proxy-Authorization: ${proxy.authorization}`);
  }
  socket.on("readable", read).on("error", finish).on("close", closed);
  socket.write(`${fields.join("\r\n")}\r\n\r\n`);
  return socket;
}

/**
 * The same as a stream that is there at once, for callers that cannot wait. TLS on it begins when
 * it emits `connect`.
 */
export function openTunnelStream(
  modules: {
    readonly net: typeof import("node:net");
    readonly stream: typeof import("node:stream");
  },
  proxy: ProxyAddress,
  target: RequestTarget,
): { readonly stream: Duplex; readonly socket: Socket } {
  const socket = openTunnel(modules.net, proxy, target, (error) => {
    if (error !== null) return void stream.destroy(error);
    socket.on("data", (chunk) => {
      if (!stream.push(chunk)) socket.pause();
    });
    socket.on("end", () => stream.push(null));
    socket.on("error", (reason) => stream.destroy(reason));
    socket.on("close", () => stream.destroy());
    Object.assign(stream, { connecting: false });
    stream.emit("connect");
  });
  const stream: Duplex = new modules.stream.Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  Object.assign(stream, { connecting: true });
  return { stream, socket };
}
