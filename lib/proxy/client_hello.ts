/**
 * Reads what a TLS client asks for before TLS begins: the server name and the protocols it offers
 * (RFC 8446, section 4.1.2; RFC 6066, section 3; RFC 7301). No I/O.
 *
 * Theory of operation: the bytes are only looked at, the TLS library reads them again afterwards.
 * A ClientHello may be spread over records and packets in any way, so each call gets everything
 * that has arrived and the answer does not depend on how it arrived.
 *
 * @module
 */

import { formatByteString, wholeOf } from "./stream/bytes.ts";

/** What a ClientHello says. */
export interface ClientHello {
  /** The SNI host name as it came, or `undefined`. */
  readonly serverName: string | undefined;
  /** ALPN protocols in the client's order; empty if it offers none. */
  readonly protocols: readonly string[];
}

/** What the first bytes of a connection are. */
export type Peek =
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "incomplete" }
  | { readonly kind: "not_tls" };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const ALPN = 16;
const TLS_MAJOR_VERSION = 3;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
/** Larger ones are not known in practice; post-quantum key shares make them about 2 KiB. */
const MAX_HELLO = 32 * 1024;
/** Bytes of records around it: a client that puts every byte into a record of its own is hostile. */
const MAX_ENVELOPE = 2 * MAX_HELLO;
const MAX_RECORD = 16 * 1024;

const INCOMPLETE: Peek = { kind: "incomplete" };
const NOT_TLS: Peek = { kind: "not_tls" };

/** Looks at all bytes received so far. */
export function peekClientHello(bytes: Uint8Array): Peek {
  const message = reassemble(bytes);
  if (message === undefined) return INCOMPLETE;
  if (message === null) return NOT_TLS;
  const hello = parseClientHello(message);
  return hello === undefined ? NOT_TLS : { kind: "hello", hello };
}

/** The body of the first handshake message; `undefined`: more to come; `null`: not a ClientHello. */
function reassemble(bytes: Uint8Array): Uint8Array | undefined | null {
  const message = new Uint8Array(Math.min(bytes.length, HANDSHAKE_HEADER + MAX_HELLO));
  let length = 0;
  for (let at = 0;;) {
    if (at > MAX_ENVELOPE) return null;
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) return null;
    if (at + 1 < bytes.length && bytes[at + 1] !== TLS_MAJOR_VERSION) return null;
    if (at + RECORD_HEADER > bytes.length) return undefined;
    const size = readUint16(bytes, at + 3);
    if (size === 0 || size > MAX_RECORD) return null;
    const start = at + RECORD_HEADER;
    const part = bytes.subarray(start, Math.min(start + size, start + message.length - length));
    message.set(part, length);
    length += part.length;
    if (length > 0 && message[0] !== CLIENT_HELLO) return null;
    if (length >= HANDSHAKE_HEADER) {
      const wanted = (message[1]! << 16) | readUint16(message, 2);
      if (wanted > MAX_HELLO) return null;
      const end = HANDSHAKE_HEADER + wanted;
      if (length >= end) return message.subarray(HANDSHAKE_HEADER, end);
    }
    if (start + size > bytes.length) return undefined;
    at = start + size;
  }
}

/** Reads lengths that never reach beyond the message; `undefined` if one would. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.failed || this.#at >= this.#bytes.length;
  }

  number(size: 1 | 2): number {
    const start = this.#at;
    this.skip(size);
    if (this.failed) return 0;
    return size === 1 ? this.#bytes[start]! : readUint16(this.#bytes, start);
  }

  skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) this.failed = true;
  }

  take(count: number): Uint8Array {
    const start = this.#at;
    this.skip(count);
    return this.#bytes.subarray(start, this.#at);
  }

  /** A vector with its length in front. */
  vector(size: 1 | 2): Uint8Array {
    return this.take(this.number(size));
  }

  skipVector(size: 1 | 2): void {
    this.skip(this.number(size));
  }
}

function parseClientHello(message: Uint8Array): ClientHello | undefined {
  const cursor = new Cursor(message);
  cursor.skip(2 + 32);
  cursor.skipVector(1);
  cursor.skipVector(2);
  cursor.skipVector(1);
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  const extensions = new Cursor(cursor.atEnd ? new Uint8Array(0) : cursor.vector(2));
  while (!extensions.atEnd) {
    const type = extensions.number(2);
    if (type !== SERVER_NAME && type !== ALPN) {
      extensions.skipVector(2);
      continue;
    }
    const data = new Cursor(extensions.vector(2));
    if (type === SERVER_NAME) serverName = readServerName(data);
    else protocols = readProtocols(data);
    if (data.failed) return undefined;
  }
  return cursor.failed || extensions.failed ? undefined : { serverName, protocols };
}

function readServerName(data: Cursor): string | undefined {
  const names = new Cursor(data.vector(2));
  while (!names.atEnd) {
    const type = names.number(1);
    const name = names.vector(2);
    if (type === HOST_NAME && !names.failed) return decode(name);
  }
  return undefined;
}

function readProtocols(data: Cursor): string[] {
  const list = new Cursor(data.vector(2));
  const protocols: string[] = [];
  while (!list.atEnd) protocols.push(decode(list.vector(1)));
  return protocols;
}

function decode(bytes: Uint8Array): string {
  return formatByteString(wholeOf(bytes));
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
