/**
 * Which of several connections a request asks for: `authsome-proxy-managed:<connection>` in the
 * place where the credential goes. Pure.
 *
 * @module
 */

import { type ConnectionName, parseConnectionName } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import { PLACEHOLDER, type Placement } from "../../provider.ts";
import { queryValues } from "./query.ts";
import { findSignatureClaim } from "../injection/signature_claim.ts";

/** The parts of a request where a placeholder counts. */
export interface PlaceholderSource {
  /** The request target with its query. */
  readonly target: string;
  /** All values of a header field. */
  fieldValues(name: string): readonly string[];
}

const SELECTED = `${PLACEHOLDER}:`;
const BASIC = /^basic[ \t]/i;

/**
 * The connection that the request's placeholder names, or `undefined` for the default one. Only the
 * place where the credential goes is looked at: a placeholder elsewhere is just text.
 *
 * @throws {AuthsomeError} `usage` if the name is not one, or if two different ones are there.
 */
export function selectedConnection(
  source: PlaceholderSource,
  placement: Placement,
): ConnectionName | undefined {
  let selected: ConnectionName | undefined;
  for (const value of valuesIn(source, placement)) {
    const text = namedIn(value);
    if (text === undefined) continue;
    const name = parseConnectionName(text);
    if (selected !== undefined && selected !== name) {
      throw new AuthsomeError("usage", "The request names two connections.", {
        hint: `Send one placeholder, for example ${SELECTED}${selected}`,
      });
    }
    selected = name;
  }
  return selected;
}

function valuesIn(source: PlaceholderSource, placement: Placement): readonly string[] {
  switch (placement.kind) {
    case "header":
      return source.fieldValues(placement.name);
    case "query":
      return queryValues(source.target, placement.name);
    case "basic":
      return source.fieldValues("Authorization");
    case "sigv4":
      return [findSignatureClaim(source)?.accessKeyId ?? ""];
    default:
      return placement satisfies never;
  }
}

/** What follows the placeholder: bare, after a scheme, or inside Basic credentials. */
function namedIn(value: string): string | undefined {
  if (value.startsWith(SELECTED)) return value.slice(SELECTED.length);
  // Nearly every request names none.
  if (!value.includes(SELECTED) && !BASIC.test(value)) return undefined;
  const match = /^([A-Za-z][A-Za-z0-9-]*)[ \t]+(\S+)$/.exec(value);
  if (match === null) return undefined;
  const [, scheme = "", token = ""] = match;
  if (scheme.toLowerCase() === "basic") return namedInBasic(token);
  return token.startsWith(SELECTED) ? token.slice(SELECTED.length) : undefined;
}

/**
 * RFC 7617 separates user and password by the first colon, and the placeholder has one of its own:
 * as a user it is followed by another (`placeholder:work:`), as a password it ends the text. With a
 * single colon it is the plain placeholder and a password.
 */
function namedInBasic(token: string): string | undefined {
  const pair = decodeBase64(token);
  const colon = pair.indexOf(":");
  const password = pair.slice(colon + 1);
  if (password.startsWith(SELECTED)) return password.slice(SELECTED.length);
  if (!pair.startsWith(SELECTED)) return undefined;
  const end = pair.indexOf(":", SELECTED.length);
  return end < 0 ? undefined : pair.slice(SELECTED.length, end);
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
