/**
 * The body of one HTTP/1 answer on its way from the upstream's reader to the client: finds its end
 * and masks secrets, in its content and its trailers, without touching its framing.
 *
 * @module
 */

import { type BodyScanner, createBodyScanner } from "./body.ts";
import type { ByteReader } from "../stream/byte_reader.ts";
import { concat, wholeOf } from "../stream/bytes.ts";
import type { Framing } from "./framing.ts";
import type { SecretMatcher } from "../redaction/secret_matcher.ts";
import { StreamMask } from "../redaction/stream_mask.ts";

/** How secrets are masked in one answer. */
export interface AnswerRedaction {
  /** Finds them; asked when a head is there, as the request may be repeated with another one. */
  matcher(): SecretMatcher | undefined;
  /** Called when one was masked, possibly more than once. */
  readonly onHit: () => void;
}

/** Masks a head in place. It must have been parsed before. */
export function maskHead(bytes: Uint8Array, redaction: AnswerRedaction | undefined): void {
  if (redaction?.matcher()?.mask(wholeOf(bytes)) === true) redaction.onHit();
}

/** Opens the body that begins behind the head in `reader`. */
export function openResponseBody(
  reader: ByteReader,
  framing: Framing,
  { limits, redaction }: {
    readonly limits: { readonly headBytes: number };
    readonly redaction?: AnswerRedaction | undefined;
  },
): ResponseBody {
  const matcher = redaction?.matcher();
  const mask = matcher && new StreamMask(matcher, redaction!.onHit);
  return new ResponseBody(reader, createBodyScanner(framing, limits), mask);
}

const NOTHING = new Uint8Array(0);

/** Takes a body from a reader, part by part. */
export class ResponseBody {
  readonly #reader: ByteReader;
  readonly #scanner: BodyScanner;
  readonly #mask: StreamMask | undefined;
  /** What was taken from the reader and may not leave yet. */
  #held: Uint8Array = NOTHING;

  /** Without a mask the bytes pass as they are. */
  constructor(reader: ByteReader, scanner: BodyScanner, mask: StreamMask | undefined) {
    this.#reader = reader;
    this.#scanner = scanner;
    this.#mask = mask;
  }

  /** Whether the body is complete; nothing is held then. */
  get done(): boolean {
    return this.#scanner.done;
  }

  /** Content bytes so far. */
  get bytes(): number {
    return this.#scanner.bytes;
  }

  /**
   * Takes `before` bytes of a head and what has arrived of the body behind it, as far as it may
   * leave. The view is valid until the reader is filled again.
   *
   * @throws {MalformedHeadError} as the scanner does.
   */
  take(before = 0): Uint8Array {
    const { available } = this.#reader;
    const body = before === 0 ? available : available.subarray(before);
    if (this.#mask === undefined) return this.#reader.take(before + this.#scanner.scan(body));
    const offset = this.#held.length + before;
    const buffer = this.#held.length === 0 ? available : concat([this.#held, available]);
    const count = this.#scanner.scan(body, (start, end) => {
      this.#mask?.mask(buffer, offset + start, offset + end);
    });
    this.#reader.take(before + count);
    return this.#release(buffer, offset + count);
  }

  /** What is held, when the connection has ended and nothing will follow. */
  takeRest(): Uint8Array {
    const rest = this.#held;
    this.#held = NOTHING;
    return rest;
  }

  #release(buffer: Uint8Array, end: number): Uint8Array {
    const heldFrom = this.done ? end : this.#mask?.heldFrom ?? end;
    this.#mask?.leave(heldFrom);
    this.#held = heldFrom === end ? NOTHING : buffer.slice(heldFrom, end);
    return heldFrom === buffer.length ? buffer : buffer.subarray(0, heldFrom);
  }
}
