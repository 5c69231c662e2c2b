/**
 * A master key from a passphrase, with Argon2id (RFC 9106).
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { KEY_BYTES } from "./envelope.ts";

/** How a key was derived; stored beside what it opens. */
export interface KdfParameters {
  readonly algorithm: "argon2id";
  /** Memory, in KiB. */
  readonly memory: number;
  /** Passes over the memory. */
  readonly iterations: number;
  /** Lanes. */
  readonly parallelism: number;
  /** 16 bytes, base64. */
  readonly salt: string;
}

/** RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes. */
const CURRENT = { memory: 65_536, iterations: 3, parallelism: 4 } as const;

/** A damaged or planted record must not make us take all memory or work for hours. */
const LIMITS = { memory: 4_194_304, iterations: 64, parallelism: 64 } as const;

const SALT_BYTES = 16;
const SALT = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Parameters for a new key: today's cost and a fresh salt. */
export function createKdfParameters(): KdfParameters {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES)).toBase64();
  return { algorithm: "argon2id", ...CURRENT, salt };
}

/** Whether a key derived so is cheaper to guess than a new one would be. */
export function isOutdated(parameters: KdfParameters): boolean {
  const { memory, iterations } = parameters;
  return memory < CURRENT.memory || memory * iterations < CURRENT.memory * CURRENT.iterations;
}

/** Reads parameters from JSON; `undefined` if they are not exactly that or out of bounds. */
export function parseKdfParameters(value: unknown): KdfParameters | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 5) return;
  const { algorithm, memory, iterations, parallelism, salt } = value as Record<string, unknown>;
  if (algorithm !== "argon2id" || typeof salt !== "string" || !SALT.test(salt)) return undefined;
  if (!isCount(iterations, LIMITS.iterations)) return undefined;
  if (!isCount(parallelism, LIMITS.parallelism)) return undefined;
  // RFC 9106, section 3.1: at least 8 KiB a lane.
  if (!isCount(memory, LIMITS.memory) || memory < 8 * parallelism) return undefined;
  return { algorithm, memory, iterations, parallelism, salt };
}

/**
 * Derives a master key; takes a quarter of a second and 64 MiB by today's parameters.
 *
 * @throws {AuthsomeError} `vault_unavailable` if the passphrase is empty.
 */
export async function deriveMasterKey(
  passphrase: Secret,
  parameters: KdfParameters,
): Promise<Uint8Array> {
  // The same passphrase, typed on another system, may be composed of other code points.
  const password = passphrase.reveal().normalize("NFC");
  if (password === "") throw emptyPassphrase();
  // Loaded here: only vaults that are locked with a passphrase pay for it.
  const { argon2id } = await import("hash-wasm");
  return await argon2id({
    password,
    salt: Uint8Array.fromBase64(parameters.salt),
    memorySize: parameters.memory,
    iterations: parameters.iterations,
    parallelism: parameters.parallelism,
    hashLength: KEY_BYTES,
    outputType: "binary",
  });
}

function isCount(value: unknown, limit: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= limit;
}

function emptyPassphrase(): AuthsomeError {
  return new AuthsomeError("vault_unavailable", "The passphrase is empty.", {
    hint: "Set AUTHSOME_PASSPHRASE to the passphrase, or unset it to be asked.",
  });
}
