/**
 * What is different about a run whose child lives in a sandbox.
 *
 * @module
 */

import { join } from "node:path";
import { keepInside } from "../isolation/environment.ts";
import type { ProxyOptions } from "../proxy/server.ts";
import type { Environment } from "./broker.ts";
import type { RunFolder } from "./run_folder.ts";

/** What a sandbox asks of a run. */
export interface RunIsolation {
  /**
   * The sandbox has no network: the proxy listens on the socket file {@link PROXY_SOCKET} in the
   * run's folder, and the child is told to find it on this port of its own loopback. Absent: the
   * sandbox lets the child connect to the proxy's port.
   */
  readonly relayPort?: number;
  /** Paths of what stays visible in the sandbox. */
  readonly shared: readonly string[];
}

/** The name of the proxy's socket file in a run's folder. */
export const PROXY_SOCKET = "proxy.sock";

/**
 * Where the proxy listens, and what it keeps from the child. Through a socket file Java, which cannot
 * send the token, comes without it: others who could open the file could open the vault, too.
 */
export function isolateProxy(
  folder: RunFolder,
  isolation: RunIsolation | undefined,
): Pick<ProxyOptions, "sparesOwnMachine" | "socketPath"> {
  if (isolation === undefined) return {};
  if (isolation.relayPort === undefined) return { sparesOwnMachine: true };
  return { sparesOwnMachine: true, socketPath: join(folder.path, PROXY_SOCKET) };
}

/** What the child's environment is made from. */
export function isolateEnvironment(
  env: Environment,
  isolation: RunIsolation | undefined,
): Environment {
  return isolation === undefined ? env : keepInside(env, isolation.shared);
}
