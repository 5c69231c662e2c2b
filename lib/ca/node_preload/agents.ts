/**
 * Part of the Node preload: sends what goes through agents of `node:http` and `node:https` to the
 * proxy. The methods are replaced on the prototypes, so that agents of a program's own count, too.
 *
 * @module
 */

import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { chooseProxy, type ProxySettings } from "./route.ts";
import { openTunnel, openTunnelStream } from "./tunnel.ts";

/** Node's `require`. */
export type Require = <Name extends keyof NodeModules>(name: Name) => NodeModules[Name];

/** The modules that the preload needs. */
export interface NodeModules {
  readonly http: typeof import("node:http");
  readonly https: typeof import("node:https");
  readonly net: typeof import("node:net");
  readonly stream: typeof import("node:stream");
  readonly tls: typeof import("node:tls");
}

/** What agents are asked for, as far as it matters here. */
export interface ConnectionOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly servername?: string;
  readonly socketPath?: string;
  readonly socket?: unknown;
}

/** A connection from `node:https` is ready at once, or later through the callback. */
export type CreateConnection = (
  this: unknown,
  options: ConnectionOptions,
  callback?: (error: Error | null, socket?: Socket) => void,
) => Socket | undefined;

/** Whether Node itself leads this agent through a proxy, as the global ones, or is told not to. */
export function hasProxyOfItsOwn(agent: unknown): boolean {
  return Boolean(Object(Object(agent).options).proxyEnv);
}

/** Leads https agents through a tunnel. */
export function patchHttpsAgents(load: Require, settings: ProxySettings): void {
  const prototype: { createConnection: CreateConnection } = Object(load("https").Agent.prototype);
  const original = prototype.createConnection;
  prototype.createConnection = function patched(options, callback): Socket | undefined {
    // Old callers pass a port first; sockets of the caller's own are the caller's business.
    const plain = typeof options === "object" && !options.socketPath && !options.socket &&
      !hasProxyOfItsOwn(this);
    const target = {
      protocol: "https:",
      host: String(options.host ?? "localhost"),
      port: Number(options.port ?? 443),
    };
    const proxy = plain ? chooseProxy(settings, target) : undefined;
    if (proxy === undefined) return Reflect.apply(original, this, Array.from(arguments));
    const secure = (socket: unknown): Socket | undefined =>
      Reflect.apply(original, this, [{ servername: target.host, ...options, socket }, callback]);
    const { createConnection } = Object(this);
    if (callback === undefined || createConnection !== patched) {
      // A subclass may use the result at once, as agentkeepalive does.
      const tunnel = openTunnelStream({ net: load("net"), stream: load("stream") }, proxy, target);
      const { socket } = tunnel;
      const ref = (): Socket => socket.ref();
      return Object.assign(Object(secure(tunnel.stream)), { ref, unref: () => socket.unref() });
    }
    openTunnel(load("net"), proxy, target, (error, socket) => {
      if (error !== null) callback(error);
      else callback(null, secure(socket));
    });
    return undefined;
  };
}

/** What {@link patchHttpAgents} needs to know of a request and of an agent. */
interface PlainRequest extends ClientRequest {
  /** The head as text, if it was made before the agent was asked. */
  _header?: string | null;
}

type AddRequest = (
  this: unknown,
  request: PlainRequest,
  options: ConnectionOptions,
  ...rest: unknown[]
) => void;

/** Leads plain http requests to the proxy, in absolute form (RFC 9112, section 3.2.2). */
export function patchHttpAgents(load: Require, settings: ProxySettings): void {
  const prototype: { addRequest: AddRequest; createConnection: unknown } = Object(
    load("http").Agent.prototype,
  );
  const original = prototype.addRequest;
  const connect = prototype.createConnection;
  prototype.addRequest = function (request, options, ...rest): void {
    // Agents that connect in a way of their own, https agents above all, are not for us.
    const ours = typeof options === "object" && !options.socketPath &&
      Object(this).createConnection === connect && !hasProxyOfItsOwn(this);
    const host = String(Object(options).host ?? "localhost");
    const target = { protocol: "http:", host, port: Number(Object(options).port ?? 80) };
    const proxy = ours ? chooseProxy(settings, target) : undefined;
    if (proxy === undefined) {
      return void Reflect.apply(original, this, [request, options, ...rest]);
    }
    const name = host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host;
    const authority = target.port === 80 ? name : `${name}:${target.port}`;
    const path = request.path;
    request.path = `http://${authority}${path}`;
    const authorization = proxy.authorization;
    if (typeof request._header === "string") {
      const field = authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
      const line = `${request.method} ${request.path} HTTP/1.1\r\n${field}`;
      request._header = line + request._header.slice(request._header.indexOf("\r\n") + 2);
    } else if (authorization !== undefined) {
      request.setHeader("Proxy-Authorization", authorization);
    }
    const through = { ...options, host: proxy.host, port: proxy.port };
    Reflect.apply(original, this, [request, through, ...rest]);
  };
}
