/**
 * Finds where a body ends while its bytes pass unchanged (RFC 9112, sections 6 and 7). No I/O.
 *
 * Theory of operation: a body scanner is fed all bytes that arrive and says how many of them belong
 * to the body. Chunk sizes, extensions and trailers pass as they came; only their form is checked,
 * strictly, because a chunk that ends elsewhere for the next parser is a smuggled request.
 *
 * @module
 */

import type { Framing } from "./framing.ts";
import { MalformedHeadError } from "./head_lines.ts";

/** Takes where content or trailers lie in the bytes that are scanned. */
export type ContentVisitor = (start: number, end: number) => void;

/** Watches one body pass. */
export interface BodyScanner {
  /** Whether the body is complete. */
  readonly done: boolean;
  /** Content bytes so far, without chunk framing and trailers. */
  readonly bytes: number;
  /**
   * Looks at the next bytes. `visit` is told where content is in them, and trailers.
   *
   * @returns how many of them belong to the body; fewer than all only if it is then complete.
   * @throws {MalformedHeadError} if chunk framing or a trailer is malformed or too long.
   */
  scan(bytes: Uint8Array, visit?: ContentVisitor): number;
}

/** The scanner for a framing. `limits.headBytes` bounds trailers, and half of it an extension. */
export function createBodyScanner(
  framing: Framing,
  limits: { readonly headBytes: number },
): BodyScanner {
  switch (framing.kind) {
    case "none":
      return EMPTY_BODY;
    case "length":
      return new LengthScanner(framing.length);
    case "until_close":
      return new LengthScanner(Infinity);
    case "chunked":
      return new ChunkedScanner(limits.headBytes);
    default:
      return framing satisfies never;
  }
}

const EMPTY_BODY: BodyScanner = { done: true, bytes: 0, scan: () => 0 };

class LengthScanner implements BodyScanner {
  readonly #length: number;
  bytes = 0;

  constructor(length: number) {
    this.#length = length;
  }

  get done(): boolean {
    return this.bytes === this.#length;
  }

  scan(bytes: Uint8Array, visit?: ContentVisitor): number {
    const count = Math.min(bytes.length, this.#length - this.bytes);
    this.bytes += count;
    visit?.(0, count);
    return count;
  }
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const SEMICOLON = 59;
const DELETE = 127;

/** Larger ones need arithmetic beyond 53 bits. */
const MAX_CHUNK = Number.MAX_SAFE_INTEGER;
const MAX_SIZE_DIGITS = 16;
/** Bytes of one chunk's extensions. */
const MAX_EXTENSION = 4096;

/** What the next byte is part of. */
type ChunkState =
  | "size"
  | "extension"
  | "size_lf"
  | "data"
  | "data_cr"
  | "data_lf"
  | "trailer_start"
  | "trailer"
  | "trailer_lf"
  | "last_lf"
  | "done";

class ChunkedScanner implements BodyScanner {
  readonly #trailerLimit: number;
  #state: ChunkState = "size";
  #size = 0;
  #sizeDigits = 0;
  #lineBytes = 0;
  #trailerBytes = 0;
  bytes = 0;

  constructor(trailerLimit: number) {
    this.#trailerLimit = trailerLimit;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  scan(bytes: Uint8Array, visit?: ContentVisitor): number {
    let at = 0;
    let trailerStart = this.#isInTrailers ? 0 : -1;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const count = this.#passData(bytes.length - at);
        visit?.(at, at + count);
        at += count;
      } else this.#state = this.#next(bytes[at++]!);
      if (trailerStart < 0 && this.#state === "trailer_start") trailerStart = at;
    }
    if (trailerStart >= 0) visit?.(trailerStart, at);
    return at;
  }

  get #isInTrailers(): boolean {
    return this.#state.startsWith("trailer");
  }

  #passData(available: number): number {
    const count = Math.min(available, this.#size);
    this.#size -= count;
    this.bytes += count;
    if (this.#size === 0) this.#state = "data_cr";
    return count;
  }

  #next(byte: number): ChunkState {
    switch (this.#state) {
      case "size":
        return this.#sizeByte(byte);
      case "extension":
        return this.#extensionByte(byte);
      case "size_lf":
        expect(byte, LF);
        return this.#beginChunk();
      case "data_cr":
        expect(byte, CR);
        return "data_lf";
      case "data_lf":
        expect(byte, LF);
        return "size";
      case "trailer_start":
        if (byte === CR) return "last_lf";
        // A folded line, or a nameless one.
        if (byte <= SPACE || byte === COLON) throw new MalformedHeadError("a trailer");
        return this.#trailerByte(byte);
      case "trailer":
        return this.#trailerByte(byte);
      case "trailer_lf":
        expect(byte, LF);
        return "trailer_start";
      case "last_lf":
        expect(byte, LF);
        return "done";
      case "data":
      case "done":
        throw new Error(`no byte is read in state ${this.#state}`);
      default:
        return this.#state satisfies never;
    }
  }

  #sizeByte(byte: number): ChunkState {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      if (++this.#sizeDigits > MAX_SIZE_DIGITS || this.#size > MAX_CHUNK) {
        throw new MalformedHeadError("a chunk's size");
      }
      return "size";
    }
    if (this.#sizeDigits === 0) throw new MalformedHeadError("a chunk's size");
    if (byte === CR) return "size_lf";
    if (byte !== SEMICOLON) throw new MalformedHeadError("a chunk's size");
    return "extension";
  }

  #extensionByte(byte: number): ChunkState {
    if (byte === CR) return "size_lf";
    if (!isContent(byte) || ++this.#lineBytes > MAX_EXTENSION) {
      throw new MalformedHeadError("a chunk's extension");
    }
    return "extension";
  }

  #beginChunk(): ChunkState {
    this.#sizeDigits = 0;
    this.#lineBytes = 0;
    return this.#size === 0 ? "trailer_start" : "data";
  }

  #trailerByte(byte: number): ChunkState {
    if (byte === CR) return "trailer_lf";
    if (!isContent(byte)) throw new MalformedHeadError("a trailer");
    if (++this.#trailerBytes > this.#trailerLimit) {
      throw new MalformedHeadError("its trailers are too large", 431);
    }
    return "trailer";
  }
}

function expect(byte: number, wanted: number): void {
  if (byte !== wanted) throw new MalformedHeadError("a chunk's end");
}

function isContent(byte: number): boolean {
  return byte === TAB || (byte >= SPACE && byte !== DELETE);
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
