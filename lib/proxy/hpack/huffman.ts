/**
 * Decodes HPACK's Huffman code (RFC 7541, section 5.2) four bits at a time.
 *
 * Theory of operation: a code tree has one state per inner node, 256 in all. For every state and
 * every half byte a table says which state comes next and which symbol, if any, was completed on
 * the way; no code is shorter than five bits, so it is one at most. The table is built on first use.
 *
 * @module
 */

import type { ByteRange } from "../stream/bytes.ts";
import { END_OF_STRING, HUFFMAN_LENGTHS } from "./tables.ts";

/** Bits of a table entry: symbol 0–7, then two flags, then the next state. */
const EMITS = 1 << 8;
const FAILS = 1 << 9;
const STATE_SHIFT = 10;

/** An inner node: for each bit a state, or `~symbol`, or `undefined` while the tree is built. */
type Branches = [number | undefined, number | undefined];

interface Automaton {
  /** 16 entries per state. */
  readonly table: Uint32Array;
  /** 1 for each state a string may end in: fewer than eight one bits since the last symbol. */
  readonly accepts: Uint8Array;
}

let automaton: Automaton | undefined;

/**
 * Decodes `input` into `output`, which must hold 8/5 as many bytes, rounded up.
 *
 * @returns the number of bytes written, or -1 if the code is not valid: it holds the end-of-string
 * symbol, or padding longer than seven bits or other than ones.
 */
export function decodeHuffman(input: ByteRange, output: Uint8Array): number {
  const { bytes, start, end } = input;
  const { table, accepts } = automaton ??= createAutomaton();
  let state = 0;
  let written = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const high = table[(state << 4) | (byte >> 4)]!;
    if (high & EMITS) output[written++] = high;
    const low = table[((high >>> STATE_SHIFT) << 4) | (byte & 15)]!;
    if (low & EMITS) output[written++] = low;
    if ((high | low) & FAILS) return -1;
    state = low >>> STATE_SHIFT;
  }
  return accepts[state] === 1 ? written : -1;
}

function createAutomaton(): Automaton {
  const tree = createTree();
  const table = new Uint32Array(tree.length * 16);
  for (let state = 0; state < tree.length; state++) {
    for (let bits = 0; bits < 16; bits++) table[state * 16 + bits] = transition(tree, state, bits);
  }
  const accepts = new Uint8Array(tree.length);
  for (let depth = 0, state = 0; depth < 8; depth++) {
    accepts[state] = 1;
    state = tree[state]![1]!;
  }
  return { table, accepts };
}

function transition(tree: readonly Branches[], from: number, bits: number): number {
  let state = from;
  let symbol: number | undefined;
  for (let bit = 3; bit >= 0; bit--) {
    const next = tree[state]![(bits >> bit) & 1]!;
    if (next >= 0) state = next;
    else if (~next === END_OF_STRING) return FAILS;
    else {
      symbol = ~next;
      state = 0;
    }
  }
  return (state << STATE_SHIFT) | (symbol === undefined ? 0 : EMITS | symbol);
}

function createTree(): Branches[] {
  const tree: Branches[] = [[undefined, undefined]];
  huffmanCodes().forEach((code, symbol) => plant(tree, symbol, code));
  return tree;
}

/** The code of each symbol, 0–255 and the end of a string, as text of zeros and ones. */
export function huffmanCodes(): readonly string[] {
  const symbols = [...HUFFMAN_LENGTHS.keys()]
    .sort((a, b) => HUFFMAN_LENGTHS[a]! - HUFFMAN_LENGTHS[b]! || a - b);
  const codes: string[] = [];
  let code = 0;
  let length = 0;
  for (const symbol of symbols) {
    code = code << (HUFFMAN_LENGTHS[symbol]! - length);
    length = HUFFMAN_LENGTHS[symbol]!;
    codes[symbol] = code.toString(2).padStart(length, "0");
    code++;
  }
  return codes;
}

function plant(tree: Branches[], symbol: number, code: string): void {
  let state = 0;
  for (const bit of code.slice(0, -1)) {
    const side = Number(bit);
    const next = tree[state]![side] ?? tree.push([undefined, undefined]) - 1;
    tree[state]![side] = next;
    state = next;
  }
  tree[state]![Number(code.at(-1))] = ~symbol;
}
