/**
 * The Node runtime and packages that the JavaScript peers run on, installed from npm.
 *
 * @module
 */

import { join } from "node:path";
import { runProgram } from "../program.ts";
import { HOSTS, type Upstream } from "../upstream.ts";
import { Unavailable } from "./peer.ts";

/** Exact versions, so that two runs of the bench measure the same. */
export const VERSIONS = {
  node: "24.21.0",
  varlock: "1.20.0",
  mockttp: "4.6.5",
  "http-mitm-proxy": "1.1.0",
} as const;

/** Folder of the installed packages. */
export function packagesFolder(cache: string): string {
  return join(cache, "npm");
}

/**
 * Installs the packages, unless these versions are there already.
 *
 * @throws {Unavailable} if npm cannot.
 */
export async function installPackages(cache: string): Promise<void> {
  const folder = packagesFolder(cache);
  const manifest = JSON.stringify({ private: true, dependencies: VERSIONS });
  const stamp = join(folder, "installed.json");
  try {
    if (await Deno.readTextFile(stamp) === manifest) return;
  } catch {
    // Nothing is installed yet.
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "package.json"), manifest);
    await runProgram(["npm", "install", "--silent", "--no-audit", "--no-fund"], { cwd: folder });
    await Deno.writeTextFile(stamp, manifest);
  } catch (error) {
    throw new Unavailable(`npm does not install it: ${error}`);
  }
}

/** The Node that was installed. Its dns.lookup finds the bench's host names on loopback. */
export function nodeCommand(cache: string): readonly string[] {
  return [
    join(packagesFolder(cache), "node_modules", "node", "bin", "node"),
    ...["--require", join(import.meta.dirname ?? ".", "node_lookup.cjs")],
  ];
}

/** Variables of every JavaScript peer. */
export function nodeEnvironment(upstream: Upstream): Record<string, string> {
  return {
    BENCH_HOSTS: JSON.stringify(Object.values(HOSTS)),
    BENCH_UPSTREAM_CA: upstream.certificates.ca,
    BENCH_TUNNEL: HOSTS.tunnel,
  };
}
