/**
 * Looks for dotenv files below a folder.
 *
 * Folders that git ignores are left alone: they hold what was built or installed. A dotenv file that
 * git ignores is read all the same, since that is where a key belongs as long as it is in a file;
 * one that git does not ignore is reported as such. No symbolic link is followed.
 *
 * @module
 */

import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** A dotenv file. */
export interface EnvFile {
  readonly path: string;
  /** Whether git ignores it; `undefined` outside of a git repository. */
  readonly ignored?: boolean;
}

/** What was found, and whether that may not be all. */
export interface TreeFiles {
  readonly files: readonly EnvFile[];
  /** A limit was reached. */
  readonly truncated: boolean;
}

/** How much is looked at. */
export interface TreeLimits {
  /** Files and folders, at most. */
  readonly entries: number;
  /** Folders inside of one another, at most. */
  readonly depth: number;
}

const LIMITS: TreeLimits = { entries: 100_000, depth: 32 };
const NEVER_ENTERED: ReadonlySet<string> = new Set(["node_modules", ".git", ".hg", ".svn"]);

/** The rules of one `.gitignore`, which count below its folder. */
interface Rules {
  readonly folder: string;
  readonly matcher: Ignore;
}

interface Visit {
  readonly folder: string;
  readonly depth: number;
  readonly rules: readonly Rules[];
}

/** Finds every `.env*` file in `folder` and below. What cannot be read is passed over. */
export function findEnvFiles(folder: string, limits: TreeLimits = LIMITS): TreeFiles {
  const above = rulesAbove(folder);
  const files: EnvFile[] = [];
  const pending: Visit[] = [{ folder, depth: 0, rules: above ?? [] }];
  let entries = 0;
  let truncated = false;
  for (let visit = pending.shift(); visit !== undefined; visit = pending.shift()) {
    const rules = [...visit.rules, ...readRules(visit.folder)];
    for (const entry of readFolder(visit.folder)) {
      if (++entries > limits.entries) return { files, truncated: true };
      const path = join(visit.folder, entry.name);
      if (entry.isFile && entry.name.startsWith(".env")) {
        files.push(above === undefined ? { path } : { path, ignored: isIgnored(path, rules) });
      }
      if (!entry.isDirectory || NEVER_ENTERED.has(entry.name)) continue;
      if (isIgnored(`${path}/`, rules)) continue;
      if (visit.depth < limits.depth) pending.push({ folder: path, depth: visit.depth + 1, rules });
      else truncated = true;
    }
  }
  return { files, truncated };
}

/**
 * The rules of the folders between the repository's root and `folder`; `undefined` outside of a
 * repository.
 */
function rulesAbove(folder: string): readonly Rules[] | undefined {
  const rules: Rules[] = [];
  for (let current = folder;; current = dirname(current)) {
    if (current !== folder) rules.unshift(...readRules(current));
    if (exists(join(current, ".git"))) return rules;
    if (dirname(current) === current) return undefined;
  }
}

function readRules(folder: string): readonly Rules[] {
  try {
    const text = Deno.readTextFileSync(join(folder, ".gitignore"));
    return [{ folder, matcher: ignore().add(text) }];
  } catch {
    return [];
  }
}

/** The deepest `.gitignore` that says anything about a path decides (gitignore(5)). */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  let ignored = false;
  for (const { folder, matcher } of rules) {
    const inside = relative(folder, path).replaceAll(sep, "/");
    const verdict = matcher.test(path.endsWith("/") ? `${inside}/` : inside);
    ignored = (ignored || verdict.ignored) && !verdict.unignored;
  }
  return ignored;
}

function readFolder(folder: string): readonly Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
