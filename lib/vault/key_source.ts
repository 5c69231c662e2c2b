/**
 * Where the master key comes from. It only ever opens the data key; see `key_ring.ts`.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { KEY_BYTES } from "./envelope.ts";
import { reasonOf } from "./file_error.ts";

/** Every place a master key can come from, strongest first, as `whoami` shows it. */
export const KEY_SOURCES = [
  "AUTHSOME_MASTER_KEY",
  "AUTHSOME_MASTER_KEY_FILE",
  "passphrase",
  "keychain",
  "master.key",
] as const;

/** One of {@link KEY_SOURCES}. */
export type KeySource = typeof KEY_SOURCES[number];

/** A source that authsome can read and never write. */
export type EnvironmentSource = "AUTHSOME_MASTER_KEY" | "AUTHSOME_MASTER_KEY_FILE";

/** The environment of a process: names to values. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Which source counts. A key in the environment goes first, then whatever the vault's data key is
 * locked with. A new vault takes a passphrase from the environment, else the key file; the keychain
 * only when told, since it may make the desktop ask, or not answer at all.
 */
export function chooseKeySource(env: Environment, stored: KeySource | undefined): KeySource {
  if (env.AUTHSOME_MASTER_KEY !== undefined) return "AUTHSOME_MASTER_KEY";
  if (env.AUTHSOME_MASTER_KEY_FILE !== undefined) return "AUTHSOME_MASTER_KEY_FILE";
  if (stored !== undefined) return stored;
  return env.AUTHSOME_PASSPHRASE === undefined ? "master.key" : "passphrase";
}

/** Whether the key of a source is the environment's business. */
export function isEnvironmentSource(source: KeySource): source is EnvironmentSource {
  return source === "AUTHSOME_MASTER_KEY" || source === "AUTHSOME_MASTER_KEY_FILE";
}

/**
 * Reads the master key that the environment holds or points to: 32 bytes.
 *
 * @throws {AuthsomeError} `vault_unavailable` if it is malformed, not set, or unreadable.
 */
export function readEnvironmentKey(source: EnvironmentSource, env: Environment): Uint8Array {
  const value = env[source];
  if (value === undefined) throw notSet(source);
  switch (source) {
    case "AUTHSOME_MASTER_KEY":
      return parseMasterKey(value, source);
    case "AUTHSOME_MASTER_KEY_FILE":
      return parseMasterKey(readForeignFile(value, source), `${value} (${source})`);
    default:
      return source satisfies never;
  }
}

/**
 * Reads base64 of exactly 32 bytes; white space around it is fine.
 *
 * @param origin Names the key in the message; the text never appears in one.
 * @throws {AuthsomeError} `vault_unavailable` if it is anything else.
 */
export function parseMasterKey(text: string, origin: string): Uint8Array {
  const wrong = (): AuthsomeError =>
    new AuthsomeError("vault_unavailable", `${origin} is not a base64 key of 32 bytes.`, {
      hint:
        "Give the key this vault was made with; a new one is made with: openssl rand -base64 32",
    });
  try {
    const key = Uint8Array.fromBase64(text.trim(), { lastChunkHandling: "strict" });
    if (key.length !== KEY_BYTES) throw wrong();
    return key;
  } catch {
    throw wrong();
  }
}

/** The user's own file, perhaps mounted by an orchestrator: links and other owners are fine. */
function readForeignFile(path: string, name: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new AuthsomeError(
      "vault_unavailable",
      `${path} (${name}) cannot be read (${reasonOf(error)}).`,
      {
        hint: `Point ${name} at the file that holds the key, base64 of 32 bytes.`,
        cause: error,
      },
    );
  }
}

function notSet(name: string): AuthsomeError {
  const message = `This vault is locked with ${name}, which is not set.`;
  return new AuthsomeError("vault_unavailable", message, {
    hint: `Set it to the key this vault was made with: export ${name}=…`,
  });
}
