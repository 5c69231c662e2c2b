/**
 * JSON that is nearly right: samples with a few values, fields or characters changed.
 *
 * @module
 */

import type { Random } from "../support/random.ts";

/** Values that parsers of JSON tend to trip over. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "\0",
  "\n",
  "../..",
  "__proto__",
  "constructor",
  "toString",
  "ｅ\u0301",
  "\ud800",
  "a".repeat(5000),
  [],
  [[]],
  {},
  [null],
  { length: 1 },
];

const NAMES = ["__proto__", "constructor", "length", "toString", "kind", "enc", "", "a"];

/** A sample as bytes, after a few random changes. */
export function generateJson(random: Random, samples: readonly unknown[]): Uint8Array {
  let value = structuredClone(random.pick(samples));
  for (let left = random.below(4); left > 0; left--) value = change(value, random, 0);
  return new TextEncoder().encode(JSON.stringify(value) ?? "");
}

/** One change somewhere in a value. */
function change(value: unknown, random: Random, depth: number): unknown {
  const isLeaf = typeof value !== "object" || value === null;
  if (isLeaf || random.chance(4 + depth)) return replacement(value, random);
  if (Array.isArray(value)) return changeArray(value, random, depth);
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(6)) {
    return Object.fromEntries([...entries, [random.pick(NAMES), random.pick(HOSTILE)]]);
  }
  const at = random.below(entries.length);
  if (random.chance(5)) return Object.fromEntries(entries.toSpliced(at, 1));
  const [name, old] = entries[at]!;
  return Object.fromEntries(entries.with(at, [name, change(old, random, depth + 1)]));
}

function changeArray(items: readonly unknown[], random: Random, depth: number): unknown[] {
  const at = random.below(items.length);
  if (items.length === 0 || random.chance(4)) return items.toSpliced(at, 0, random.pick(HOSTILE));
  if (random.chance(3)) return items.toSpliced(at, 1);
  if (random.chance(4)) return items.toSpliced(at, 0, items[at]);
  return items.with(at, change(items[at], random, depth + 1));
}

function replacement(value: unknown, random: Random): unknown {
  if (typeof value !== "string" || random.chance(3)) return random.pick(HOSTILE);
  const at = random.below(value.length + 1);
  const added = random.chance(3) ? String(random.pick(HOSTILE)).slice(0, 50) : random.text(1);
  return value.slice(0, at) + added + value.slice(at + random.below(2));
}

/** The text of an input, as a file of it would be read. */
export function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}

/** The value of an input; `undefined` if it is not JSON. */
export function valueOf(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input));
  } catch {
    return undefined;
  }
}
