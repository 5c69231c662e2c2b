/**
 * The head of an HTTP/1.0 or 1.1 response: its lines and what they mean (RFC 9112, sections 4, 6
 * and 9.3). No I/O.
 *
 * @module
 */

import { type ConnectionOptions, parseConnectionOptions } from "./connection_options.ts";
import { type Framing, responseFraming } from "./framing.ts";
import {
  fieldValue,
  findField,
  type HeadLimits,
  type HeadLines,
  MalformedHeadError,
  parseHeadLines,
} from "./head_lines.ts";
import { standsAt } from "../stream/bytes.ts";

/** A response head. */
export interface ResponseHead {
  readonly lines: HeadLines;
  /** 100–999. */
  readonly status: number;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minorVersion: number;
  readonly framing: Framing;
  readonly options: ConnectionOptions;
}

const KEEP_ALIVE = "Keep-Alive";
const UPGRADE = "Upgrade";
/** `HTTP/1.` */
const VERSION = new TextEncoder().encode("HTTP/1.");
const SPACE = 32;

/**
 * Reads a complete head of a response to `method`.
 *
 * @throws {MalformedHeadError} if it is not exactly one well-formed response.
 */
export function parseResponseHead(
  bytes: Uint8Array,
  method: string,
  limits: HeadLimits,
): ResponseHead {
  const lines = parseHeadLines(bytes, limits);
  const { status, minorVersion } = parseStatusLine(lines);
  const framing = responseFraming(lines, { status, minorVersion, method });
  return { lines, status, minorVersion, framing, options: parseConnectionOptions(lines) };
}

/** Whether the upstream leaves the connection open after this response. */
export function keepsAlive(head: ResponseHead): boolean {
  if (head.options.close || head.framing.kind === "until_close") return false;
  return head.minorVersion === 1 || head.options.keepAlive;
}

/** How long the upstream keeps an idle connection, in milliseconds, if it says so. */
export function keepAliveHint(head: ResponseHead): number | undefined {
  const index = findField(head.lines, KEEP_ALIVE);
  if (index < 0) return undefined;
  const match = /(?:^|[ \t,;])timeout=([0-9]{1,6})(?:$|[ \t,;])/i.exec(
    fieldValue(head.lines, index),
  );
  return match === null ? undefined : Number(match[1]) * 1000;
}

/**
 * Whether a 101 goes on in HTTP, or does not say in what. Requests inside HTTP/2 would pass unseen,
 * and HTTP/2 over TLS is agreed on by ALPN alone.
 */
export function switchesToHttp({ lines }: ResponseHead): boolean {
  const index = findField(lines, UPGRADE);
  return index < 0 || /^h2c?\b|^http/i.test(fieldValue(lines, index));
}

/** `HTTP/1.1 200 OK`; the reason and the space before it may be missing, as some servers have it. */
function parseStatusLine(lines: HeadLines): { status: number; minorVersion: number } {
  const { bytes, startLineEnd } = lines;
  const minorVersion = bytes[7]! - 48;
  const status = digitAt(bytes, 9) * 100 + digitAt(bytes, 10) * 10 + digitAt(bytes, 11);
  const wellFormed = standsAt(bytes, 0, VERSION) && (minorVersion === 0 || minorVersion === 1) &&
    bytes[8] === SPACE && status >= 100 && (startLineEnd === 12 || bytes[12] === SPACE);
  if (!wellFormed) throw new MalformedHeadError("its status line");
  return { status, minorVersion };
}

/** Not a number if there is no digit, or nothing at all. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - 48;
  return digit >= 0 && digit <= 9 ? digit : NaN;
}
