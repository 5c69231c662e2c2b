/**
 * The lines of a journal, of which those are still needed whose requests are under way. They are kept
 * as bytes, one behind the other: strings in a map would outlive the collections of young garbage, as
 * requests do, and fill the memory that is collected seldom.
 *
 * @module
 */

import { LineBuffer } from "./line_buffer.ts";

/** Up to here lines of requests that are over are kept, in bytes: forgetting them is work. */
const KEPT = 16 * 1024;

/** Lines by the numbers of their requests, which only ever grow. */
export class OpenLines {
  readonly #text = new LineBuffer();
  /** Of each line, in order: its request's number and where it lies. One that is over has no bytes. */
  readonly #numbers: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #open = 0;
  #limit = KEPT;
  /** How far the text was taken, in bytes. */
  #taken = 0;

  /** How many requests are under way. */
  get size(): number {
    return this.#open;
  }

  /** Adds a line. */
  add(number: number, line: string): void {
    if (this.#text.length > this.#limit) this.#limit = Math.max(KEPT, 2 * this.compact().length);
    const start = this.#text.length;
    this.#text.addBreak();
    this.#text.add(line);
    this.#numbers.push(number);
    this.#starts.push(start);
    this.#ends.push(this.#text.length);
    this.#open += 1;
  }

  /**
   * What was added since the last call, each line behind a line break; `undefined` if nothing was.
   * Valid until more is added.
   */
  takeNew(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#taken === this.#text.length) return undefined;
    const bytes = this.#text.bytes(this.#taken);
    this.#taken = this.#text.length;
    return bytes;
  }

  /** The request is over. */
  end(number: number): void {
    const index = this.#indexOf(number);
    if (this.#numbers[index] !== number || this.#ends[index] === this.#starts[index]) return;
    this.#ends[index] = this.#starts[index]!;
    this.#open -= 1;
  }

  /** Forgets the lines of requests that are over. Returns the others, as they were added. */
  compact(): Uint8Array<ArrayBuffer> {
    let kept = 0;
    let to = 0;
    let taken = 0;
    for (let index = 0; index < this.#numbers.length; index++) {
      const start = this.#starts[index]!;
      const end = this.#ends[index]!;
      if (end === start) continue;
      this.#text.move(start, { end, to });
      this.#numbers[kept] = this.#numbers[index]!;
      this.#starts[kept] = to;
      this.#ends[kept++] = to += end - start;
      if (start < this.#taken) taken = to;
    }
    this.#numbers.length = this.#starts.length = this.#ends.length = kept;
    this.#text.cut(to);
    this.#taken = taken;
    return this.#text.bytes();
  }

  /** Where the number is, or would be. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
