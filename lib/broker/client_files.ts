/**
 * Writes the files that a child's variables point to into the run's folder.
 *
 * @module
 */

import { join } from "node:path";
import type { ClientFiles } from "../ca/child_environment.ts";
import { findJavaRoots } from "../ca/java_roots.ts";
import { createTrustStore, decodeCertificates, extendTrustStore } from "../ca/java_trust_store.ts";
import { formatNodePreload } from "../ca/node_preload.ts";
import { formatPhpIni, formatWgetrc } from "../ca/settings_files.ts";
import { createTrustBundles } from "../ca/trust.ts";
import type { RunFolder } from "./run_folder.ts";

/** What the files are made from. */
export interface ClientFilesOptions {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the run's root. */
  readonly rootPem: string;
  /**
   * Whether Java is to go through the proxy, too. Java cannot send the run's token: only for a proxy
   * that lets it in without. Default: no.
   */
  readonly java?: boolean;
  /** Whether Node versions that know no proxies get a script that does. Default: yes. */
  readonly nodePreload?: boolean;
}

/**
 * Writes the files.
 *
 * @throws {AuthsomeError} `vault_unavailable` if one cannot be written.
 */
export async function writeClientFiles(
  folder: RunFolder,
  options: ClientFilesOptions,
): Promise<ClientFiles> {
  const { env, rootPem } = options;
  const bundles = await createTrustBundles({ env, rootPem });
  const completeBundle = folder.write("roots.pem", bundles.complete);
  folder.write("php/authsome.ini", formatPhpIni(completeBundle));
  const javaTrustStore = options.java === true
    ? createJavaTrustStore(options, bundles.complete)
    : undefined;
  return {
    completeBundle,
    additionalRoots: folder.write("additional-roots.pem", bundles.additional),
    wgetrc: folder.write("wgetrc", formatWgetrc(readOwnWgetrc(env), completeBundle)),
    phpFolder: join(folder.path, "php"),
    ...options.nodePreload === false
      ? {}
      : { nodePreload: folder.write("node-preload.cjs", formatNodePreload()) },
    ...javaTrustStore === undefined
      ? {}
      : { javaTrustStore: folder.write("java.p12", javaTrustStore) },
  };
}

/**
 * Java's own roots and the run's; all roots of the child where Java's cannot be read.
 *
 * @returns `undefined` if there is no Java.
 */
function createJavaTrustStore(
  { env, rootPem }: ClientFilesOptions,
  completeBundle: string,
): Uint8Array | undefined {
  const java = findJavaRoots(env);
  if (java === undefined) return undefined;
  const [root] = decodeCertificates(rootPem);
  const extended = java.trustStore === undefined || root === undefined
    ? undefined
    : extendTrustStore(java.trustStore, root);
  return extended ?? createTrustStore(decodeCertificates(completeBundle));
}

/** The settings that the variable WGETRC would otherwise hide. */
function readOwnWgetrc(env: Readonly<Record<string, string>>): string {
  const path = env["WGETRC"] ?? join(env["HOME"] ?? env["USERPROFILE"] ?? "", ".wgetrc");
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
