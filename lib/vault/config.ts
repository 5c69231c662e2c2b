/**
 * `config.json` of a home: one JSON object with settings.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Home } from "./home.ts";
import { readPrivateFile } from "./private_file.ts";

/** Settings by name, as written; whoever needs one checks its shape. */
export type Config = Readonly<Partial<Record<typeof SETTINGS[number], unknown>>>;

/** Every setting there is. A misspelled one must not be taken for none. */
const SETTINGS = ["policy"] as const;

/**
 * Reads the settings; a missing file means none.
 *
 * @throws {AuthsomeError} `usage` if the file is not one JSON object of known settings; `vault_unavailable` if it is
 * not safely ours.
 */
export function readConfig(home: Home): Config {
  const text = readPrivateFile(home.configFile);
  return text === undefined ? {} : parseConfig(text, home.configFile);
}

function parseConfig(text: string, path: string): Config {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    refuseUnknown(value, path);
    return value;
  }
  throw new AuthsomeError("usage", `${path} is not a JSON object.`, {
    hint: `Correct it, or remove it: rm '${path}'`,
  });
}

function refuseUnknown(value: object, path: string): void {
  const known: readonly string[] = SETTINGS;
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new AuthsomeError("usage", `${path}: '${unknown}' is no setting.`, {
    hint: `Correct it, or use one of: ${SETTINGS.join(", ")}.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
