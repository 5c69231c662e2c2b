/**
 * Encodes HPACK header blocks (RFC 7541) without ever using the dynamic table: nothing we send can
 * be evicted, guessed by compression, or grow the peer's memory, and our state is none at all.
 *
 * @module
 */

import { type HpackField, STATIC_TABLE } from "./tables.ts";

/** How an integer begins: the bits before it, and how many of the first byte are left for it. */
interface IntegerPrefix {
  readonly first: number;
  readonly prefixBits: number;
}

/** The representations we use (RFC 7541, section 6). */
const INDEX_PREFIX: IntegerPrefix = { first: 0x80, prefixBits: 7 };
const WITHOUT_INDEXING: IntegerPrefix = { first: 0x00, prefixBits: 4 };
const NEVER_INDEXED: IntegerPrefix = { first: 0x10, prefixBits: 4 };
const TABLE_SIZE_PREFIX: IntegerPrefix = { first: 0x20, prefixBits: 5 };
const STRING_PREFIX: IntegerPrefix = { first: 0x00, prefixBits: 7 };

/** First static index of every name. */
const STATIC_NAMES: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map((field, at) => [field.name, at + 1] as const).reverse(),
);

/** Room for the integers of one field, and for the size update before all fields, in bytes. */
const INTEGER_ROOM = 12;

/**
 * Encodes `fields` in order. Fields of the static table take one byte, all others are literals;
 * what arrived as "never indexed" leaves so. With `tableSize` the block first sets the size of the
 * peer's table, in bytes: 0 says once and for all that we use none.
 */
export function encodeHeaderBlock(fields: readonly HpackField[], tableSize?: number): Uint8Array {
  let room = INTEGER_ROOM;
  for (const { name, value } of fields) room += name.length + value.length + INTEGER_ROOM;
  const output = new Uint8Array(room);
  let at = tableSize === undefined ? 0 : writeInteger(output, 0, TABLE_SIZE_PREFIX, tableSize);
  for (const field of fields) at = writeField(output, at, field);
  return output.subarray(0, at);
}

function writeField(output: Uint8Array, from: number, field: HpackField): number {
  const { name, value, neverIndexed } = field;
  const nameIndex = STATIC_NAMES.get(name) ?? 0;
  const index = neverIndexed ? 0 : staticIndex(field, nameIndex);
  if (index !== 0) return writeInteger(output, from, INDEX_PREFIX, index);
  const prefix = neverIndexed ? NEVER_INDEXED : WITHOUT_INDEXING;
  let at = writeInteger(output, from, prefix, nameIndex);
  if (nameIndex === 0) at = writeString(output, at, name);
  return writeString(output, at, value);
}

/** The index of the entry with this name and value, or 0. Entries of one name are neighbours. */
function staticIndex(field: HpackField, nameIndex: number): number {
  if (nameIndex === 0 || field.value === "") return 0;
  for (let index = nameIndex; STATIC_TABLE[index - 1]?.name === field.name; index++) {
    if (STATIC_TABLE[index - 1]!.value === field.value) return index;
  }
  return 0;
}

/** RFC 7541, section 5.1. */
function writeInteger(
  output: Uint8Array,
  from: number,
  prefix: IntegerPrefix,
  value: number,
): number {
  const mask = (1 << prefix.prefixBits) - 1;
  let at = from;
  if (value < mask) {
    output[at++] = prefix.first | value;
    return at;
  }
  output[at++] = prefix.first | mask;
  let rest = value - mask;
  for (; rest > 0x7f; rest >>>= 7) output[at++] = 0x80 | (rest & 0x7f);
  output[at++] = rest;
  return at;
}

/** A plain string; Huffman would save bytes and cost time on every request. */
function writeString(output: Uint8Array, from: number, text: string): number {
  let at = writeInteger(output, from, STRING_PREFIX, text.length);
  for (let index = 0; index < text.length; index++) output[at++] = text.charCodeAt(index);
  return at;
}
