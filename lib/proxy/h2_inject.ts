/**
 * Edits an HTTP/2 header list: every copy of the credential's field out, one in. Pure.
 *
 * @module
 */

import type { FieldInjection } from "../injection.ts";
import { encodeByteString } from "./bytes.ts";
import type { HpackField } from "./hpack_tables.ts";
import { injectQuery } from "./query.ts";

/** What is between the client and the proxy alone. */
const PROXY_CREDENTIAL = "proxy-authorization";

/** The header list as it came, without what was meant for the proxy. */
export function withoutProxyFields(fields: readonly HpackField[]): readonly HpackField[] {
  const present = fields.some((field) => field.name === PROXY_CREDENTIAL);
  return present ? fields.filter((field) => field.name !== PROXY_CREDENTIAL) : fields;
}

/**
 * The header list with `injection` in it. What it replaces is gone however often it was there; the
 * credential itself is marked "never indexed", so that no hop keeps it in a table.
 */
export function injectFields(
  fields: readonly HpackField[],
  injection: FieldInjection,
): readonly HpackField[] {
  const added: HpackField[] = injection.extraHeaders.map(({ name, value }) => ({
    name: name.toLowerCase(),
    value: encodeByteString(value),
    neverIndexed: false,
  }));
  if (injection.kind === "header") {
    const name = injection.name.toLowerCase();
    const value = encodeByteString(injection.value.reveal());
    added.push({ name, value, neverIndexed: true });
  }
  const replaced = new Set([PROXY_CREDENTIAL, ...added.map((field) => field.name)]);
  const kept = fields.filter((field) => !replaced.has(field.name));
  const target = injection.kind === "query" ? injectTarget(kept, injection) : kept;
  return [...target, ...added];
}

function injectTarget(
  fields: readonly HpackField[],
  injection: FieldInjection & { readonly kind: "query" },
): HpackField[] {
  const { name, value } = injection;
  return fields.map((field) =>
    field.name === ":path"
      ? {
        name: ":path",
        value: injectQuery(field.value, { name, value: value.reveal() }),
        neverIndexed: true,
      }
      : field
  );
}
