/**
 * What is fuzzed and how: a target makes inputs and checks what must hold for every input.
 *
 * @module
 */

import type { Random } from "../support/random.ts";

/** One parser under test. */
export interface FuzzTarget {
  /** Also the folder of its corpus in `tests/fixtures/fuzz/`. */
  readonly name: string;
  /** A well-formed or nearly well-formed input; mutations of the corpus come on top. */
  readonly generate: (random: Random) => Uint8Array;
  /** Throws if something does not hold for `input`. */
  readonly check: (input: Uint8Array, random: Random) => void | Promise<void>;
}

/** What a step gave: a value, or the error that it is documented to throw. */
export type Outcome<T> = { readonly value: T } | { readonly error: string };

/** Runs a step; errors that are not of the documented class get through. */
export function outcomeOf<T>(
  step: () => T,
  documented: new (...details: never[]) => Error,
): Outcome<T> {
  try {
    return { value: step() };
  } catch (error) {
    if (!(error instanceof documented)) throw error;
    return { error: error.message };
  }
}
