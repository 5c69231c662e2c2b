/**
 * A second HPACK encoder, as unlike the product's as can be: it uses every representation, both
 * tables and Huffman, at random.
 *
 * @module
 */

import { concat } from "../../lib/proxy/stream/bytes.ts";
import { type HpackField, STATIC_TABLE } from "../../lib/proxy/hpack/tables.ts";
import { encodeHuffman } from "../support/huffman.ts";
import type { Random } from "../support/random.ts";
import { fromLatin1 } from "../support/wire.ts";

/** Encodes one direction of a connection. */
export class ReferenceEncoder {
  readonly #random: Random;
  /** Newest first. */
  #table: HpackField[] = [];
  #capacity = 4096;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A block for `fields`; their `neverIndexed` is honoured. */
  encode(fields: readonly HpackField[]): Uint8Array {
    const parts: Uint8Array[] = [];
    while (this.#random.chance(5)) parts.push(this.#resize(this.#random.below(4097)));
    for (const field of fields) parts.push(this.#encodeField(field));
    return concat(parts);
  }

  #encodeField(field: HpackField): Uint8Array {
    const entries = [...STATIC_TABLE, ...this.#table];
    const exact = entries.findIndex(({ name, value }) =>
      name === field.name && value === field.value
    );
    if (exact >= 0 && !field.neverIndexed && !this.#random.chance(3)) {
      return integer(0x80, 7, exact + 1);
    }
    const named = entries.findIndex(({ name }) => name === field.name);
    const index = this.#random.chance(2) ? named + 1 : 0;
    const name = index === 0 ? [this.#string(field.name)] : [];
    const value = this.#string(field.value);
    if (field.neverIndexed) return concat([integer(0x10, 4, index), ...name, value]);
    if (this.#random.chance(2)) return concat([integer(0, 4, index), ...name, value]);
    this.#table.unshift(field);
    this.#evict();
    return concat([integer(0x40, 6, index), ...name, value]);
  }

  #resize(capacity: number): Uint8Array {
    this.#capacity = capacity;
    this.#evict();
    return integer(0x20, 5, capacity);
  }

  #evict(): void {
    let size = 0;
    const kept = this.#table.findIndex(({ name, value }) => {
      size += name.length + value.length + 32;
      return size > this.#capacity;
    });
    if (kept >= 0) this.#table = this.#table.slice(0, kept);
  }

  #string(text: string): Uint8Array {
    if (this.#random.chance(2)) return concat([integer(0, 7, text.length), fromLatin1(text)]);
    const bytes = encodeHuffman(Array.from(text, (character) => character.charCodeAt(0)));
    return concat([integer(0x80, 7, bytes.length), bytes]);
  }
}

function integer(first: number, prefixBits: number, value: number): Uint8Array {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return Uint8Array.of(first | value);
  const bytes = [first | limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 128);
  return Uint8Array.from([...bytes, rest]);
}
