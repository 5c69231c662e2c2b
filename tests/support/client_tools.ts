/**
 * Real clients for tests: installed once from the package registries into `dist/test-tools`, and
 * reported as missing where that is not possible.
 *
 * @module
 */

import { join } from "node:path";
import { findProgram, runCommand } from "./command.ts";

const TOOLS = join(import.meta.dirname ?? ".", "..", "..", "dist", "test-tools");

/** Marks a complete installation; its text is what was asked for. */
const STAMP = "installed";

/**
 * A Python with these packages (`name==version`), or `undefined` if it cannot be had. What is not
 * installed together has a folder of its own.
 */
export async function pythonWith(
  packages: readonly string[],
  folderName = "python",
): Promise<string | undefined> {
  const python = findProgram("python3");
  if (python === undefined) return undefined;
  const folder = join(TOOLS, folderName);
  const installed = await install(folder, packages, [
    [python, "-m", "venv", folder],
    [join(folder, "bin", "pip"), "install", "--quiet", ...packages],
  ]);
  return installed ? join(folder, "bin", "python") : undefined;
}

/** A folder whose `node_modules` holds these packages (`name@version`), or `undefined`. */
export async function nodeModulesWith(packages: readonly string[]): Promise<string | undefined> {
  const npm = findProgram("npm");
  if (npm === undefined) return undefined;
  const folder = join(TOOLS, "node");
  const installed = await install(folder, packages, [
    [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", ...packages],
  ]);
  return installed ? folder : undefined;
}

async function install(
  folder: string,
  packages: readonly string[],
  commands: readonly (readonly string[])[],
): Promise<boolean> {
  const wanted = packages.join("\n");
  if (readQuietly(join(folder, STAMP)) === wanted) return true;
  Deno.mkdirSync(folder, { recursive: true });
  for (const command of commands) {
    const { code } = await runCommand(command, { cwd: folder });
    if (code !== 0) return false;
  }
  Deno.writeTextFileSync(join(folder, STAMP), wanted);
  return true;
}

function readQuietly(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
