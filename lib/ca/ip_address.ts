/**
 * IP address literals as bytes, the form certificates and address blocks are compared in.
 *
 * @module
 */

/**
 * Reads an IPv4 literal in dotted decimal or an IPv6 literal (RFC 4291, section 2.2), with or
 * without brackets.
 *
 * @returns 4 or 16 bytes, or `undefined` if `text` is not an address. Shorthand, octal and decimal
 * IPv4 forms are not addresses here: parsers disagree about them.
 */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  return bare === undefined ? parseIpv4(text) ?? parseIpv6(text) : parseIpv6(bare);
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const valid = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? Uint8Array.from(parts, Number) : undefined;
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const known = head.length + (tail?.length ?? 0);
  // "::" stands for at least one group of zeros.
  if (halves.length === 1 ? known !== 16 : known > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail ?? [], 16 - (tail?.length ?? 0));
  return bytes;
}

/** Bytes of colon-separated groups; at the end of the address, an IPv4 address may stand for two. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    const v4 = atEnd && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (v4 !== undefined) bytes.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(...groupBytes(group));
    else return undefined;
  }
  return bytes;
}

function groupBytes(group: string): [number, number] {
  const value = parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
