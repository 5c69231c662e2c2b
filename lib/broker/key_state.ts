/**
 * What the vault is locked with, what would open it, and whether the two fit.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { isEnvironmentSource, type KeySource, readEnvironmentKey } from "../vault/key_source.ts";
import type { Broker } from "./broker.ts";

/** How the key of a vault stands. */
export interface KeyState {
  /** Where authsome takes the key from, or would take it from at first use. */
  readonly source: KeySource;
  /** What the vault is locked with; `undefined` if nothing was ever sealed. */
  readonly lockedWith: KeySource | undefined;
  /** Both in a sentence or two. */
  readonly sentence: string;
}

/** Reads no key and asks for none. */
export function readKeyState({ vault }: Broker): KeyState {
  const source = vault.keySource();
  const lockedWith = vault.lockedWith();
  return { source, lockedWith, sentence: describe(source, lockedWith) };
}

/**
 * What keeps the key from being used, if that shows without asking for a passphrase or starting a
 * program.
 */
export function findKeyProblem(
  { vault, env }: Broker,
  { source, lockedWith }: KeyState,
): AuthsomeError | undefined {
  try {
    if (lockedWith !== undefined && source !== "passphrase") vault.checkKey();
    else if (isEnvironmentSource(source)) readEnvironmentKey(source, env);
    return undefined;
  } catch (error) {
    if (error instanceof AuthsomeError) return error;
    throw error;
  }
}

function describe(source: KeySource, lockedWith: KeySource | undefined): string {
  if (lockedWith === undefined) {
    return `Nothing is locked yet; the first login will use ${source}.`;
  }
  const sentence = `The vault is locked with ${lockedWith}.`;
  if (source === lockedWith) return sentence;
  return `${sentence} ${source} is set, and is used to open it instead.`;
}
