/**
 * A script that Node loads before the program, through NODE_OPTIONS.
 *
 * Theory of operation: Node reads HTTPS_PROXY by itself since 22.21 and 24.5 (its `fetch` since
 * 24.0) if NODE_USE_ENV_PROXY is set, but only for its global agents and dispatcher, not for agents
 * that a program makes itself, as the SDK of AWS and many others do. So the script replaces the
 * methods by which agents connect, for all agents that Node does not lead itself; the way in which
 * the package ws connects; and, where Node knows of none, the dispatchers behind `fetch` and behind
 * the package undici, from version 8 on. It is made of the functions in `node_preload/`
 * turned into text: they use nothing but each other and what they are given.
 *
 * @module
 */

import {
  hasProxyOfItsOwn,
  patchHttpAgents,
  patchHttpsAgents,
  type Require,
} from "./node_preload/agents.ts";
import { addHeaders, createDispatcher, patchDispatcher } from "./node_preload/dispatcher.ts";
import { chooseProxy, parseProxyAddress, readProxySettings } from "./node_preload/route.ts";
import { openTunnel, openTunnelStream } from "./node_preload/tunnel.ts";
import { patchWebSockets } from "./node_preload/websocket.ts";

/** What the script uses of Node's `process`. */
interface NodeProcess {
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  emit: (name: string, ...details: readonly unknown[]) => boolean;
}

/** The script's text, CommonJS. */
export function formatNodePreload(): string {
  const functions = [
    readProxySettings,
    parseProxyAddress,
    chooseProxy,
    openTunnel,
    openTunnelStream,
    hasProxyOfItsOwn,
    patchHttpsAgents,
    patchHttpAgents,
    patchWebSockets,
    patchDispatcher,
    createDispatcher,
    addHeaders,
    silenceProxyWarning,
    installPreload,
  ];
  const texts = functions.map((part) => part.toString());
  return ['"use strict";', ...texts, `${installPreload.name}(process, require);`, ""].join("\n");
}

/** What the script does first. */
function installPreload(process: NodeProcess, load: Require): void {
  const [major = 0, minor = 0] = (process.versions["node"] ?? "").split(".").map(Number);
  const other = process.versions["bun"] ?? process.versions["deno"];
  const complete = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  if (major === 22 && complete) silenceProxyWarning(process);
  if (other !== undefined || major < 18) return;
  const settings = readProxySettings(process.env);
  if (settings === undefined) return;
  patchDispatcher(load, settings);
  patchHttpsAgents(load, settings);
  patchHttpAgents(load, settings);
  patchWebSockets(load, settings);
}

/**
 * Node 22 warns on every start that its proxy support is an experiment; nobody here chose it. (In a
 * worker it does so before this script runs.)
 */
function silenceProxyWarning(process: NodeProcess): void {
  const original = process.emit;
  const filtered = function (this: unknown, name: string, ...details: readonly unknown[]): boolean {
    const ours = name === "warning" && Object(details[0]).code === "UNDICI-EHPA";
    return ours ? false : Reflect.apply(original, this, [name, ...details]);
  };
  process.emit = filtered;
}
