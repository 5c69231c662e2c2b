/**
 * Looks at this machine to find out what a sandbox must hide, and what it must leave. Linux only.
 *
 * @module
 */

import { join } from "node:path";
import { AuthsomeError } from "../errors.ts";
import { foldersAround } from "./folders_around.ts";
import { readKernelTables } from "./kernel_tables.ts";
import { findAliases } from "./mount_table.ts";
import { parseSocketFolders } from "./socket_table.ts";
import type { SandboxPlan } from "./sandbox.ts";

/** What the plan depends on. */
export interface SandboxRequest {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** authsome's home. */
  readonly home: string;
  /** The run's folder in it. */
  readonly runFolder: string;
  readonly workingFolder: string;
  /** What the user shares, by path. */
  readonly shared: readonly string[];
  /** authsome's own program, or what runs it. */
  readonly program: string;
  /** The folder of its source, if it runs from source. */
  readonly source: string | undefined;
}

/** For root; others cannot write there anyway. `/var/spool` holds the jobs of cron and at. */
const SYSTEM_FOLDERS = [
  ...["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot"],
  ...["/var/spool", "/nix"],
];

/** Where daemons, desktops, terminals and editors keep their sockets. */
const SOCKET_FOLDERS = ["/run", "/var/run", "/tmp"];

/** Daemons that hand out root, with sockets elsewhere. */
const DAEMON_FOLDERS = ["/var/lib/lxd", "/var/lib/incus", "/var/snap/lxd/common"];

/** Programs below {@link SOCKET_FOLDERS} (NixOS). */
const PROGRAM_FOLDERS = ["/run/current-system", "/run/booted-system", "/run/opengl-driver"];

/** What runs code at the next login or in the next shell, relative to the user's home. */
const START_UP_FILES = [
  ...[".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile"],
  ...[".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".xprofile", ".xsessionrc"],
  ...[".config/fish", ".config/autostart", ".config/environment.d", ".config/systemd"],
  ...[".local/share/systemd", ".local/share/dbus-1", ".ssh"],
];

/** The usual home of authsome, and the keyrings of desktops, of which some have no password. */
const HIDDEN_FOLDERS = [".authsome", ".local/share/keyrings", ".local/share/kwalletd"];

/**
 * Plans a sandbox.
 *
 * @throws {AuthsomeError} `usage` if the working folder or something shared cannot be given to the
 * child without giving more than that.
 */
export function planSandbox(request: SandboxRequest): SandboxPlan {
  const { env, program } = request;
  const home = realPath(request.home) ?? request.home;
  const userHome = realFolder(env.HOME);
  const runtime = realFolder(env.XDG_RUNTIME_DIR);
  const workingFolder = realPath(request.workingFolder) ?? request.workingFolder;
  const readOnly = SYSTEM_FOLDERS.filter(isOwnFolder);
  const emptied = [...SOCKET_FOLDERS, ...DAEMON_FOLDERS].filter(isOwnFolder);
  refuseWorkingFolder(workingFolder, { home, emptied });
  const given = defined([userHome, workingFolder, ...request.shared.map(requireShared)]);
  const restored = given.filter((path) => isIn([...readOnly, ...emptied], path));
  const isVisible = (path: string): boolean => !isIn(emptied, path) || isIn(restored, path);
  const tables = readKernelTables();
  const secretFolders = [home, ...existing(userHome, HIDDEN_FOLDERS)]
    .flatMap((path) => [path, ...existingAliases(path, tables)]);
  const restoredReadOnly = defined([...PROGRAM_FOLDERS.filter(exists), request.source])
    .filter((path) => isIn(emptied, path));
  const guarded = [...existing(userHome, START_UP_FILES), program].filter(isVisible);
  const hiddenFolders = [...new Set([...secretFolders, ...defined([runtime])])].filter(isVisible);
  const hiddenFiles = findHiddenFiles(request, tables)
    .filter((path) => isVisible(path) && !isIn(secretFolders, path));
  const around = foldersAround([...guarded, ...hiddenFolders, ...hiddenFiles])
    .filter((path) => !isIn([...restoredReadOnly, ...guarded, ...hiddenFolders], path));
  return {
    readOnly,
    emptied,
    made: defined([runtime, env.TMPDIR]).filter((path) =>
      !isVisible(path) && isBelow(emptied, path)
    ),
    restored: [...restored, ...around.filter((path) => isIn(restored, path))],
    restoredReadOnly,
    pinned: around.filter((path) => !isIn([...readOnly, ...emptied], path)),
    guarded,
    hiddenFolders,
    hiddenFiles,
    runFolder: realPath(request.runFolder) ?? request.runFolder,
    program,
    workingFolder,
  };
}

function findHiddenFiles({ env, shared }: SandboxRequest, tables: string): string[] {
  const shares = shared.map(realPath);
  const sockets = [...new Set(defined(parseSocketFolders(tables).map(realPath)))]
    .flatMap(socketsIn).filter((path) => !shares.includes(path));
  const keyFiles = defined([env.AUTHSOME_MASTER_KEY_FILE]).flatMap((path) =>
    defined([realPath(path)])
  )
    .flatMap((path) => [path, ...existingAliases(path, tables)]);
  return [...new Set([...keyFiles, ...sockets])];
}

/** Where else the very same file or folder is found. */
function existingAliases(path: string, tables: string): string[] {
  const own = statOf(path);
  return findAliases(tables, path).filter((alias) => {
    const other = statOf(alias);
    return own?.ino !== null && other?.ino === own?.ino && other?.dev === own?.dev;
  });
}

function defined(paths: readonly (string | undefined)[]): string[] {
  return paths.filter((path) => path !== undefined && path !== "") as string[];
}

function refuseWorkingFolder(
  path: string,
  { home, emptied }: { readonly home: string; readonly emptied: readonly string[] },
): void {
  if (isIn([home], path)) {
    throw new AuthsomeError("usage", "The working folder is authsome's own, which is hidden.", {
      hint: "Change to the folder of your project first.",
    });
  }
  if (emptied.includes(path)) {
    throw new AuthsomeError("usage", `The working folder ${path} holds other programs' sockets.`, {
      hint: `Change to a folder of your own first: cd "$(mktemp -d)"`,
    });
  }
}

function requireShared(path: string): string {
  const real = realPath(path);
  if (real !== undefined) return real;
  throw new AuthsomeError("usage", `There is no ${path} to share.`, {
    hint: `Check the path: ls -ld ${path}`,
  });
}

function existing(folder: string | undefined, names: readonly string[]): string[] {
  if (folder === undefined) return [];
  return names.map((name) => realPath(`${folder}/${name}`)).filter((path) => path !== undefined);
}

/** Whether `path` is one of `folders` or below one. */
function isIn(folders: readonly string[], path: string): boolean {
  return folders.includes(path) || isBelow(folders, path);
}

function isBelow(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => path.startsWith(folder === "/" ? folder : `${folder}/`));
}

function realFolder(path: string | undefined): string | undefined {
  const real = path === undefined || path === "" ? undefined : realPath(path);
  return real !== undefined && isOwnFolder(real) ? real : undefined;
}

/** Where a path leads; `undefined` if nothing is there. */
export function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  return realPath(path) !== undefined;
}

/** A folder itself, not a link to one: `/bin` may be `usr/bin`. */
function isOwnFolder(path: string): boolean {
  return statOf(path)?.isDirectory === true;
}

function socketsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ isFile, isDirectory, isSymlink }) => !isFile && !isDirectory && !isSymlink)
      .map(({ name }) => join(folder, name))
      .filter((path) => statOf(path)?.isSocket === true);
  } catch {
    return [];
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}
