/**
 * Where a definition says that its credential goes: header, query parameter, HTTP Basic or into a
 * signature.
 *
 * @module
 */

import type { ObjectReader } from "./object_reader.ts";
import type { HeaderField, Placement } from "./provider.ts";

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Framing, routing, coding and hop-by-hop fields: the proxy's business, never a credential's. */
const RESERVED_HEADER =
  /^(?:host|accept-encoding|connection|keep-alive|te|trailer|transfer-encoding|upgrade|content-length|content-type|content-encoding|expect|range|via|forwarded|http2-settings|proxy-.*|sec-websocket-.*|x-authsome-.*)$/i;
const PREFIX = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;
const QUERY_NAME = /^[A-Za-z0-9._~-]+$/;
const VALUE = /^[\x20-\x7e]*$/;
const KEY = "{key}";

/** Where every OAuth 2 access token goes unless told otherwise (RFC 6750, section 2.1). */
export const BEARER: Placement = { kind: "header", name: "Authorization", prefix: "Bearer" };

/**
 * Reads the placement out of the `api_key` section.
 *
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function readPlacement(section: ObjectReader): Placement {
  const kind = section.choice("in", ["header", "query", "basic", "sigv4"], "header");
  const placement = readers[kind](section);
  for (const [other, keys] of Object.entries(OWN_FIELDS)) {
    const stray = keys.find((key) => section.value(key) !== undefined);
    if (other === kind || stray === undefined) continue;
    throw section.error(stray, `has no meaning with "in": "${kind}"`, "Remove it.");
  }
  return placement;
}

const OWN_FIELDS = {
  header: ["header_name", "header_prefix"],
  query: ["query_name"],
  basic: ["basic_username", "basic_password"],
} as const;

const readers = {
  header: readHeader,
  query: readQuery,
  basic: readBasic,
  sigv4: (): Placement => ({ kind: "sigv4" }),
} as const;

function readHeader(section: ObjectReader): Placement {
  const name = section.optionalText("header_name") ?? "Authorization";
  const problem = refuseHeaderName(name);
  if (problem !== undefined) throw section.error("header_name", problem, HEADER_HINT);
  return { kind: "header", name, prefix: readPrefix(section) };
}

/** `null` and `""` both mean none, as in older definitions; only an absent field means Bearer. */
function readPrefix(section: ObjectReader): string {
  const present = section.keys().includes("header_prefix");
  const prefix = section.value("header_prefix") ?? (present ? "" : "Bearer");
  if (prefix === "") return "";
  if (typeof prefix === "string" && PREFIX.test(prefix)) return prefix;
  throw section.error("header_prefix", "is not a printable text", 'Write "Bearer", or "".');
}

function readQuery(section: ObjectReader): Placement {
  const name = section.text("query_name");
  if (QUERY_NAME.test(name)) return { kind: "query", name };
  throw section.error("query_name", "is not a plain parameter name", 'Write it as in "key".');
}

/** RFC 7617, section 2: no colon in the user name. */
function readBasic(section: ObjectReader): Placement {
  const username = readBasicPart(section, "basic_username", KEY);
  const password = readBasicPart(section, "basic_password", "");
  if (username.includes(":")) {
    throw section.error("basic_username", "holds a colon", "Put what follows in basic_password.");
  }
  if (!`${username} ${password}`.includes(KEY)) {
    throw section.error("basic_password", "leaves the key out", `Write "${KEY}" where it goes.`);
  }
  return { kind: "basic", username, password };
}

function readBasicPart(section: ObjectReader, key: string, fallback: string): string {
  const value = section.value(key) ?? fallback;
  const valid = typeof value === "string" && VALUE.test(value) &&
    !/[{}]/.test(value.replaceAll(KEY, ""));
  if (valid) return value;
  throw section.error(key, "is not a plain text", `Use printable ASCII and "${KEY}".`);
}

/**
 * Reads `extra_headers`, a map of header names to values.
 *
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function readExtraHeaders(
  section: ObjectReader | undefined,
  placement: Placement,
): readonly HeaderField[] {
  if (section === undefined) return [];
  const own = placement.kind === "header" ? placement.name.toLowerCase() : "authorization";
  const seen = new Set<string>([own]);
  if (placement.kind === "sigv4") seen.add("x-amz-security-token");
  return section.keys().map((name) => {
    const problem = refuseHeaderName(name) ??
      (seen.has(name.toLowerCase()) ? "is set already" : undefined);
    if (problem !== undefined) throw section.error(name, problem, HEADER_HINT);
    seen.add(name.toLowerCase());
    const value = section.text(name);
    if (VALUE.test(value) && value.trim() === value) return { name, value };
    throw section.error(name, "is not a printable text", "Use ASCII, without spaces around it.");
  });
}

const HEADER_HINT = 'Name the header of the API, for example "X-Api-Key".';

function refuseHeaderName(name: string): string | undefined {
  if (!TOKEN.test(name)) return "is not a header name";
  return RESERVED_HEADER.test(name) ? "is a header that only the proxy may set" : undefined;
}
