/**
 * How long a message's body is (RFC 9112, section 6), where it can be read in one way only.
 *
 * @module
 */

import { fieldValue, findField, type HeadLines, MalformedHeadError } from "./head_lines.ts";

/** Where a body ends. */
export type Framing =
  | { readonly kind: "none" }
  | {
    readonly kind: "length";
    /** Bytes, at least 1. */
    readonly length: number;
  }
  | { readonly kind: "chunked" }
  | {
    /** At the end of the connection; responses only. */
    readonly kind: "until_close";
  };

/** The framing of a message without a body. */
export const NO_BODY: Framing = { kind: "none" };
const CHUNKED: Framing = { kind: "chunked" };
const UNTIL_CLOSE: Framing = { kind: "until_close" };

const CONTENT_LENGTH = "Content-Length";
const TRANSFER_ENCODING = "Transfer-Encoding";
/** Registered codings that may come before the final `chunked` (RFC 9112, section 7). */
const CODINGS: ReadonlySet<string> = new Set([
  "gzip",
  "x-gzip",
  "compress",
  "x-compress",
  "deflate",
]);

/**
 * The framing of a request.
 *
 * @throws {MalformedHeadError} 400 if it is ambiguous, 501 for an unknown transfer coding.
 */
export function requestFraming(lines: HeadLines, minorVersion: number): Framing {
  return declaredFraming(lines, minorVersion) ?? NO_BODY;
}

/** The framing of a response to `method`. @throws {MalformedHeadError} if it is ambiguous. */
export function responseFraming(
  lines: HeadLines,
  response: { readonly status: number; readonly minorVersion: number; readonly method: string },
): Framing {
  const declared = declaredFraming(lines, response.minorVersion);
  const { status, method } = response;
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return NO_BODY;
  return declared ?? UNTIL_CLOSE;
}

function declaredFraming(lines: HeadLines, minorVersion: number): Framing | undefined {
  const coding = findField(lines, TRANSFER_ENCODING);
  const length = findField(lines, CONTENT_LENGTH);
  if (coding >= 0) {
    if (length >= 0) throw new MalformedHeadError("both Content-Length and Transfer-Encoding");
    if (findField(lines, TRANSFER_ENCODING, coding + 1) >= 0) {
      throw new MalformedHeadError("two Transfer-Encoding fields");
    }
    if (minorVersion === 0) throw new MalformedHeadError("Transfer-Encoding in HTTP/1.0");
    checkCodings(fieldValue(lines, coding));
    return CHUNKED;
  }
  if (length < 0) return undefined;
  if (findField(lines, CONTENT_LENGTH, length + 1) >= 0) {
    throw new MalformedHeadError("two Content-Length fields");
  }
  const bytes = parseContentLength(fieldValue(lines, length));
  return bytes === 0 ? NO_BODY : { kind: "length", length: bytes };
}

function parseContentLength(text: string): number {
  const value = Number(text);
  if (!/^[0-9]{1,19}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new MalformedHeadError("its Content-Length");
  }
  return value;
}

/** Known codings, `chunked` once and last: everything else is read differently by some parser. */
function checkCodings(value: string): void {
  if (value.toLowerCase() === "chunked") return;
  const codings = value.toLowerCase().split(/[ \t]*,[ \t]*/);
  const last = codings.pop();
  const unknown = codings.find((coding) => !CODINGS.has(coding) && coding !== "chunked");
  if (unknown !== undefined && /^[a-z0-9]+$/.test(unknown)) {
    throw new MalformedHeadError("an unknown Transfer-Encoding", 501);
  }
  if (last !== "chunked" || unknown !== undefined || codings.includes("chunked")) {
    const known = last === "chunked" || CODINGS.has(last ?? "");
    throw new MalformedHeadError("its Transfer-Encoding", known ? 400 : 501);
  }
}
