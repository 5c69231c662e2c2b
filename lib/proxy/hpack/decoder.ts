/**
 * Decodes HPACK header blocks (RFC 7541), strictly: what the RFC calls a decoding error is one.
 *
 * @module
 */

import type { ByteRange } from "../stream/bytes.ts";
import { BlockReader } from "./block_reader.ts";
import { HpackError } from "./hpack_error.ts";
import { ENTRY_OVERHEAD, TableSize } from "./table_size.ts";
import { type HpackField, STATIC_TABLE } from "./tables.ts";

/** How large a decoded header list may be. */
export interface HeaderListLimits {
  /** Sum over all fields of name and value lengths plus 32 bytes (RFC 9113, section 6.5.2). */
  readonly headBytes: number;
  readonly headFields: number;
}

/** The decoding half of one direction of one connection; it owns that direction's dynamic table. */
export class HpackDecoder {
  /** How large the table may be. */
  readonly table: TableSize = new TableSize();
  readonly #block = new BlockReader();
  /** Oldest first; entries before `#oldest` are evicted. */
  #entries: HpackField[] = [];
  #oldest = 0;
  #bytes = 0;

  /**
   * Decodes one complete header block.
   *
   * @returns the fields in order, or `undefined` if there are more than `limits` allow; the table
   * is right in either case.
   * @throws {HpackError} if the block is not valid.
   */
  decode(block: ByteRange, limits: HeaderListLimits): HpackField[] | undefined {
    this.#block.begin(block);
    this.#evict(this.table.readUpdates(this.#block));
    const fields: HpackField[] = [];
    let room = limits.headBytes;
    while (!this.#block.isAtEnd) {
      const field = this.#readField();
      room -= sizeOf(field);
      if (room >= 0 && fields.length < limits.headFields) fields.push(field);
      else room = -1;
    }
    return room < 0 ? undefined : fields;
  }

  #readField(): HpackField {
    const first = this.#block.next;
    if (first & 0x80) return this.#entry(this.#block.readInteger(7));
    if (first & 0x40) {
      const field = this.#readLiteral(6, false);
      this.#insert(field);
      return field;
    }
    if (first & 0x20) throw new HpackError("a table size update follows a field");
    return this.#readLiteral(4, (first & 0x10) !== 0);
  }

  #readLiteral(prefixBits: number, neverIndexed: boolean): HpackField {
    const index = this.#block.readInteger(prefixBits);
    const name = index === 0 ? this.#block.readString() : this.#entry(index).name;
    return { name, value: this.#block.readString(), neverIndexed };
  }

  #entry(index: number): HpackField {
    const field = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#dynamicEntry(index - STATIC_TABLE.length);
    if (field === undefined) throw new HpackError("an index points nowhere");
    return field;
  }

  #dynamicEntry(index: number): HpackField | undefined {
    const at = this.#entries.length - index;
    return at < this.#oldest ? undefined : this.#entries[at];
  }

  #insert(field: HpackField): void {
    this.#entries.push(field);
    this.#bytes += sizeOf(field);
    this.#evict(this.table.bytes);
  }

  /** Drops the oldest entries until the others fit into `bytes`. */
  #evict(bytes: number): void {
    while (this.#bytes > bytes) this.#bytes -= sizeOf(this.#entries[this.#oldest++]!);
    if (this.#oldest > 64 && this.#oldest * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}

function sizeOf(field: HpackField): number {
  return field.name.length + field.value.length + ENTRY_OVERHEAD;
}
