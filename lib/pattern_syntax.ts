/**
 * The part of regular-expression syntax that definitions may use, taken apart into sequences of
 * character sets. See `linear_pattern.ts` for why.
 *
 * @module
 */

/** One character set, repeated. */
export interface Atom {
  /** Bit `c` stands for ASCII character `c`, bit 128 for every other character. */
  readonly set: bigint;
  /** The one character of the set, if it has just one. */
  readonly literal?: string;
  readonly min: number;
  /** `Infinity` if open. */
  readonly max: number;
}

/** One way through a pattern. */
export type Sequence = readonly Atom[];

const OTHER = 1n << 128n;
const ANY = (OTHER << 1n) - 1n;
const MOST_SEQUENCES = 64;
const MOST_ATOMS = 256;
const SHORTHANDS: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "A-Za-z0-9_",
};

interface Reader {
  readonly source: string;
  at: number;
}

/**
 * Takes the inside of `^…$` apart.
 *
 * @throws {SyntaxError} with a sentence that says what is wrong.
 */
export function parseSequences(source: string): readonly Sequence[] {
  const reader: Reader = { source, at: 0 };
  const sequences = readConcatenation(reader);
  if (reader.source[reader.at] === "|") throw new SyntaxError("put '|' inside of parentheses");
  if (reader.at < source.length) throw new SyntaxError("a ')' has no '('");
  return sequences;
}

function readConcatenation(reader: Reader): Sequence[] {
  let sequences: Sequence[] = [[]];
  while (reader.at < reader.source.length && !"|)".includes(peek(reader))) {
    sequences = combine(sequences, readRepeated(reader));
  }
  return sequences;
}

function readRepeated(reader: Reader): Sequence[] {
  if (peek(reader) === "(") {
    const group = readGroup(reader);
    const { min, max } = readQuantifier(reader);
    return repeatGroup(group, min, max);
  }
  const set = readSet(reader);
  const literal = literalOf(set);
  return [[{ set, ...(literal === undefined ? {} : { literal }), ...readQuantifier(reader) }]];
}

function readGroup(reader: Reader): Sequence[] {
  reader.at += 1;
  if (peek(reader) === "?") {
    if (!reader.source.startsWith("?:", reader.at)) {
      throw new SyntaxError("lookarounds and named groups cannot be used");
    }
    reader.at += 2;
  }
  const sequences = readConcatenation(reader);
  while (peek(reader) === "|") {
    reader.at += 1;
    sequences.push(...readConcatenation(reader));
  }
  if (peek(reader) !== ")") throw new SyntaxError("a '(' has no ')'");
  reader.at += 1;
  return sequences;
}

function repeatGroup(group: Sequence[], min: number, max: number): Sequence[] {
  if (max === Infinity) throw new SyntaxError("a group cannot be repeated without an upper limit");
  let current: Sequence[] = [[]];
  const all: Sequence[] = min === 0 ? [[]] : [];
  for (let count = 1; count <= max; count++) {
    current = combine(current, group);
    if (count >= min) all.push(...current);
    refuseLarge(all);
  }
  return all;
}

function combine(left: readonly Sequence[], right: readonly Sequence[]): Sequence[] {
  const sequences = left.flatMap((head) => right.map((tail) => [...head, ...tail]));
  refuseLarge(sequences);
  return sequences;
}

function refuseLarge(sequences: readonly Sequence[]): void {
  const tooLong = sequences.some((sequence) => sequence.length > MOST_ATOMS);
  if (sequences.length > MOST_SEQUENCES || tooLong) throw new SyntaxError("it is too large");
}

function readQuantifier(reader: Reader): { min: number; max: number } {
  const match = /^(?:[*+?]|\{([0-9]{1,4})(,([0-9]{0,4}))?\})/.exec(reader.source.slice(reader.at));
  if (match === null) return { min: 1, max: 1 };
  reader.at += match[0].length;
  if ("*+?{".includes(peek(reader) || " ")) {
    throw new SyntaxError("a repetition cannot be repeated or made lazy");
  }
  switch (match[0]) {
    case "*":
      return { min: 0, max: Infinity };
    case "+":
      return { min: 1, max: Infinity };
    case "?":
      return { min: 0, max: 1 };
  }
  const min = Number(match[1]);
  if (match[2] === undefined) return { min, max: min };
  const max = match[3] === "" ? Infinity : Number(match[3]);
  if (max < min) throw new SyntaxError("a repetition counts down");
  return { min, max };
}

function readSet(reader: Reader): bigint {
  const character = peek(reader);
  reader.at += 1;
  if (character === "[") return readClass(reader);
  if (character === "\\") return readEscape(reader);
  if (character === ".") return ANY;
  if ("*+?{}]^$".includes(character)) {
    throw new SyntaxError(`'${character}' stands where it has no meaning; write '\\${character}'`);
  }
  return bitOf(character);
}

function readEscape(reader: Reader): bigint {
  const character = peek(reader);
  reader.at += 1;
  const shorthand = SHORTHANDS[character];
  if (shorthand !== undefined) return setOf(shorthand);
  if (character === "" || /[A-Za-z0-9]/.test(character)) {
    throw new SyntaxError(`'\\${character}' cannot be used`);
  }
  return bitOf(character);
}

function readClass(reader: Reader): bigint {
  const negated = peek(reader) === "^";
  if (negated) reader.at += 1;
  let set = 0n;
  while (peek(reader) !== "]") {
    if (peek(reader) === "" || peek(reader) === "[") {
      throw new SyntaxError("a '[' has no ']'; write '\\[' for the character");
    }
    set |= readClassItem(reader);
  }
  reader.at += 1;
  if (set === 0n) throw new SyntaxError("'[]' matches nothing");
  return negated ? ANY & ~set : set;
}

function readClassItem(reader: Reader): bigint {
  const first = readClassSet(reader);
  if (peek(reader) !== "-" || reader.source[reader.at + 1] === "]") return first;
  reader.at += 1;
  const from = literalOf(first);
  const to = literalOf(readClassSet(reader));
  if (from === undefined || to === undefined || from > to) {
    throw new SyntaxError("a range in '[…]' goes from one character to a later one");
  }
  return rangeOf(from, to);
}

function readClassSet(reader: Reader): bigint {
  const character = peek(reader);
  if (character === "") throw new SyntaxError("a '[' has no ']'");
  reader.at += 1;
  return character === "\\" ? readEscape(reader) : bitOf(character);
}

function peek(reader: Reader): string {
  return reader.source[reader.at] ?? "";
}

function bitOf(character: string): bigint {
  return 1n << BigInt(character.charCodeAt(0));
}

function rangeOf(from: string, to: string): bigint {
  return (bitOf(to) << 1n) - bitOf(from);
}

/** Reads `SHORTHANDS`' own notation: single characters and ranges. */
function setOf(ranges: string): bigint {
  let set = 0n;
  for (const [range] of ranges.matchAll(/.-.|./gs)) {
    set |= rangeOf(range.charAt(0), range.charAt(range.length - 1));
  }
  return set;
}

function literalOf(set: bigint): string | undefined {
  if (set === 0n || (set & (set - 1n)) !== 0n || set === OTHER) return undefined;
  return String.fromCharCode(set.toString(2).length - 1);
}
