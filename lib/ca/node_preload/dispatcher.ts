/**
 * Part of the Node preload: sends what goes through undici's global dispatcher (the global `fetch`
 * and `WebSocket`, and the npm package undici) to the proxy.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Require } from "./agents.ts";
import { chooseProxy, type ProxySettings, type RequestTarget } from "./route.ts";
import { openTunnel } from "./tunnel.ts";

/** What undici asks a dispatcher for. */
interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly headers?: unknown;
}

/** What undici tells a connector. */
interface ConnectorOptions {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
  readonly servername?: string | null;
}

interface Dispatcher {
  dispatch(options: DispatchOptions, handler: unknown): boolean;
}

/** undici's class `Agent`, of whatever version. */
export type AgentClass = new (options?: {
  readonly connect: (
    options: ConnectorOptions,
    callback: (error: Error | null, socket: Socket | null) => void,
  ) => void;
}) => Dispatcher;

/**
 * Waits until undici sets its default dispatcher and puts ours in its place.
 *
 * undici is loaded late and is slow to load, so it must not be loaded here. On loading it looks
 * whether its global property is set and, if not, defines it in the same breath: the first is seen
 * by a getter, the second by a stand-in for `Object.defineProperty` that exists only in between.
 * From version 8 on it has another property, and defines the older one for other copies of itself,
 * too; what is there already leads to the proxy, be it ours or Node's own, and stays.
 */
export function patchDispatcher(load: Require, settings: ProxySettings): void {
  const older = Symbol.for("undici.globalDispatcher.1");
  const newer = Symbol.for("undici.globalDispatcher.2");
  const original = Object.defineProperty;
  const define = (...given: readonly unknown[]): unknown => Reflect.apply(original, Object, given);
  const restore = (): void => {
    Object.defineProperty = original;
  };
  for (const key of [older, newer]) {
    const present: unknown = Reflect.get(globalThis, key);
    if (present !== undefined) continue;
    const standIn = function (
      target: unknown,
      name: PropertyKey,
      given: PropertyDescriptor,
    ): unknown {
      if (target !== globalThis || (name !== older && name !== newer)) {
        return define(target, name, given);
      }
      if (name === older) restore();
      if (name !== key) return target;
      const value = createDispatcher(given.value.constructor, load, settings);
      return define(target, name, { ...given, value });
    };
    define(globalThis, key, {
      configurable: true,
      get: (): undefined => {
        Object.defineProperty = Object(standIn);
        // For somebody who only looked.
        queueMicrotask(restore);
        return undefined;
      },
      set: (value: unknown): void => {
        define(globalThis, key, { value, writable: true, enumerable: false, configurable: true });
      },
    });
  }
}

/** A dispatcher that tunnels https, sends http in absolute form, and leaves the rest to undici. */
export function createDispatcher(
  Agent: AgentClass,
  load: Require,
  settings: ProxySettings,
): Dispatcher {
  const tunnels = new Agent({
    connect: ({ hostname, port, protocol, servername }, callback) => {
      const target = { protocol, host: hostname, port: Number(port || 443) };
      const proxy = chooseProxy(settings, target);
      if (proxy === undefined) return callback(new Error("There is no proxy"), null);
      openTunnel(load("net"), proxy, target, (error, socket) => {
        if (error !== null || socket === undefined) return callback(error, null);
        const name = load("net").isIP(hostname) === 0 ? servername || hostname : "";
        const options = { socket, servername: name, ALPNProtocols: ["http/1.1"], host: hostname };
        const secure = load("tls").connect(options);
        const fail = (reason: Error): void => callback(reason, null);
        secure.once("error", fail).once("secureConnect", () => {
          secure.off("error", fail);
          callback(null, secure);
        });
      });
    },
  });
  return new class extends Agent {
    override dispatch(options: DispatchOptions, handler: unknown): boolean {
      const url = new URL(String(options.origin));
      const target: RequestTarget = {
        protocol: url.protocol,
        host: url.hostname,
        port: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
      };
      const proxy = chooseProxy(settings, target);
      if (proxy === undefined) return super.dispatch(options, handler);
      if (url.protocol === "https:") return tunnels.dispatch(options, handler);
      const added: Record<string, string> = { host: url.host };
      if (proxy.authorization !== undefined) added["proxy-authorization"] = proxy.authorization;
      return super.dispatch({
        ...options,
        origin: `http://${proxy.host.includes(":") ? `[${proxy.host}]` : proxy.host}:${proxy.port}`,
        path: url.origin + options.path,
        headers: addHeaders(options.headers, added),
      }, handler);
    }
  }();
}

/** undici takes a flat list, pairs, or an object; a `host` that is there stays. */
export function addHeaders(headers: unknown, added: Readonly<Record<string, string>>): unknown {
  const list: string[] = [];
  if (Array.isArray(headers)) list.push(...headers);
  else if (headers !== null && typeof headers === "object") {
    const pairs: Iterable<unknown> = Symbol.iterator in headers
      ? Object(headers)
      : Object.entries(headers);
    for (const pair of pairs) list.push(...Object(pair));
  }
  const names = list.filter((_, index) => index % 2 === 0).map((name) =>
    String(name).toLowerCase()
  );
  for (const [name, value] of Object.entries(added)) {
    if (!names.includes(name)) list.push(name, value);
  }
  return list;
}
