/**
 * The lines of an HTTP/1 message head (RFC 9112, sections 2 to 5), strictly, on bytes.
 *
 * Theory of operation: a head stays the byte array it came as. Parsing only notes where each line,
 * name and value lies; whatever is not changed is later sent on by copying those very bytes. What
 * two parsers could read in two ways is refused, never repaired: a bare CR or LF, a folded line,
 * white space around a name, control characters. No I/O here, and the result does not depend on
 * how the bytes arrived in pieces.
 *
 * @module
 */

import { formatByteString } from "../stream/bytes.ts";

/** A head that cannot be read in exactly one way, or that is too large. */
export class MalformedHeadError extends Error {
  /** 400, 431 or 501. */
  readonly status: number;

  constructor(reason: string, status = 400) {
    super(reason);
    this.name = "MalformedHeadError";
    this.status = status;
  }
}

/** Bounds of one head. */
export interface HeadLimits {
  /** Bytes, the start line and the empty line included. */
  readonly headBytes: number;
  /** Field lines. */
  readonly headFields: number;
}

/** Where the parts of a head lie in its bytes. */
export interface HeadLines {
  /** The head, from its start line to the empty line that ends it, both included. */
  readonly bytes: Uint8Array;
  /** Where the CR LF of the start line begins. */
  readonly startLineEnd: number;
  /** Number of field lines. */
  readonly count: number;
  /** Four numbers a field: its line's start, its colon, its value's start and end. */
  readonly offsets: readonly number[];
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/** Finds the end of a head in bytes that arrive piece by piece. One scanner for one head. */
export class HeadScanner {
  readonly #limit: number;
  #scanned = 0;
  #lineStart = 0;

  /** `headBytes`: how long the head may be. */
  constructor(headBytes: number) {
    this.#limit = headBytes;
  }

  /**
   * Looks at all bytes received since the head's first one; each call adds to the last.
   *
   * @returns the head's length, the empty line included, or `undefined` if its end is to come.
   * @throws {MalformedHeadError} at a bare LF, or 431 if the head is too long.
   */
  scan(bytes: Uint8Array): number | undefined {
    for (let at = this.#scanned; at < bytes.length; at++) {
      if (bytes[at] !== LF) continue;
      if (at === 0 || bytes[at - 1] !== CR) throw new MalformedHeadError("a bare line feed");
      if (at >= this.#limit) throw tooLarge();
      if (at === this.#lineStart + 1) return at + 1;
      this.#lineStart = at + 1;
    }
    this.#scanned = bytes.length;
    if (bytes.length >= this.#limit) throw tooLarge();
    return undefined;
  }
}

/**
 * Splits a complete head into its lines.
 *
 * @throws {MalformedHeadError} 400 for anything but strict field lines, 431 for too many.
 */
export function parseHeadLines(bytes: Uint8Array, limits: HeadLimits): HeadLines {
  if (bytes.length > limits.headBytes) throw tooLarge();
  const startLineEnd = lineEnd(bytes, 0);
  const end = bytes.length - 2;
  let at = startLineEnd + 2;
  let count = 0;
  for (; at < end; count++) {
    if (count >= limits.headFields) throw new MalformedHeadError("too many header fields", 431);
    at = parseFieldLine(bytes, at, count * 4);
  }
  if (at !== end) throw new MalformedHeadError("its end");
  return { bytes, startLineEnd, count, offsets: found.slice(0, count * 4) };
}

/** The offsets of the head that is being parsed; one array for all, as growing one costs more. */
const found: number[] = [];

/** Notes one field line, from `found[index]` on, and returns where the next line begins. */
function parseFieldLine(bytes: Uint8Array, start: number, index: number): number {
  const colon = tokenEnd(bytes, start);
  if (bytes[colon] !== COLON || colon === start) {
    throw new MalformedHeadError("a header field's name");
  }
  let valueStart = colon + 1;
  while (isBlank(bytes[valueStart]!)) valueStart++;
  let at = valueStart;
  while (FIELD_CONTENT[bytes[at]!] === 1) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) {
    throw new MalformedHeadError("a header field's value");
  }
  let valueEnd = at;
  while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
  found[index] = start;
  found[index + 1] = colon;
  found[index + 2] = valueStart;
  found[index + 3] = valueEnd;
  return at + 2;
}

/** Where the line's CR LF begins; the start line may hold no control character. */
function lineEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (FIELD_CONTENT[bytes[at]!] === 1) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) throw new MalformedHeadError("its first line");
  return at;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function tooLarge(): MalformedHeadError {
  return new MalformedHeadError("its head is too large", 431);
}

/** Index of the first field of this name, in any case, at or after `from`, or -1. */
export function findField(lines: HeadLines, name: string, from = 0): number {
  for (let index = from; index < lines.count; index++) {
    if (isNamed(lines, index, name)) return index;
  }
  return -1;
}

/** Whether field `index` has this name, in any case (RFC 9110, section 5.1). */
export function isNamed(lines: HeadLines, index: number, name: string): boolean {
  const { bytes, offsets } = lines;
  const start = offsets[index * 4]!;
  if (offsets[index * 4 + 1]! - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) {
    if (LOWER[bytes[start + at]!] !== LOWER[name.charCodeAt(at)]) return false;
  }
  return true;
}

/** The value of field `index` without the white space around it, one character a byte. */
export function fieldValue(lines: HeadLines, index: number): string {
  const { bytes, offsets } = lines;
  return formatByteString({ bytes, start: offsets[index * 4 + 2]!, end: offsets[index * 4 + 3]! });
}

/** The values of every field of this name, in order. */
export function fieldValues(lines: HeadLines, name: string): readonly string[] {
  const values: string[] = [];
  let index = findField(lines, name);
  for (; index >= 0; index = findField(lines, name, index + 1)) {
    values.push(fieldValue(lines, index));
  }
  return values;
}

/** The name of field `index` as it came. */
export function nameOf({ bytes, offsets }: HeadLines, index: number): string {
  return formatByteString({ bytes, start: offsets[index * 4]!, end: offsets[index * 4 + 1]! });
}

/** The name of every field, in order and as it came. */
export function fieldNames(lines: HeadLines): readonly string[] {
  return Array.from({ length: lines.count }, (_, index) => nameOf(lines, index));
}

/** Where field `index` begins; for `count`, where the head's empty line begins. */
export function lineStart(lines: HeadLines, index: number): number {
  return index < lines.count ? lines.offsets[index * 4]! : lines.bytes.length - 2;
}

/** RFC 9110, section 5.6.2. */
const TOKEN = table((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));
/** RFC 9110, section 5.5: visible characters, obs-text, space and tab. */
const FIELD_CONTENT = table((byte) => byte === TAB || (byte >= SPACE && byte !== 127));
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
});

/** Where the token ends that begins at `start`; `start` itself if there is none. */
export function tokenEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (TOKEN[bytes[at]!] === 1) at++;
  return at;
}

function table(accepts: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => accepts(byte) ? 1 : 0);
}
