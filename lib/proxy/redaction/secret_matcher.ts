/**
 * Finds any of a few byte patterns in a buffer, fast enough to look at every byte that passes.
 *
 * Theory of operation: patterns are searched for together, after Horspool, Wu and Manber. The search
 * looks at two bytes where a pattern of the shortest length would end. A table says for every pair
 * how far the next possible end is; nearly always that is the whole length, so one look passes over
 * dozens of bytes. Different pairs share entries, which costs a comparison now and then and nothing
 * else. Each look waits for the one before it, and a processor can wait for several at once: so four
 * quarters of a range are searched side by side. Keys of 50 characters are searched for at 20 GB/s;
 * a native search for each single pattern, `Buffer.indexOf`, manages 0.5 GB/s.
 *
 * @module
 */

import type { ByteRange } from "../stream/bytes.ts";

/** Takes the place of every byte of a secret: it can stand in JSON, in URLs and in headers. */
export const MASK = 42;

/** So many bytes that begin a secret are held back until the next ones decide. */
export const HELD_FROM = 4;

/** Pairs of bytes are folded into so many bits. */
const TABLE_BITS = 13;

/** Table entries are bytes. */
const LONGEST_STEP = 255;

/** Looks for patterns, all of which have two bytes or more. */
export class SecretMatcher {
  /** Length of the longest pattern, in bytes. */
  readonly longest: number;
  /** What is looked for. */
  readonly patterns: readonly Uint8Array[];
  /** How many bytes of each pattern the table covers. */
  readonly #window: number;
  readonly #steps: Uint8Array;
  /** 1 for each byte that a pattern begins with. */
  readonly #begins: Uint8Array = new Uint8Array(256);
  /** What was found so far in the range that is searched. */
  #found: number[] | undefined;

  constructor(patterns: readonly Uint8Array[]) {
    const lengths = patterns.map(({ length }) => length);
    this.patterns = patterns;
    this.longest = Math.max(...lengths);
    this.#window = Math.min(LONGEST_STEP, ...lengths);
    this.#steps = new Uint8Array(1 << TABLE_BITS).fill(this.#window - 1);
    for (const pattern of patterns) this.#add(pattern);
  }

  /**
   * Where patterns are in the range, overlapping ones included, in any order.
   *
   * @returns Pairs of start and end.
   */
  find(range: ByteRange): readonly number[] {
    const { bytes, end } = range;
    const steps = this.#steps;
    let a = range.start + this.#window - 1;
    const quarter = Math.max(0, (end - a) >> 2);
    const toA = a + quarter;
    const toB = toA + quarter;
    const toC = toB + quarter;
    let b = toA;
    let c = toB;
    let d = toC;
    while (a < toA && b < toB && c < toC && d < end) {
      a += steps[pairAt(bytes, a)]! || this.#compare(range, a);
      b += steps[pairAt(bytes, b)]! || this.#compare(range, b);
      c += steps[pairAt(bytes, c)]! || this.#compare(range, c);
      d += steps[pairAt(bytes, d)]! || this.#compare(range, d);
    }
    while (a < toA) a += steps[pairAt(bytes, a)]! || this.#compare(range, a);
    while (b < toB) b += steps[pairAt(bytes, b)]! || this.#compare(range, b);
    while (c < toC) c += steps[pairAt(bytes, c)]! || this.#compare(range, c);
    while (d < end) d += steps[pairAt(bytes, d)]! || this.#compare(range, d);
    const found = this.#found ?? NOTHING;
    this.#found = undefined;
    return found;
  }

  /**
   * How many bytes at the range's end may begin a pattern without completing it, as many as can be.
   * From the {@link HELD_FROM}th on any byte of a word will do: who has a service echo guesses sees
   * what is held, and could otherwise find a secret one byte after the other.
   */
  unfinished(range: ByteRange): number {
    const { bytes, end } = range;
    for (let at = Math.max(range.start, end - this.longest + 1); at < end; at++) {
      if (this.#begins[bytes[at]!] === 1 && this.#isBegun(range, at)) return end - at;
    }
    return 0;
  }

  /** Masks every occurrence in place. Returns whether there was one. */
  mask(range: ByteRange): boolean {
    const hits = this.find(range);
    maskHits(range.bytes, hits);
    return hits.length > 0;
  }

  #add(pattern: Uint8Array): void {
    this.#begins[pattern[0]!] = 1;
    for (let at = 1; at < this.#window; at++) {
      const index = pairAt(pattern, at);
      this.#steps[index] = Math.min(this.#steps[index]!, this.#window - 1 - at);
    }
  }

  /** Notes the patterns whose window ends with the byte `at`. Returns the step to the next byte. */
  #compare({ bytes, end }: ByteRange, at: number): 1 {
    const start = at - this.#window + 1;
    for (const pattern of this.patterns) {
      if (start + pattern.length <= end && isAt(pattern, bytes, start)) {
        this.#found ??= [];
        this.#found.push(start, start + pattern.length);
      }
    }
    return 1;
  }

  #isBegun(range: ByteRange, start: number): boolean {
    for (const pattern of this.patterns) if (isBegun(pattern, range, start)) return true;
    return false;
  }
}

/** Masks pairs of start and end; only once all are known, as occurrences may overlap. */
export function maskHits(bytes: Uint8Array, hits: readonly number[]): void {
  for (let at = 0; at < hits.length; at += 2) bytes.fill(MASK, hits[at], hits[at + 1]);
}

const NOTHING: readonly number[] = [];

/** The table's index for the byte `at` and the one before it. */
function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at - 1]! << 6) ^ bytes[at]!) & ((1 << TABLE_BITS) - 1);
}

function isBegun(pattern: Uint8Array, { bytes, end }: ByteRange, start: number): boolean {
  const count = end - start;
  if (count >= pattern.length) return false;
  for (let at = 0; at < count; at++) {
    const byte = bytes[start + at]!;
    const wanted = pattern[at]!;
    if (byte === wanted) continue;
    if (at < HELD_FROM || !isOfWord(byte) || !isOfWord(wanted)) return false;
  }
  return true;
}

/** No space, quotation mark or control character: what follows one is not delayed by what precedes. */
function isOfWord(byte: number): boolean {
  return byte > 32 && byte !== 34 && byte !== 127;
}

function isAt(pattern: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (bytes[start + at] !== pattern[at]) return false;
  }
  return true;
}
