/**
 * Writes the head that goes upstream: the client's bytes, with the credential in and everything
 * that is between the client and the proxy alone out. Pure.
 *
 * @module
 */

import type { FieldInjection } from "../../injection.ts";
import type { HeaderField } from "../../provider.ts";
import { concat } from "../stream/bytes.ts";
import {
  type FieldName,
  fieldName,
  findField,
  type HeadLines,
  isNamed,
  latin1,
  lineStart,
  MalformedHeadError,
} from "../http1/head_lines.ts";
import { PROXY_AUTHORIZATION } from "../proxy_token.ts";
import { injectQuery } from "../decision/query.ts";
import type { RequestHead } from "../http1/request_head.ts";

/** What changes in a head. */
export interface HeadEdits {
  /** Put in place of the request target. */
  readonly target?: string;
  /** Fields whose every copy goes; a line takes the place of the first one, or comes last. */
  readonly fields: readonly FieldEdit[];
}

/** One field name and what stands for all its copies. */
export interface FieldEdit {
  readonly name: FieldName;
  /** `Name: value` with CR LF, or `undefined` to remove the field. */
  readonly line: Uint8Array | undefined;
}

const CONNECTION = fieldName("Connection");
const ACCEPT_ENCODING = fieldName("Accept-Encoding");
/** The proxy's own business on either side (RFC 9110, section 7.6.1). */
const OWN_FIELDS: readonly FieldEdit[] = [
  { name: PROXY_AUTHORIZATION, line: undefined },
  { name: fieldName("Proxy-Connection"), line: undefined },
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
  target: string = head.targetText,
): HeadEdits {
  const fields: FieldEdit[] = injection.extraHeaders.map((field) => setField(head, field));
  if (injection.kind === "header") {
    fields.unshift(setField(head, { name: injection.name, value: injection.value.reveal() }));
    return { fields };
  }
  const { name, value } = injection;
  return { target: injectQuery(target, { name, value: value.reveal() }), fields };
}

/**
 * The edit that asks for an uncompressed answer, as no other can be searched for the credential. A
 * request that does not speak of codings is left alone: it gets none.
 */
export function identityEdits(lines: HeadLines): readonly FieldEdit[] {
  const index = findField(lines, ACCEPT_ENCODING);
  if (index < 0) return [];
  const name = latin1(lines.bytes, lineStart(lines, index), lines.offsets[index * 4 + 1]!);
  return [{ name: ACCEPT_ENCODING, line: formatLine(name, "identity") }];
}

/** One field for all its copies. @throws {MalformedHeadError} if `Connection` names it. */
export function setField(head: RequestHead, field: HeaderField): FieldEdit {
  if (head.options.names.includes(field.name.toLowerCase())) {
    throw new MalformedHeadError("its Connection field");
  }
  return { name: fieldName(field.name), line: formatLine(field.name, field.value) };
}

/** One field line. @throws {TypeError} if the value would end the line. */
export function formatLine(name: string, value: string): Uint8Array {
  if (/[\0\r\n]/.test(value)) throw new TypeError(`The value of ${name} is not one line.`);
  return new TextEncoder().encode(`${name}: ${value}\r\n`);
}

/** A copy of the head with the edits made; every other byte as it came. */
export function editHead(lines: HeadLines, edits: HeadEdits): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  if (edits.target !== undefined) {
    from = lines.startLineEnd;
    parts.push(editStartLine(lines, edits.target));
  }
  const placed = new Set<FieldEdit>();
  for (let index = 0; index < lines.count; index++) {
    const edit = edits.fields.find(({ name }) => isNamed(lines, index, name));
    if (edit === undefined) continue;
    parts.push(lines.bytes.subarray(from, lineStart(lines, index)));
    from = lineStart(lines, index + 1);
    if (edit.line !== undefined && !placed.has(edit)) parts.push(edit.line);
    placed.add(edit);
  }
  const end = lineStart(lines, lines.count);
  parts.push(lines.bytes.subarray(from, end));
  for (const edit of edits.fields) {
    if (edit.line !== undefined && !placed.has(edit)) parts.push(edit.line);
  }
  parts.push(lines.bytes.subarray(end));
  return concat(parts);
}

/** `METHOD target HTTP/1.x` without CR LF. */
function editStartLine(lines: HeadLines, target: string): Uint8Array {
  const line = latin1(lines.bytes, 0, lines.startLineEnd);
  const edited = `${line.slice(0, line.indexOf(" "))} ${target}${
    line.slice(line.lastIndexOf(" "))
  }`;
  return Uint8Array.from(edited, (character) => character.charCodeAt(0));
}
