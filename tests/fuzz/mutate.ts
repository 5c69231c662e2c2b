/**
 * Makes new inputs from old ones.
 *
 * @module
 */

import { concat } from "../../lib/proxy/stream/bytes.ts";
import type { Random } from "../support/random.ts";

/** Bytes that parsers tend to care about. */
const TELLING = [0, 1, 9, 10, 13, 32, 34, 37, 44, 48, 58, 59, 92, 127, 128, 192, 254, 255];

/** No input grows beyond this many bytes. */
const MAX_INPUT = 64 * 1024;

type Mutation = (input: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

const flipBit: Mutation = (input, random) => {
  const output = input.slice();
  const at = random.below(output.length);
  if (output.length > 0) output[at] = output[at]! ^ (1 << random.below(8));
  return output;
};

const setByte: Mutation = (input, random) => {
  const output = input.slice();
  const value = random.chance(2) ? random.pick(TELLING) : random.below(256);
  if (output.length > 0) output[random.below(output.length)] = value;
  return output;
};

const insert: Mutation = (input, random) => {
  const at = random.below(input.length + 1);
  const added = random.chance(2)
    ? Uint8Array.of(random.pick(TELLING))
    : random.bytes(1 + random.below(8));
  return concat([input.subarray(0, at), added, input.subarray(at)]);
};

const remove: Mutation = (input, random) => {
  const at = random.below(input.length);
  const count = 1 + random.below(random.chance(4) ? 64 : 4);
  return concat([input.subarray(0, at), input.subarray(at + count)]);
};

const repeat: Mutation = (input, random) => {
  const at = random.below(input.length);
  const part = input.subarray(at, at + 1 + random.below(200));
  const copies = Array<Uint8Array>(1 + random.below(random.chance(10) ? 200 : 4)).fill(part);
  return concat([input.subarray(0, at), ...copies, input.subarray(at)]);
};

const splice: Mutation = (input, random, corpus) => {
  const other = random.pick(corpus);
  const head = input.subarray(0, random.below(input.length + 1));
  return concat([head, other.subarray(random.below(other.length + 1))]);
};

const MUTATIONS: readonly Mutation[] = [flipBit, setByte, insert, remove, repeat, splice];

/** A few random changes to an input of the corpus. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let input = random.pick(corpus);
  for (let left = 1 + random.below(6); left > 0; left--) {
    input = random.pick(MUTATIONS)(input, random, corpus);
  }
  return input.subarray(0, MAX_INPUT);
}

/** Cuts an input into chunks: byte by byte, in a few large ones, or in between. */
export function chunksOf(input: Uint8Array, random: Random): Uint8Array[] {
  const largest = random.pick([1, 3, 20, 1000, 20_000]);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < input.length;) {
    const end = at + 1 + random.below(largest);
    // A copy: nothing may look beyond the end of a chunk, or keep it.
    chunks.push(input.slice(at, end));
    at = end;
  }
  return chunks;
}
