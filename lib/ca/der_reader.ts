/**
 * Reads ASN.1 values in the Distinguished Encoding Rules, one level at a time.
 *
 * @module
 */

/** One value. Both arrays are views of the input. */
export interface DerValue {
  readonly tag: number;
  /** Without tag and length. */
  readonly contents: Uint8Array;
  /** With tag and length. */
  readonly encoded: Uint8Array;
}

/**
 * Reads the value at the start of `bytes`; what follows it is not looked at.
 *
 * @throws {RangeError} if the bytes end too early, or the length is not in DER's form.
 */
export function readDer(bytes: Uint8Array): DerValue {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new RangeError("the value ends too early");
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) throw new RangeError("the length is not in DER's form");
  const start = 2 + lengthBytes;
  const length = lengthBytes === 0
    ? first
    : bytes.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  if (end > bytes.length) throw new RangeError("the value ends too early");
  return { tag, contents: bytes.subarray(start, end), encoded: bytes.subarray(0, end) };
}

/**
 * Reads the values that follow each other in the contents of a constructed value.
 *
 * @throws {RangeError} as {@link readDer}.
 */
export function readDerMembers(contents: Uint8Array): DerValue[] {
  const members: DerValue[] = [];
  for (let rest = contents; rest.length > 0;) {
    const member = readDer(rest);
    members.push(member);
    rest = rest.subarray(member.encoded.length);
  }
  return members;
}
