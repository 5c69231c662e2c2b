/**
 * Edits an HTTP/2 header list: every copy of the credential's field out, one in. Pure.
 *
 * @module
 */

import type { FieldInjection } from "../../injection.ts";
import type { HeaderField } from "../../provider.ts";
import { encodeByteString } from "../stream/bytes.ts";
import type { HpackField } from "../hpack/tables.ts";
import { injectQuery, type QueryParameter } from "../decision/query.ts";

/** What is between the client and the proxy alone. */
const PROXY_CREDENTIAL = "proxy-authorization";

/** The header list as it came, without what was meant for the proxy. */
export function withoutProxyFields(fields: readonly HpackField[]): readonly HpackField[] {
  const present = fields.some((field) => field.name === PROXY_CREDENTIAL);
  return present ? fields.filter((field) => field.name !== PROXY_CREDENTIAL) : fields;
}

/**
 * The header list with `injection` in it. What it replaces is gone however often it was there; the
 * new field takes the place of the first one, or comes last. The credential itself is marked "never
 * indexed", so that no hop keeps it in a table.
 *
 * @throws {TypeError} if a value cannot stand in a header.
 */
export function injectFields(
  fields: readonly HpackField[],
  injection: FieldInjection,
): readonly HpackField[] {
  const { name, value } = injection;
  const added = injection.extraHeaders.map((field) => createField(field, false));
  if (injection.kind === "header") added.push(createField({ name, value: value.reveal() }, true));
  const edited = replaceFields(withoutProxyFields(fields), added);
  if (injection.kind === "header") return edited;
  const parameter = { name, value: value.reveal() };
  return edited.map((field) => field.name === ":path" ? injectTarget(field, parameter) : field);
}

/** The header list, asking for no coding if it speaks of codings. */
export function uncompressed(fields: readonly HpackField[]): readonly HpackField[] {
  return fields.map((field) => {
    return field.name === "accept-encoding" ? { ...field, value: "identity" } : field;
  });
}

function createField({ name, value }: HeaderField, neverIndexed: boolean): HpackField {
  if (/[\0\r\n]/.test(value)) throw new TypeError(`The value of ${name} is not one line.`);
  return { name: name.toLowerCase(), value: encodeByteString(value), neverIndexed };
}

function replaceFields(fields: readonly HpackField[], added: readonly HpackField[]): HpackField[] {
  const missing = new Map(added.map((field) => [field.name, field]));
  const names = new Set(missing.keys());
  const edited: HpackField[] = [];
  for (const field of fields) {
    if (!names.has(field.name)) edited.push(field);
    else if (missing.has(field.name)) {
      edited.push(missing.get(field.name)!);
      missing.delete(field.name);
    }
  }
  return [...edited, ...missing.values()];
}

function injectTarget(field: HpackField, parameter: QueryParameter): HpackField {
  return { ...field, value: injectQuery(field.value, parameter), neverIndexed: true };
}
