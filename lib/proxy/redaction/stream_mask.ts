/**
 * Masks the secrets in one stream of content that arrives in pieces.
 *
 * Theory of operation: content comes as ranges of buffers whose other bytes, such as chunk sizes,
 * are left alone. Whoever calls keeps the bytes that must not leave yet at the front of its next
 * buffer. A secret may end in a later piece, so the bytes at the end that may begin one are remembered,
 * and must be held once there are {@link HELD_FROM} of them. Fewer may leave: a message of an
 * interactive protocol that happens to end in an `s` must not wait for the next one. If they turn
 * out to begin a secret, the rest of it is masked, and the child has seen three characters.
 *
 * @module
 */

import { type ByteRange, concat, wholeOf } from "../stream/bytes.ts";
import { HELD_FROM, maskHits, type SecretMatcher } from "./secret_matcher.ts";

/** A range of the caller's buffer. */
interface Place {
  start: number;
  end: number;
}

/** Where one content is masked. */
export class StreamMask {
  readonly #matcher: SecretMatcher;
  readonly #onHit: () => void;
  /** The content's last bytes as they came, as far as they may begin a secret. */
  #begun: Uint8Array = NOTHING;
  /** Where the last ones of them lie in the caller's buffer: those that have not left. */
  #places: Place[] = [];

  /** `onHit` is called when a secret was masked, possibly more than once. */
  constructor(matcher: SecretMatcher, onHit: () => void) {
    this.#matcher = matcher;
    this.#onHit = onHit;
  }

  /**
   * Masks the next content, the bytes of `buffer` from `start` to `end`, and what is held of the
   * content before it, which lies in front of it in the same buffer.
   */
  mask(buffer: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const range = { bytes: buffer, start, end };
    const hits = this.#matcher.find(range);
    if (this.#begun.length > 0) return this.#continue(range, hits);
    const count = this.#matcher.unfinished(range);
    if (count > 0) this.#remember(buffer, { start, end, count });
    this.#hide(buffer, hits);
  }

  /** Where in the buffer the bytes begin that must be held, or `undefined` if all may leave. */
  get heldFrom(): number | undefined {
    return this.#begun.length < HELD_FROM ? undefined : this.#places[0]?.start;
  }

  /** Masks what must be held, because it cannot wait for what would decide about it. */
  maskHeld(buffer: Uint8Array): void {
    maskHits(buffer, this.#places.flatMap(({ start, end }) => [start, end]));
    this.#onHit();
  }

  /** The first `count` bytes of the buffer have left; the next one begins with what followed. */
  leave(count: number): void {
    if (this.#places.length === 0) return;
    for (const place of this.#places) {
      place.start = Math.max(0, place.start - count);
      place.end -= count;
    }
    while (this.#places.length > 0 && this.#places[0]!.end <= 0) this.#places.shift();
  }

  /** Finds what began before the content `range`, too, which has `hits` by itself. */
  #continue(range: ByteRange, hits: readonly number[]): void {
    const { bytes: buffer, start, end } = range;
    const before = this.#begun.length;
    const more = buffer.subarray(start, Math.min(end, start + this.#matcher.longest - 1));
    const whole = wholeOf(concat([this.#begun, more]));
    const all = [...hits];
    const found = this.#matcher.find(whole);
    for (let at = 0; at < found.length; at += 2) {
      const [from, to] = [found[at]!, found[at + 1]!];
      if (from >= before) continue;
      all.push(...this.#heldParts(from, Math.min(to, before)));
      if (to > before) all.push(start, start + to - before);
    }
    const reachesBack = more.length < this.#matcher.longest - 1;
    const count = this.#matcher.unfinished(reachesBack ? whole : range);
    this.#remember(buffer, { start, end, count }, whole.bytes);
    this.#hide(buffer, all);
  }

  /** What is still there of the bytes `from` to `to` of those that were begun. */
  #heldParts(from: number, to: number): number[] {
    let at = this.#begun.length - this.#heldCount;
    return this.#places.flatMap((place) => {
      const start = Math.max(0, from - at);
      const end = Math.min(place.end - place.start, to - at);
      at += place.end - place.start;
      return start < end ? [place.start + start, place.start + end] : [];
    });
  }

  #hide(buffer: Uint8Array, hits: readonly number[]): void {
    if (hits.length === 0) return;
    maskHits(buffer, hits);
    this.#onHit();
  }

  get #heldCount(): number {
    return this.#places.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** The content's last `count` bytes begin a secret. */
  #remember(
    buffer: Uint8Array,
    range: Place & { readonly count: number },
    window: Uint8Array = NOTHING,
  ): void {
    const { start, end, count } = range;
    const fresh = Math.min(count, end - start);
    const old = count - fresh;
    this.#begun = count === 0
      ? NOTHING
      : old > 0
      ? window.slice(window.length - count)
      : buffer.slice(end - count, end);
    this.#keepPlaces(Math.min(old, this.#heldCount));
    if (fresh > 0) this.#places.push({ start: end - fresh, end });
  }

  /** Forgets all but the last `count` bytes. */
  #keepPlaces(count: number): void {
    let excess = this.#heldCount - count;
    while (excess > 0) {
      const [first] = this.#places;
      const gone = Math.min(excess, first!.end - first!.start);
      first!.start += gone;
      excess -= gone;
      if (first!.start === first!.end) this.#places.shift();
    }
  }
}

const NOTHING = new Uint8Array(0);
