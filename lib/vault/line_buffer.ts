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

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** What is there from byte `start` on. Valid until more is added. */
  bytes(start = 0): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(start, this.#length);
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

  /** Copies the bytes from `start` to `end` to an earlier place. */
  move(start: number, { end, to }: { readonly end: number; readonly to: number }): void {
    this.#memory.copyWithin(to, start, end);
  }

  /** Forgets all but the first `length` bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#memory.length) return;
    const memory = new Uint8Array(2 * needed);
    memory.set(this.bytes());
    this.#memory = memory;
  }
}
