/**
 * The home folder: where everything of one user lives, and who may touch it.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import {
  checkPrivateFolder,
  createPrivateFolder,
  readPrivateFile,
  writeFileAtomic,
} from "./private_file.ts";

/** The store format this program reads and writes. */
export const STORE_FORMAT = 1;

/** Largest definition file that is read, in bytes. */
const LARGEST_PROVIDER_FILE = 1024 * 1024;

/** Paths of one home; none of them has to exist. */
export interface Home {
  /** The folder itself, without a trailing slash. */
  readonly path: string;
  /** Holds the store format. */
  readonly versionFile: string;
  readonly configFile: string;
  readonly masterKeyFile: string;
  readonly vaultFile: string;
  readonly auditFile: string;
  /** User definitions, `<name>.json` each. */
  readonly providersFolder: string;
  /** Folders of running children. */
  readonly runFolder: string;
}

/**
 * Opens a home folder: refuses what is not safely ours, closes what is too open.
 *
 * @param path Absolute path, or relative to the working folder.
 * @param options `create`: make it, 0700, if it is missing; otherwise a missing home is simply empty.
 * @throws {AuthsomeError} `vault_unavailable` if it is a symbolic link, no folder, belongs to
 * another user, or was written by a newer authsome.
 */
export function openHome(path: string, options: { readonly create: boolean }): Home {
  const home = homeAt(path);
  const exists = checkPrivateFolder(home.path) !== undefined;
  if (!exists && !options.create) return home;
  const version = exists ? readPrivateFile(home.versionFile) : undefined;
  if (version === undefined && options.create) createHome(home);
  if (version !== undefined) checkVersion(home, version);
  return home;
}

/** A user definition file. */
export interface ProviderFile {
  readonly path: string;
  /** File name without `.json`. */
  readonly name: string;
  /** Empty if the file could not be read. */
  readonly text: string;
  /** Why it could not be read, a clause that follows the path: `is a symbolic link`. */
  readonly problem?: string;
}

/** Reads every `providers/*.json`, in order of name. Never throws: problems are reported. */
export function readProviderFiles(home: Home): ProviderFile[] {
  const names: string[] = [];
  try {
    for (const entry of Deno.readDirSync(home.providersFolder)) {
      if (entry.name.endsWith(".json") && !entry.name.startsWith(".")) names.push(entry.name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const { providersFolder: path } = home;
    return [{ path, name: "providers", text: "", problem: problemOf(error) }];
  }
  return names.sort().map((name) => readProviderFile(`${home.providersFolder}/${name}`, name));
}

/** No symbolic link, pipe or foreign file may decide where a credential is sent. */
function readProviderFile(path: string, fileName: string): ProviderFile {
  const name = fileName.slice(0, -".json".length);
  const unreadable = (problem: string): ProviderFile => ({ path, name, text: "", problem });
  try {
    const info = Deno.lstatSync(path);
    if (info.isSymlink) return unreadable("is a symbolic link");
    if (!info.isFile) return unreadable("is not a regular file");
    if (info.size > LARGEST_PROVIDER_FILE) return unreadable("is larger than 1 MiB");
    if (Deno.build.os !== "windows" && info.uid !== Deno.uid()) {
      return unreadable("belongs to another user");
    }
    return { path, name, text: Deno.readTextFileSync(path) };
  } catch (error) {
    return unreadable(problemOf(error));
  }
}

function problemOf(error: unknown): string {
  return `cannot be read (${error instanceof Error ? error.name : "unknown"})`;
}

function homeAt(path: string): Home {
  // A trailing slash would make lstat follow a symbolic link.
  const folder = path.replace(/(?<=.)[/\\]+$/, "");
  return {
    path: folder,
    versionFile: `${folder}/version`,
    configFile: `${folder}/config.json`,
    masterKeyFile: `${folder}/master.key`,
    vaultFile: `${folder}/vault.db`,
    auditFile: `${folder}/audit.jsonl`,
    providersFolder: `${folder}/providers`,
    runFolder: `${folder}/run`,
  };
}

/** The version comes last: a home that has one is complete. */
function createHome(home: Home): void {
  createPrivateFolder(home.path);
  createPrivateFolder(home.providersFolder);
  writeFileAtomic(home.versionFile, `${STORE_FORMAT}\n`);
}

function checkVersion(home: Home, text: string): void {
  const version = /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (version === STORE_FORMAT) return;
  if (version > STORE_FORMAT) throw newerFormat(home.path, version);
  const message = `${home.versionFile} does not hold a store format this program knows.`;
  throw new AuthsomeError("vault_unavailable", message, {
    hint: `If nothing else wrote it: echo ${STORE_FORMAT} > '${home.versionFile}'`,
  });
}

/** The error for something that only a newer authsome can read. */
export function newerFormat(path: string, version: number): AuthsomeError {
  const message =
    `${path} has store format ${version}; this authsome knows format ${STORE_FORMAT}.`;
  return new AuthsomeError("vault_unavailable", message, {
    hint: "Upgrade authsome: this home was written by a newer version. Nothing was changed.",
  });
}
