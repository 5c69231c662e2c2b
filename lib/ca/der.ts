/**
 * Writes ASN.1 values in the Distinguished Encoding Rules (ITU-T X.690), as far as certificates and
 * key stores need them.
 *
 * @module
 */

/** One encoded value: tag, length, contents. */
export type Der = Uint8Array<ArrayBuffer>;

/** Tag of an explicit or constructed context-specific value, `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** Tag of a primitive context-specific value, `[number] IMPLICIT` of a simple type. */
export function implicitTag(number: number): number {
  return 0x80 | number;
}

/** Any value: `tag`, the length of `contents`, `contents` one after the other. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Der {
  let length = 0;
  for (const part of contents) length += part.length;
  const header = [tag, ...encodeLength(length)];
  const value = new Uint8Array(header.length + length);
  value.set(header);
  let offset = header.length;
  for (const part of contents) {
    value.set(part, offset);
    offset += part.length;
  }
  return value;
}

/** X.690, section 8.1.3: below 128 the length itself, else the count of length bytes first. */
function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes = bigEndian(length);
  return [0x80 | bytes.length, ...bytes];
}

function bigEndian(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/** `SEQUENCE` or `SEQUENCE OF`. */
export function sequence(...members: readonly Uint8Array[]): Der {
  return encodeDer(0x30, ...members);
}

/** `SET` or `SET OF` with at most one member, so that DER's ordering of members is no question. */
export function singletonSet(member: Uint8Array): Der {
  return encodeDer(0x31, member);
}

/** `BOOLEAN`. DER leaves out members that have their default value, so `false` is seldom written. */
export function boolean(value: boolean): Der {
  return encodeDer(0x01, Uint8Array.of(value ? 0xff : 0x00));
}

/** `INTEGER`, not negative, from big-endian bytes without needless leading zeros. */
export function unsignedInteger(bytes: Uint8Array): Der {
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return negative ? encodeDer(0x02, Uint8Array.of(0), bytes) : encodeDer(0x02, bytes);
}

/** `INTEGER` from 0 to 2^53 − 1. */
export function smallInteger(value: number): Der {
  return unsignedInteger(Uint8Array.from(value === 0 ? [0] : bigEndian(value)));
}

/** `OCTET STRING`. */
export function octetString(...contents: readonly Uint8Array[]): Der {
  return encodeDer(0x04, ...contents);
}

/** `BIT STRING` of whole bytes. */
export function bitString(bytes: Uint8Array): Der {
  return encodeDer(0x03, Uint8Array.of(0), bytes);
}

/**
 * `BIT STRING` of a named bit list: bit 0 is the highest bit of the first byte, and trailing zero
 * bits are not written (X.690, section 11.2.2).
 *
 * @param bits Numbers of the bits that are one, 0–7.
 */
export function namedBits(bits: readonly number[]): Der {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return encodeDer(0x03, Uint8Array.of(7 - Math.max(...bits), byte));
}

/** `OBJECT IDENTIFIER` from its dotted text (X.690, section 8.19). */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encodeDer(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

/** `UTF8String`. */
export function utf8String(text: string): Der {
  return encodeDer(0x0c, new TextEncoder().encode(text));
}

/**
 * `Time` to the second: UTCTime through the year 2049, GeneralizedTime after it (RFC 5280,
 * section 4.1.2.5).
 *
 * @param milliseconds Since the epoch.
 */
export function time(milliseconds: number): Der {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, "").slice(0, 14);
  const [tag, text] = digits < "2050" ? [0x17, digits.slice(2)] : [0x18, digits];
  return encodeDer(tag, new TextEncoder().encode(`${text}Z`));
}

/** PEM text of a value (RFC 7468), ending in a line break. */
export function formatPem(label: string, der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der));
  const lines = base64.replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
