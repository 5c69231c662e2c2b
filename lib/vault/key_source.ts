/**
 * Where the master key comes from. It only ever opens the data key; see `key_ring.ts`.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { KEY_BYTES } from "./envelope.ts";
import type { Home } from "./home.ts";
import { readPrivateFile, writeFileAtomic } from "./private_file.ts";

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

/** The environment of a process: names to values. */
export type Environment = Readonly<Record<string, string>>;

/** Where sources look. */
export interface KeyOrigin {
  readonly home: Home;
  readonly env: Environment;
}

/**
 * Which source counts: what the environment holds goes first, then the one that the vault's data key
 * was wrapped for, then the key file.
 */
export function chooseKeySource(env: Environment, stored: KeySource | undefined): KeySource {
  if (env.AUTHSOME_MASTER_KEY !== undefined) return "AUTHSOME_MASTER_KEY";
  if (env.AUTHSOME_MASTER_KEY_FILE !== undefined) return "AUTHSOME_MASTER_KEY_FILE";
  return stored ?? "master.key";
}

/**
 * Reads the master key of a source: 32 bytes.
 *
 * @returns `undefined` if `master.key` does not exist.
 * @throws {AuthsomeError} `vault_unavailable` if the source is malformed, not set, or unreadable.
 */
export function readMasterKey(source: KeySource, { home, env }: KeyOrigin): Uint8Array | undefined {
  switch (source) {
    case "AUTHSOME_MASTER_KEY":
      return parseMasterKey(requireVariable(env, source), source);
    case "AUTHSOME_MASTER_KEY_FILE": {
      const path = requireVariable(env, source);
      return parseMasterKey(readForeignFile(path, source), `${path} (${source})`);
    }
    case "master.key": {
      const text = readPrivateFile(home.masterKeyFile);
      return text === undefined ? undefined : parseMasterKey(text, home.masterKeyFile);
    }
    case "passphrase":
    case "keychain":
      throw new AuthsomeError(
        "vault_unavailable",
        `This vault is locked with a source this authsome does not know: ${source}.`,
        { hint: "Upgrade authsome." },
      );
    default:
      return source satisfies never;
  }
}

/**
 * Makes `master.key` with a fresh key. Call it only while no other process can do the same.
 *
 * @throws {AuthsomeError} `vault_unavailable` if it cannot be written.
 */
export function createMasterKeyFile(home: Home): Uint8Array {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  writeFileAtomic(home.masterKeyFile, `${key.toBase64()}\n`);
  return key;
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

function requireVariable(env: Environment, name: string): string {
  const value = env[name];
  if (value !== undefined) return value;
  throw new AuthsomeError(
    "vault_unavailable",
    `This vault is locked with ${name}, which is not set.`,
    { hint: `Set it to the key this vault was made with: export ${name}=…` },
  );
}

/** The user's own file, perhaps mounted by an orchestrator: links and other owners are fine. */
function readForeignFile(path: string, name: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new AuthsomeError("vault_unavailable", `${path} (${name}) cannot be read (${reason}).`, {
      hint: `Point ${name} at the file that holds the key, base64 of 32 bytes.`,
      cause: error,
    });
  }
}
