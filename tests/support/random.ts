/**
 * Random numbers that come out the same for the same seed, so that a failure can be had again.
 *
 * @module
 */

/** A source of random test data. */
export interface Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
  /** True once in `times`. */
  chance(times: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Latin-1 text without control characters. */
  text(length: number): string;
  bytes(length: number): Uint8Array;
}

/** Makes a source (the mulberry32 generator). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => limit <= 0 ? 0 : next() % limit;
  return {
    below,
    chance: (times) => below(times) === 0,
    pick: (choices) => choices[below(choices.length)]!,
    text: (length) =>
      String.fromCharCode(...Array.from({ length }, () => {
        return below(8) === 0 ? 0xa0 + below(96) : 0x21 + below(94);
      })),
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
