/**
 * Byte arithmetic for binary protocols.
 *
 * @module
 */

/** Part of a buffer, without the cost of a view. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** All of a buffer. */
export function wholeOf(bytes: Uint8Array): ByteRange {
  return { bytes, start: 0, end: bytes.length };
}

/** All parts in one new buffer. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether `part` stands in `bytes` at `at`. */
export function standsAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let index = 0; index < part.length; index++) {
    if (bytes[at + index] !== part[index]) return false;
  }
  return true;
}

/** The 32-bit number at `at`, big endian. */
export function readUint32(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
  return (high | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Writes a 32-bit number, big endian. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Up to here single characters are faster to join than to convert at once. */
const SHORT = 4;

/** How many arguments a call may surely have. */
const MANY = 8192;

/** What is being converted; one array for all calls, as a view of the bytes costs more than the text. */
const codes: number[] = [];

/** A range as a byte string: one character per byte. */
export function formatByteString({ bytes, start, end }: ByteRange): string {
  let text = "";
  if (end - start <= SHORT) {
    for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
    return text;
  }
  for (let from = start; from < end; from += MANY) {
    codes.length = Math.min(MANY, end - from);
    for (let at = 0; at < codes.length; at++) codes[at] = bytes[from + at]!;
    text += String.fromCharCode.apply(null, codes);
  }
  return text;
}

/** Text as a byte string, in UTF-8. */
export function encodeByteString(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  return formatByteString(wholeOf(new TextEncoder().encode(text)));
}
