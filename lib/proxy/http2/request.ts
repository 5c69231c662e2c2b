/**
 * The head of an HTTP/2 request: from a decoded header list to what a decision needs, refusing
 * what is malformed (RFC 9113, sections 8.2 and 8.3; RFC 8441). No I/O.
 *
 * @module
 */

import type { HpackField } from "../hpack/tables.ts";

/** A well-formed request head. Strings are byte strings, as they came. */
export interface H2Request {
  readonly method: string;
  readonly scheme: string;
  /** What the request says its host is: `:authority`, then `host`; at least one of them. */
  readonly authorities: readonly string[];
  /** The request target, query included. */
  readonly path: string;
  /** `:protocol` of an extended CONNECT, such as `websocket`. */
  readonly protocol: string | undefined;
  /** What `content-length` says, in bytes. */
  readonly contentLength: number | undefined;
  /** Every field in order, pseudo-header fields included. */
  readonly fields: readonly HpackField[];
}

/** The header list is not a request; answered on its stream with `status`. */
export class MalformedRequestError extends Error {
  /** 400, or 501 for a request that no origin server can answer. */
  readonly status: number;

  constructor(reason: string, status = 400) {
    super(`The request is malformed: ${reason}.`);
    this.name = "MalformedRequestError";
    this.status = status;
  }
}

const PSEUDO_FIELDS = [":method", ":scheme", ":authority", ":path", ":protocol"] as const;

type PseudoFields = { -readonly [name in typeof PSEUDO_FIELDS[number]]?: string };

/** Fields about one connection, which HTTP/2 forbids (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FORBIDDEN_IN_VALUE = /[\0\r\n]/;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TARGET = /^(?:\/[^\0-\x20\x7f#]*|\*)$/;

/**
 * Reads a decoded header list as a request.
 *
 * @throws {MalformedRequestError} if it is not exactly one well-formed request.
 */
export function parseRequest(fields: readonly HpackField[]): H2Request {
  const pseudo: PseudoFields = {};
  const count = readPseudoFields(fields, pseudo);
  for (let at = count; at < fields.length; at++) checkField(fields[at]!);
  const { ":method": method, ":protocol": protocol } = pseudo;
  if (method === undefined || !METHOD.test(method)) throw new MalformedRequestError("its method");
  if (method === "CONNECT" && protocol === undefined) {
    throw new MalformedRequestError("CONNECT to an origin server", 501);
  }
  if (protocol !== undefined && method !== "CONNECT") {
    throw new MalformedRequestError(":protocol without CONNECT");
  }
  const { ":scheme": scheme, ":path": path } = pseudo;
  if (scheme !== "https" && scheme !== "http") throw new MalformedRequestError("its scheme");
  if (path === undefined || !TARGET.test(path) || (path === "*" && method !== "OPTIONS")) {
    throw new MalformedRequestError("its path");
  }
  const authorities = readAuthorities(fields, pseudo);
  const contentLength = readContentLength(fields);
  return { method, scheme, authorities, path, protocol, contentLength, fields };
}

/**
 * Checks the fields that follow a request's body.
 *
 * @throws {MalformedRequestError} if one may not be there.
 */
export function checkTrailers(fields: readonly HpackField[]): void {
  for (const field of fields) checkField(field);
}

/** Pseudo-header fields come first and once each. Returns how many there are. */
function readPseudoFields(fields: readonly HpackField[], pseudo: PseudoFields): number {
  let at = 0;
  for (; at < fields.length && fields[at]!.name.startsWith(":"); at++) {
    const { name, value } = fields[at]!;
    const known = PSEUDO_FIELDS.find((candidate) => candidate === name);
    if (known === undefined || pseudo[known] !== undefined) {
      throw new MalformedRequestError("an unknown or repeated pseudo-header field");
    }
    if (FORBIDDEN_IN_VALUE.test(value)) throw new MalformedRequestError("a pseudo-header field");
    pseudo[known] = value;
  }
  return at;
}

function checkField(field: HpackField): void {
  if (!NAME.test(field.name)) throw new MalformedRequestError("a field name");
  if (FORBIDDEN_IN_VALUE.test(field.value)) throw new MalformedRequestError("a field value");
  if (CONNECTION_FIELDS.has(field.name)) throw new MalformedRequestError("a connection field");
  if (field.name === "te" && field.value.toLowerCase() !== "trailers") {
    throw new MalformedRequestError("a TE field");
  }
}

function readAuthorities(fields: readonly HpackField[], pseudo: PseudoFields): string[] {
  const hosts = fields.filter((field) => field.name === "host").map((field) => field.value);
  if (hosts.length > 1) throw new MalformedRequestError("two hosts");
  const authority = pseudo[":authority"];
  if (authority !== undefined) return [authority, ...hosts];
  if (hosts.length === 0) throw new MalformedRequestError("no host");
  return hosts;
}

function readContentLength(fields: readonly HpackField[]): number | undefined {
  const lengths = fields.filter((field) => field.name === "content-length");
  if (lengths.length === 0) return undefined;
  const [{ value } = { value: "" }] = lengths;
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(value)) {
    throw new MalformedRequestError("its content-length");
  }
  return Number(value);
}
