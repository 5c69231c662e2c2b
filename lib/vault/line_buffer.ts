/**
 * Lines on their way to a file, in memory that is used again: for every request two of them are
 * written.
 *
 * @module
 */

const SMALL = 4096;
const NEWLINE = 0x0a;

/** A UTF-16 unit has so many bytes in UTF-8, or fewer. */
const BYTES_PER_UNIT = 3;

/** Collects text as UTF-8. */
export class LineBuffer {
  readonly #encoder = new TextEncoder();
  #memory = new Uint8Array(SMALL);
  #length = 0;

  /** What was added. Valid until more is. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#length);
  }

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
  }

  /** Adds text. */
  add(text: string): void {
    this.#reserve(text.length * BYTES_PER_UNIT);
    const room = this.#memory.subarray(this.#length);
    this.#length += this.#encoder.encodeInto(text, room).written;
  }

  /** Adds a line break. */
  addBreak(): void {
    this.#reserve(1);
    this.#memory[this.#length++] = NEWLINE;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#memory.length) return;
    const memory = new Uint8Array(2 * needed);
    memory.set(this.bytes);
    this.#memory = memory;
  }
}
