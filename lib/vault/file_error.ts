/**
 * What the system says when a file of ours cannot be used, in words a person can act on.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";

/** A cause that is known by its `errno` code, and what to type next. */
interface Cause {
  readonly says: string;
  readonly hint: (folder: string) => string;
}

const FULL: Cause = {
  says: "the disk is full",
  hint: (folder) => `Make room. This shows how much there is: df -h '${folder}'`,
};

const CAUSES: Readonly<Record<string, Cause>> = {
  ENOSPC: FULL,
  EDQUOT: { ...FULL, says: "your share of the disk is used up" },
  EROFS: {
    says: "the file system is read-only",
    hint: (folder) =>
      `Use a folder that can be written (export AUTHSOME_HOME=…). This shows the disk: df -h '${folder}'`,
  },
  EIO: {
    says: "input/output error",
    hint: (folder) =>
      `The disk may be failing; the system's log tells more. This shows it: df -h '${folder}'`,
  },
};

/**
 * Wraps what the system said about a file of ours; an AuthsomeError passes as it is.
 *
 * @param what A clause that follows the path: `cannot be read`.
 * @param folder Where to look, if the file's own folder may be gone.
 */
export function fileError(
  path: string,
  error: unknown,
  what: string,
  folder = folderOf(path),
): AuthsomeError {
  if (error instanceof AuthsomeError) return error;
  if (!(error instanceof Error)) throw error;
  const hint = causeOf(error)?.hint(folder) ?? `Check the folder: ls -la '${folder}'`;
  return new AuthsomeError("vault_unavailable", `${path} ${what} (${reasonOf(error)}).`, {
    hint,
    cause: error,
  });
}

/** Why something failed, a few words: `permission denied`. Names no path. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const known = causeOf(error);
  if (known !== undefined) return known.says;
  // `Permission denied (os error 13): open '/a/path'`
  const text = error.message.replace(/ \(os error \d+\).*$/s, "").replace(/\.$/, "");
  return text === "" ? error.name : text.charAt(0).toLowerCase() + text.slice(1);
}

/** The folder a file is in. */
export function folderOf(path: string): string {
  const end = Deno.build.os === "windows" ? path.search(/[/\\][^/\\]*$/) : path.lastIndexOf("/");
  return end === -1 ? "." : path.slice(0, end) || "/";
}

function causeOf(error: Error): Cause | undefined {
  return "code" in error ? CAUSES[String(error.code)] : undefined;
}
