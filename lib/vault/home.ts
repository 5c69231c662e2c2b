/**
 * The home folder: where everything of one user lives, and who may touch it.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { reasonOf } from "./file_error.ts";
import {
  checkPrivateFolder,
  createPrivateFolder,
  exists,
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
  /** Locks of connections that are being refreshed. */
  readonly lockFolder: string;
  /** Files as they were before `scan --clean`, with keys in clear text. */
  readonly cleanedFolder: string;
  /** A backup that is being restored; see `pending_restore.ts`. */
  readonly restoreFile: string;
}

/**
 * Opens a home folder: refuses what is not safely ours, closes what is too open.
 *
 * @param path Absolute path, or relative to the working folder.
 * @param options `create`: make it, 0700, if it is missing; otherwise a missing home is simply empty.
 * @throws {AuthsomeError} `vault_unavailable` if it is a symbolic link, no folder, belongs to
 * another user, was written by a newer authsome, or is open to others and holds something else:
 * closing `/` or `/tmp` because a variable names it would break the machine.
 */
export function openHome(path: string, options: { readonly create: boolean }): Home {
  const home = homeAt(path);
  refuseForeignFolder(home);
  const isThere = checkPrivateFolder(home.path) !== undefined;
  if (!isThere && !options.create) return home;
  const version = isThere ? readPrivateFile(home.versionFile) : undefined;
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
  return `cannot be read (${reasonOf(error)})`;
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
    lockFolder: `${folder}/lock`,
    cleanedFolder: `${folder}/backups`,
    restoreFile: `${folder}/restore.json`,
  };
}

/** What a home may hold before its version is written. */
const OURS =
  /^(providers|run|lock|backups|config\.json|master\.key|audit(-\d+)?\.jsonl.*|vault\.db.*|restore\..*|\.?version.*)$/;

function refuseForeignFolder(home: Home): void {
  if (Deno.build.os === "windows" || !isOpenToOthers(home.path)) return;
  if (exists(home.versionFile)) return;
  const foreign = [...Deno.readDirSync(home.path)].find((entry) => !OURS.test(entry.name));
  if (foreign === undefined) return;
  const message = `${home.path} holds other things than an authsome home.`;
  throw new AuthsomeError("vault_unavailable", message, {
    hint: "Name a folder of its own: export AUTHSOME_HOME=~/.authsome",
  });
}

function isOpenToOthers(path: string): boolean {
  try {
    const info = Deno.lstatSync(path);
    return info.isDirectory && ((info.mode ?? 0) & 0o077) !== 0;
  } catch {
    return false;
  }
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
