/**
 * The head of an HTTP/1.0 or 1.1 request: its lines and what they mean (RFC 9112, sections 3, 6
 * and 9.3). No I/O.
 *
 * @module
 */

import { type ConnectionOptions, parseConnectionOptions } from "./connection_options.ts";
import { type Framing, requestFraming } from "./framing.ts";
import {
  fieldValue,
  findField,
  type HeadLimits,
  type HeadLines,
  MalformedHeadError,
  parseHeadLines,
  tokenEnd,
} from "./head_lines.ts";
import { formatByteString, standsAt } from "../stream/bytes.ts";
import { parseTarget, type RequestTarget } from "../decision/target.ts";

/** A request head. Strings hold one character a byte, as they came. */
export interface RequestHead {
  readonly lines: HeadLines;
  readonly method: string;
  /** Of CONNECT: the authority as it came, in `targetText`. */
  readonly target: RequestTarget | undefined;
  readonly targetText: string;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minorVersion: number;
  readonly framing: Framing;
  /** The value of `Host`; absent only in HTTP/1.0. */
  readonly host: string | undefined;
  readonly options: ConnectionOptions;
}

const HOST = "Host";
const SPACE = 32;
/** ` HTTP/1.` and a digit. */
const VERSION = new TextEncoder().encode(" HTTP/1.");
const METHOD_LIMIT = 64;

/**
 * Reads a complete head.
 *
 * @throws {MalformedHeadError} 400, 431 or 501, if it is not exactly one well-formed request.
 */
export function parseRequestHead(bytes: Uint8Array, limits: HeadLimits): RequestHead {
  const lines = parseHeadLines(bytes, limits);
  const { method, targetText, minorVersion } = parseRequestLine(lines);
  const target = method === "CONNECT" ? undefined : parseTarget(targetText);
  if (target === undefined && method !== "CONNECT") throw new MalformedHeadError("its target");
  if (target?.kind === "asterisk" && method !== "OPTIONS") {
    throw new MalformedHeadError("its target");
  }
  const framing = requestFraming(lines, minorVersion);
  if (method === "CONNECT" && framing.kind !== "none") {
    throw new MalformedHeadError("a CONNECT with a body");
  }
  const host = readHost(lines, minorVersion);
  const options = parseConnectionOptions(lines);
  return { lines, method, target, targetText, minorVersion, framing, host, options };
}

/** Whether the connection may carry another request after this one (RFC 9112, section 9.3). */
export function wantsKeepAlive(head: RequestHead): boolean {
  if (head.options.close) return false;
  return head.minorVersion === 1 || head.options.keepAlive;
}

function parseRequestLine(lines: HeadLines): {
  method: string;
  targetText: string;
  minorVersion: number;
} {
  const { bytes, startLineEnd } = lines;
  const methodEnd = tokenEnd(bytes, 0);
  if (methodEnd === 0 || methodEnd > METHOD_LIMIT || bytes[methodEnd] !== SPACE) {
    throw new MalformedHeadError("its method");
  }
  const targetEnd = startLineEnd - VERSION.length - 1;
  const minorVersion = bytes[startLineEnd - 1]! - 48;
  const isVersion = standsAt(bytes, targetEnd, VERSION);
  if (targetEnd <= methodEnd + 1 || !isVersion || (minorVersion !== 0 && minorVersion !== 1)) {
    throw new MalformedHeadError("its version or target");
  }
  for (let at = methodEnd + 1; at < targetEnd; at++) {
    if (bytes[at]! <= SPACE) throw new MalformedHeadError("white space in its target");
  }
  const method = formatByteString({ bytes, start: 0, end: methodEnd });
  const targetText = formatByteString({ bytes, start: methodEnd + 1, end: targetEnd });
  return { method, targetText, minorVersion };
}

/** Exactly one in HTTP/1.1 (RFC 9112, section 3.2); two would be two readings in HTTP/1.0 too. */
function readHost(lines: HeadLines, minorVersion: number): string | undefined {
  const index = findField(lines, HOST);
  if (index < 0) {
    if (minorVersion === 0) return undefined;
    throw new MalformedHeadError("no Host field");
  }
  if (findField(lines, HOST, index + 1) >= 0) throw new MalformedHeadError("two Host fields");
  return fieldValue(lines, index);
}
