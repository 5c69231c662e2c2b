/**
 * The API key flow: text that a person pasted, piped or exported becomes a key worth storing.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Provider } from "../provider.ts";
import { Secret } from "../secret.ts";

/** What a key check needs to know of a provider. */
export type ApiKeyShape = Pick<Provider, "displayName" | "apiKey" | "docs">;

/**
 * Longest key taken, in characters. Servers commonly refuse header blocks beyond 8 to 32 KB, so
 * anything longer is a wrong paste.
 */
const LONGEST_KEY = 16_384;

/** Visible ASCII (VCHAR, RFC 5234): the only characters that travel unchanged in every placement. */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Reads an API key: trims it at both ends, never inside, and checks it against the provider's
 * pattern.
 *
 * @throws {AuthsomeError} `authentication_failed` if it is empty, too long, holds white space, a
 * control character or anything outside ASCII, or does not match the pattern. The text is never
 * quoted.
 */
export function parseApiKey(provider: ApiKeyShape, text: string): Secret {
  const key = text.trim();
  if (key === "") {
    throw new AuthsomeError("authentication_failed", "The API key is empty.", {
      hint: hintForEmpty(provider),
    });
  }
  const wrong = flawOf(provider, key);
  if (wrong === undefined) return new Secret(key);
  const message = `This does not look like a valid ${provider.displayName} API key.`;
  throw new AuthsomeError("authentication_failed", message, { hint: wrong });
}

/** What is wrong with a trimmed key, as a hint, or `undefined`. */
function flawOf({ apiKey, displayName }: ApiKeyShape, key: string): string | undefined {
  const { keyPattern, keyPatternHint } = apiKey;
  if (key.length > LONGEST_KEY) return `It is longer than ${LONGEST_KEY} characters.`;
  if (!VISIBLE.test(key)) {
    return keyPatternHint ??
      "It contains white space or characters other than plain letters, digits and signs.";
  }
  if (keyPattern === undefined || keyPattern.test(key)) return undefined;
  return keyPatternHint ?? `${displayName} API keys match the pattern ${keyPattern.source}`;
}

function hintForEmpty({ apiKey, displayName, docs }: ApiKeyShape): string {
  if (apiKey.keyPatternHint !== undefined) return apiKey.keyPatternHint;
  return docs === undefined
    ? `Copy the key from ${displayName} and try again.`
    : `Copy the key from ${displayName} and try again, see ${docs}`;
}
