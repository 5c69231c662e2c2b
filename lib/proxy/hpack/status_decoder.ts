/**
 * Decodes the status of responses and nothing else, for header blocks that pass as they are.
 *
 * Theory of operation: many servers write most fields of every response into the dynamic table. To
 * follow it one need not know what its fields say, only how long they are; so a field becomes two
 * numbers here and never a text. A status is told by its name, which no other field has.
 *
 * @module
 */

import type { ByteRange } from "../stream/bytes.ts";
import { BlockReader } from "./block_reader.ts";
import { HpackError } from "./hpack_error.ts";
import { ENTRY_OVERHEAD, TableSize } from "./table_size.ts";
import { STATIC_TABLE } from "./tables.ts";

const STATUS = ":status";

/** What is known of a field: the length of its name; of a status the complement of its value. */
type Known = number;

const STATIC_FIELDS: readonly Known[] = STATIC_TABLE.map(({ name, value }) => {
  return name === STATUS ? knownStatus(value) : name.length;
});

/** The decoding half of one direction; it owns what is known of that direction's dynamic table. */
export class StatusDecoder {
  /** How large the table may be. */
  readonly table: TableSize = new TableSize();
  readonly #block = new BlockReader();
  /** A ring: the entry that was made as the n-th is at n modulo its length. */
  #entries: Int32Array = new Int32Array(64);
  /** Size of each entry, in bytes. */
  #sizes: Int32Array = new Int32Array(64);
  /** How many entries were ever made, and how many of them are gone. */
  #made = 0;
  #gone = 0;
  #bytes = 0;

  /**
   * Decodes one complete header block. Text that the table does not need is skipped unseen.
   *
   * @returns the status that the block begins with, 0 if it is malformed; `undefined` for trailers.
   * @throws {HpackError} if the block is not valid, as far as it was looked at.
   */
  decode(block: ByteRange): number | undefined {
    this.#block.begin(block);
    this.#evict(this.table.readUpdates(this.#block));
    if (this.#block.isAtEnd) return undefined;
    const first = this.#readField();
    while (!this.#block.isAtEnd) {
      if (this.#block.next < 0x20) this.#skipLiteral();
      else this.#readField();
    }
    return first < 0 ? ~first : undefined;
  }

  #readField(): Known {
    const first = this.#block.next;
    if (first & 0x80) return this.#entry(this.#block.readInteger(7));
    if ((first & 0x60) === 0x20) throw new HpackError("a table size update follows a field");
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#block.readInteger(isIndexed ? 6 : 4);
    const named = index === 0 ? this.#readName() : this.#entry(index);
    const status = named < 0 ? this.#block.readString() : "";
    const valueLength = named < 0 ? status.length : this.#block.measureString();
    const field = named < 0 ? knownStatus(status) : named;
    if (isIndexed) this.#insert(field, valueLength);
    return field;
  }

  #readName(): Known {
    const name = this.#block.readString();
    return name === STATUS ? knownStatus("") : name.length;
  }

  #skipLiteral(): void {
    const index = this.#block.readInteger(4);
    if (index === 0) this.#block.skipString();
    else this.#entry(index);
    this.#block.skipString();
  }

  #entry(index: number): Known {
    const field = STATIC_FIELDS[index - 1];
    if (field !== undefined) return field;
    const number = this.#made - (index - STATIC_FIELDS.length);
    if (index === 0 || number < this.#gone) throw new HpackError("an index points nowhere");
    return this.#entries[number % this.#entries.length]!;
  }

  #insert(field: Known, valueLength: number): void {
    if (this.#made - this.#gone === this.#entries.length) this.#grow();
    const size = (field < 0 ? STATUS.length : field) + valueLength + ENTRY_OVERHEAD;
    const at = this.#made++ % this.#entries.length;
    this.#entries[at] = field;
    this.#sizes[at] = size;
    this.#bytes += size;
    this.#evict(this.table.bytes);
  }

  /** Drops the oldest entries until the others fit into `bytes`. */
  #evict(bytes: number): void {
    while (this.#bytes > bytes) this.#bytes -= this.#sizes[this.#gone++ % this.#sizes.length]!;
  }

  #grow(): void {
    const [entries, sizes] = [this.#entries, this.#sizes];
    this.#entries = new Int32Array(entries.length * 2);
    this.#sizes = new Int32Array(sizes.length * 2);
    for (let number = this.#gone; number < this.#made; number++) {
      this.#entries[number % this.#entries.length] = entries[number % entries.length]!;
      this.#sizes[number % this.#sizes.length] = sizes[number % sizes.length]!;
    }
  }
}

function knownStatus(value: string): Known {
  return /^[0-9]{3}$/.test(value) ? ~Number(value) : ~0;
}
