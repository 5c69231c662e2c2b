/**
 * Writes the head that goes upstream: the client's bytes, with the credential in and everything
 * that is between the client and the proxy alone out. Pure.
 *
 * @module
 */

import type { FieldInjection } from "../../injection.ts";
import type { HeaderField } from "../../provider.ts";
import { formatByteString } from "../stream/bytes.ts";
import {
  findField,
  type HeadLines,
  isNamed,
  lineStart,
  MalformedHeadError,
  nameOf,
} from "../http1/head_lines.ts";
import { PROXY_AUTHORIZATION } from "../proxy_token.ts";
import { injectQuery } from "../decision/query.ts";
import type { RequestHead } from "../http1/request_head.ts";

/** What changes in a head. */
export interface HeadEdits {
  /** Put in place of the request target. */
  readonly target?: string | undefined;
  /**
   * Fields whose every copy goes; a line takes the place of the first one, or comes last. Of two
   * edits of a field that is there, the last one counts.
   */
  readonly fields: readonly FieldEdit[];
}

/** One field name and what stands for all its copies. */
export interface FieldEdit {
  readonly name: string;
  /** `Name: value` with CR LF, or `undefined` to remove the field. */
  readonly line: Uint8Array | undefined;
}

const CONNECTION = "Connection";
const ACCEPT_ENCODING = "Accept-Encoding";
/** The proxy's own business on either side (RFC 9110, section 7.6.1). */
const OWN_FIELDS: readonly FieldEdit[] = [
  { name: PROXY_AUTHORIZATION, line: undefined },
  { name: "Proxy-Connection", line: undefined },
];

/**
 * The edits of every forwarded request. A wish to close is for our connection, not for the
 * upstream's, which may serve others: `Connection: close` goes, its other options stay. HTTP/1.0
 * keeps it, as it has no persistent connections to speak of.
 */
export function hopEdits(head: RequestHead): readonly FieldEdit[] {
  if (!head.options.close || head.minorVersion === 0) return OWN_FIELDS;
  const rest = head.options.names.filter((name) => name !== "close" && name !== "keep-alive");
  const line = rest.length === 0 ? undefined : formatLine("Connection", rest.join(", "));
  return [...OWN_FIELDS, { name: CONNECTION, line }];
}

/**
 * The edits that put a credential in. `target` stands for the request target if that is to change
 * for another reason.
 *
 * @throws {MalformedHeadError} if `Connection` tells the next hop to drop what is put in.
 * @throws {TypeError} if the credential cannot stand in a header.
 */
export function injectionEdits(
  head: RequestHead,
  injection: FieldInjection,
  target?: string,
): HeadEdits {
  const fields = injection.extraHeaders.map((field) => setField(head, field));
  if (injection.kind === "header") {
    const { name, value } = injection;
    return { target, fields: [setField(head, { name, value: value.reveal() }), ...fields] };
  }
  const parameter = { name: injection.name, value: injection.value.reveal() };
  return { target: injectQuery(target ?? head.targetText, parameter), fields };
}

/**
 * The edit that asks for an uncompressed answer, as no other can be searched for the credential. A
 * request that does not speak of codings is left alone: it gets none.
 */
export function identityEdits(lines: HeadLines): readonly FieldEdit[] {
  const index = findField(lines, ACCEPT_ENCODING);
  if (index < 0) return [];
  return [{ name: ACCEPT_ENCODING, line: formatLine(nameOf(lines, index), "identity") }];
}

/** One field for all its copies. @throws {MalformedHeadError} if `Connection` names it. */
export function setField(head: RequestHead, { name, value }: HeaderField): FieldEdit {
  const { names } = head.options;
  if (names.length > 0 && names.includes(name.toLowerCase())) {
    throw new MalformedHeadError("its Connection field");
  }
  return { name, line: formatLine(name, value) };
}

/** One field line. @throws {TypeError} if the value would end the line. */
export function formatLine(name: string, value: string): Uint8Array {
  if (/[\0\r\n]/.test(value)) throw new TypeError(`The value of ${name} is not one line.`);
  return new TextEncoder().encode(`${name}: ${value}\r\n`);
}

/** A copy of the head with the edits made; every other byte as it came. */
export function editHead(lines: HeadLines, { target, fields }: HeadEdits): Uint8Array {
  const startLine = target === undefined ? NOTHING : editStartLine(lines, target);
  const copy = new HeadCopy(lines.bytes, fields.reduce(addLength, startLine.length));
  // From behind: what comes first stays where it is said to be.
  const end = lineStart(lines, lines.count);
  for (let at = fields.length - 1; at >= 0; at--) {
    const { name, line } = fields[at]!;
    if (line !== undefined && findField(lines, name) < 0) copy.replace(end, end, line);
  }
  for (let index = lines.count - 1; index >= 0; index--) {
    const edit = editOf(lines, index, fields);
    if (edit === undefined) continue;
    const isFirst = findField(lines, edit.name) === index;
    const line = isFirst ? edit.line ?? NOTHING : NOTHING;
    copy.replace(lineStart(lines, index), lineStart(lines, index + 1), line);
  }
  if (target !== undefined) copy.replace(0, lines.startLineEnd, startLine);
  return copy.bytes;
}

const NOTHING = new Uint8Array(0);

/** A copy of a head that can grow. */
class HeadCopy {
  readonly #bytes: Uint8Array;
  #length: number;

  /** `room`: by how many bytes it may grow. */
  constructor(head: Uint8Array, room: number) {
    this.#bytes = new Uint8Array(head.length + room);
    this.#bytes.set(head);
    this.#length = head.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  replace(start: number, end: number, line: Uint8Array): void {
    this.#bytes.copyWithin(start + line.length, end, this.#length);
    this.#bytes.set(line, start);
    this.#length += line.length - (end - start);
  }
}

function addLength(sum: number, { line }: FieldEdit): number {
  return sum + (line?.length ?? 0);
}

function editOf(
  lines: HeadLines,
  index: number,
  edits: readonly FieldEdit[],
): FieldEdit | undefined {
  for (let at = edits.length - 1; at >= 0; at--) {
    if (isNamed(lines, index, edits[at]!.name)) return edits[at];
  }
  return undefined;
}

/** `METHOD target HTTP/1.x` without CR LF. */
function editStartLine(lines: HeadLines, target: string): Uint8Array {
  const line = formatByteString({ bytes: lines.bytes, start: 0, end: lines.startLineEnd });
  const edited = `${line.slice(0, line.indexOf(" "))} ${target}${
    line.slice(line.lastIndexOf(" "))
  }`;
  return Uint8Array.from(edited, (character) => character.charCodeAt(0));
}
