/**
 * Real clients for tests: installed once from the package registries into the user's cache folder,
 * and reported as missing where that is not possible.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { findProgram, runCommand } from "./command.ts";

/** Marks a complete installation; its time is that of the last use. */
const STAMP = "installed";

/** What an older tree has installed is removed when it was not used for so long: 7 days. */
const UNUSED_MS = 7 * 86_400_000;

/** What to do about something that is not installed. */
export type Missing = "install" | "skip";

/** Something to install into a folder of its own. */
export interface Kit {
  /** What its folder's name begins with. */
  readonly name: string;
  /** Programs on PATH that the installation needs. */
  readonly programs: readonly string[];
  /** All that decides what is installed: another text gets another folder. */
  readonly contents: readonly string[];
  /** Files to write first, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What to run in the folder, which is empty but for the files. */
  readonly commands: (folder: string) => readonly (readonly string[])[];
}

/**
 * The folder of an installed kit, or `undefined` if it cannot be had. Processes that want the same
 * kit at once wait for the first.
 */
export async function openKit(kit: Kit, missing: Missing): Promise<string | undefined> {
  const contents = [...kit.contents, ...Object.values(kit.files ?? {})].join("\n");
  const digest = createHash("sha256").update(contents).digest("hex").slice(0, 8);
  const folder = join(cacheFolder(), `${kit.name}-${digest}`);
  if (isInUse(folder)) return folder;
  if (missing === "skip" || kit.programs.some((name) => findProgram(name) === undefined)) {
    return undefined;
  }
  Deno.mkdirSync(folder, { recursive: true });
  using lock = Deno.openSync(`${folder}.lock`, { write: true, create: true });
  await lock.lock(true);
  if (isInUse(folder)) return folder;
  if (!await install(kit, folder)) return undefined;
  removeUnused(kit, folder);
  return folder;
}

async function install(kit: Kit, folder: string): Promise<boolean> {
  Deno.removeSync(folder, { recursive: true });
  Deno.mkdirSync(folder);
  for (const [name, text] of Object.entries(kit.files ?? {})) {
    Deno.mkdirSync(join(folder, name, ".."), { recursive: true });
    Deno.writeTextFileSync(join(folder, name), text);
  }
  for (const command of kit.commands(folder)) {
    const { code, stdout, stderr } = await runCommand(command, { cwd: folder });
    if (code === 0) continue;
    const words = [`${kit.name} cannot be installed: ${command.join(" ")}`, stdout, stderr, ""];
    Deno.stderr.writeSync(new TextEncoder().encode(words.join("\n")));
    return false;
  }
  Deno.writeTextFileSync(join(folder, STAMP), "");
  return true;
}

/** Whether the kit is complete; notes that it is used now. */
function isInUse(folder: string): boolean {
  try {
    const now = new Date();
    Deno.utimeSync(join(folder, STAMP), now, now);
    return true;
  } catch {
    return false;
  }
}

function removeUnused(kit: Kit, used: string): void {
  for (const { name } of Deno.readDirSync(cacheFolder())) {
    const folder = join(cacheFolder(), name);
    if (!new RegExp(`^${kit.name}-[0-9a-f]{8}$`).test(name) || folder === used) continue;
    const { mtime } = statQuietly(join(folder, STAMP)) ?? Deno.statSync(folder);
    if (Date.now() - (mtime?.getTime() ?? 0) > UNUSED_MS) {
      Deno.removeSync(folder, { recursive: true });
    }
  }
}

function statQuietly(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** Outside the tree: a new checkout finds there what an older one has installed. */
function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? "";
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? Deno.env.get("LOCALAPPDATA");
  return join(cache ?? join(home, ".cache"), "authsome-tests");
}

/** A kit of Python packages (`name==version`): a virtual environment. */
export function pythonKit(name: string, packages: readonly string[]): Kit {
  const python = findProgram("python3") ?? "";
  return {
    name,
    programs: ["python3"],
    contents: packages,
    commands: (folder) => [
      [python, "-m", "venv", folder],
      [pythonOf(folder), "-m", "pip", "install", "--quiet", ...packages],
    ],
  };
}

/** The interpreter of a {@link pythonKit}. */
export function pythonOf(folder: string): string {
  return join(folder, "bin", "python");
}

/** A kit of npm packages (`name@version`): a folder with `node_modules`. */
export function nodeKit(name: string, packages: readonly string[]): Kit {
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
  return {
    name,
    programs: ["npm"],
    contents: packages,
    files: { "package.json": '{ "private": true }\n' },
    commands: () => [["npm", "install", ...flags, ...packages]],
  };
}
