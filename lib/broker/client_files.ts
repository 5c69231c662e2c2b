/**
 * Writes the files that a child's variables point to into the run's folder.
 *
 * @module
 */

import { join } from "node:path";
import type { ClientFiles } from "../ca/child_environment.ts";
import { findJavaHomes } from "../ca/java_roots.ts";
import { formatNodePreload } from "../ca/node_preload.ts";
import { formatPhpIni, formatWgetrc } from "../ca/settings_files.ts";
import { createTrustBundles } from "../ca/trust.ts";
import type { RunFolder } from "./run_folder.ts";

const JAVA_TRUST_STORE = "java.p12";

/** What the files are made from. */
export interface ClientFilesOptions {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the run's root. */
  readonly rootPem: string;
  /**
   * Whether Java is to go through the proxy, too, if there is one. Java cannot send the run's token:
   * only for a proxy that lets it in without. The trust store itself is made later. Default: no.
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
  return {
    completeBundle,
    additionalRoots: folder.write("additional-roots.pem", bundles.additional),
    wgetrc: folder.write("wgetrc", formatWgetrc(readOwnWgetrc(env), completeBundle)),
    phpFolder: join(folder.path, "php"),
    ...options.nodePreload === false
      ? {}
      : { nodePreload: folder.write("node-preload.cjs", formatNodePreload()) },
    ...options.java === true && findJavaHomes(env).length > 0
      ? { javaTrustStore: join(folder.path, JAVA_TRUST_STORE) }
      : {},
  };
}

/**
 * Writes the file that takes longer to make than all others together: Java's trust store, which Java
 * reads a long time after it was started.
 *
 * @returns sentences for stderr. Never rejects.
 */
export async function finishClientFiles(
  folder: RunFolder,
  options: ClientFilesOptions & { readonly files: ClientFiles },
): Promise<readonly string[]> {
  if (options.files.javaTrustStore === undefined) return [];
  try {
    const { createJavaTrustStore } = await import("./java_files.ts");
    folder.write(JAVA_TRUST_STORE, createJavaTrustStore(options));
    return [];
  } catch (error) {
    return [`Java programs could not trust the proxy: ${(error as Error).message}`];
  }
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
