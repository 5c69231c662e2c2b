/**
 * Part of the Node preload: sends WebSockets of the npm package ws to the proxy. It asks
 * `https.request` for an upgrade with a function of its own in place of an agent, so no agent sees it.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { ConnectionOptions, CreateConnection, Require } from "./agents.ts";
import { chooseProxy, type ProxySettings } from "./route.ts";
import { openTunnelStream } from "./tunnel.ts";

/** What ws gives to `https.request`. */
interface UpgradeOptions {
  readonly agent?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly createConnection?: CreateConnection;
}

type HttpsRequest = (this: unknown, options: UpgradeOptions, ...rest: unknown[]) => unknown;

/** Gives functions that connect for a WebSocket a tunnel to do it in. */
export function patchWebSockets(load: Require, settings: ProxySettings): void {
  const https: { request: HttpsRequest } = Object(load("https"));
  const original = https.request;
  https.request = function request(options, ...rest): unknown {
    const { agent, headers, createConnection } = Object(options) as UpgradeOptions;
    const isUpgrade = String(headers?.["Upgrade"]).toLowerCase() === "websocket";
    if (!isUpgrade || agent || typeof createConnection !== "function") {
      return Reflect.apply(original, this, [options, ...rest]);
    }
    const connect: CreateConnection = function (given, callback): Socket | undefined {
      const host = String(given.host ?? "localhost");
      const target = { protocol: "https:", host, port: Number(given.port ?? 443) };
      const proxy = given.socketPath ? undefined : chooseProxy(settings, target);
      if (proxy === undefined) return Reflect.apply(createConnection, this, [given, callback]);
      const modules = { net: load("net"), stream: load("stream") };
      const tunnel: ConnectionOptions = { socket: openTunnelStream(modules, proxy, target).stream };
      return Reflect.apply(createConnection, this, [{ ...given, ...tunnel }, callback]);
    };
    return Reflect.apply(original, this, [{ ...options, createConnection: connect }, ...rest]);
  };
}
