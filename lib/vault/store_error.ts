/**
 * What SQLite throws, in words a person can act on.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { fileError, folderOf } from "./file_error.ts";
import { exists, findWriteProblem } from "./private_file.ts";

/** How long a write waits for the writes of other processes, in milliseconds. */
export const BUSY_TIMEOUT = 20_000;

/** SQLite result codes (https://www.sqlite.org/rescode.html) that mean the content is not ours. */
const DAMAGE_CODES = [1, 11, 26];
const BUSY_CODES = [5, 6, 15];

/**
 * Turns what SQLite throws into what a person can act on.
 *
 * @throws {AuthsomeError} `vault_unavailable` for whatever has a result code of SQLite.
 */
export function translate<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !("errcode" in error)) throw error;
    // The low byte is the primary result code.
    const code = Number(error.errcode) & 0xff;
    if (DAMAGE_CODES.includes(code)) throw damaged(path, error);
    if (BUSY_CODES.includes(code)) throw busy(path, error);
    // SQLite does not say what kept it from making a file.
    throw fileError(path, findWriteProblem(folderOf(path)) ?? error, "cannot be used");
  }
}

/** What was not as a store has to be. */
class Damage extends Error {}

/** Whether an error says that a file is damaged or no store, and not merely out of reach. */
export function isDamage(error: unknown): boolean {
  return error instanceof AuthsomeError && error.cause instanceof Damage;
}

/** The error for a file whose content is not that of a store. */
export function damaged(path: string, cause?: Error): AuthsomeError {
  const moves = ["", "-wal"].map((suffix) => `${path}${suffix}`).filter(exists)
    .map((name) => `mv '${name}' '${name}.damaged'`);
  return new AuthsomeError("vault_unavailable", `${path} is damaged or not a vault.`, {
    hint:
      "Nothing was changed. If you have a backup: authsome vault restore FILE. Otherwise move it " +
      `away${moves.length > 1 ? " with its log" : ""} and log in again: ${moves.join("; ")}`,
    cause: new Damage("The content is not that of a store.", cause === undefined ? {} : { cause }),
  });
}

function busy(path: string, cause: Error): AuthsomeError {
  const message = `${path} stayed locked by another process for ${BUSY_TIMEOUT / 1000} seconds.`;
  return new AuthsomeError("vault_unavailable", message, {
    hint: "Try again; if it stays so, look for a stuck authsome process: ps -ef | grep authsome",
    cause,
  });
}
