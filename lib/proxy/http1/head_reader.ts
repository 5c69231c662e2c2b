/**
 * Waits for a whole message head at the front of a stream.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { ByteReader } from "../stream/byte_reader.ts";
import { HeadScanner, MalformedHeadError } from "./head_lines.ts";

const EMPTY_LINE = 2;
/** Empty lines in front of a request that are passed over (RFC 9112, section 2.2). */
const MAX_EMPTY_LINES = 2;

/**
 * Waits until the reader's first bytes are a head; at once if they are, as nearly every head comes
 * whole.
 *
 * @returns its length in bytes, or 0 if the stream ended before its first byte.
 * @throws {MalformedHeadError} if it is malformed or too long, or if the stream ends within it.
 */
export function awaitHead(reader: ByteReader, headBytes: number): Awaitable<number> {
  const { available } = reader;
  const length = available.length === 0 ? 0 : new HeadScanner(headBytes).scan(available) ?? 0;
  return length > EMPTY_LINE ? length : awaitPieces(reader, headBytes);
}

async function awaitPieces(reader: ByteReader, headBytes: number): Promise<number> {
  let scanner = new HeadScanner(headBytes);
  for (let emptyLines = 0;;) {
    const { available } = reader;
    const length = available.length === 0 ? undefined : scanner.scan(available);
    if (length === undefined) {
      if (await reader.fill()) continue;
      if (reader.available.length === 0) return 0;
      throw new MalformedHeadError("it ends within its head");
    }
    if (length > EMPTY_LINE) return length;
    if (++emptyLines > MAX_EMPTY_LINES) throw new MalformedHeadError("empty lines");
    reader.take(EMPTY_LINE);
    scanner = new HeadScanner(headBytes);
  }
}
