/**
 * `config.json` of a home: one JSON object with settings.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Home } from "./home.ts";
import { readPrivateFile } from "./private_file.ts";

/** Settings by name, as written; whoever needs one checks its shape. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * Reads the settings; a missing file means none.
 *
 * @throws {AuthsomeError} `usage` if the file is not one JSON object; `vault_unavailable` if it is
 * not safely ours.
 */
export function readConfig(home: Home): Config {
  const text = readPrivateFile(home.configFile);
  return text === undefined ? {} : parseConfig(text, home.configFile);
}

function parseConfig(text: string, path: string): Config {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Config;
  throw new AuthsomeError("usage", `${path} is not a JSON object.`, {
    hint: `Correct it, or remove it: rm '${path}'`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
