/**
 * Writes the files that a child's variables point to into the run's folder.
 *
 * @module
 */

import { join } from "node:path";
import type { ClientFiles } from "../ca/child_environment.ts";
import { formatPhpIni, formatWgetrc } from "../ca/settings_files.ts";
import { createTrustBundles } from "../ca/trust.ts";
import type { RunFolder } from "./run_folder.ts";

/** What the files are made from. */
export interface ClientFilesOptions {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the run's root. */
  readonly rootPem: string;
}

/**
 * Writes the files.
 *
 * @throws {AuthsomeError} `vault_unavailable` if one cannot be written.
 */
export async function writeClientFiles(
  folder: RunFolder,
  { env, rootPem }: ClientFilesOptions,
): Promise<ClientFiles> {
  const bundles = await createTrustBundles({ env, rootPem });
  const completeBundle = folder.write("roots.pem", bundles.complete);
  folder.write("php/authsome.ini", formatPhpIni(completeBundle));
  return {
    completeBundle,
    additionalRoots: folder.write("additional-roots.pem", bundles.additional),
    wgetrc: folder.write("wgetrc", formatWgetrc(readOwnWgetrc(env), completeBundle)),
    phpFolder: join(folder.path, "php"),
  };
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
