/**
 * URLs of definitions: the rules they obey, and the `{base_url}` template in them that stands for
 * the address of a self-hosted or per-customer installation.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";
import { parseHostPattern } from "./host_pattern.ts";
import type { Provider } from "./provider.ts";

const TEMPLATE = "{base_url}";
const SAMPLE = "https://installation.example.com";

/**
 * Reads the address of an installation, for example `https://git.example.com`, and takes a final
 * slash away.
 *
 * @throws {AuthsomeError} `usage` unless it is https (or http on loopback), with nothing but host,
 * port and a plain path.
 */
export function parseBaseUrl(text: string): string {
  const problem = refuseUrl(text) ?? (/[?#]/.test(text) ? "it has a query or fragment" : undefined);
  if (problem === undefined) return text.replace(/\/$/, "");
  throw new AuthsomeError("usage", `The base URL cannot be used: ${problem}.`, {
    hint: "Write it like this: --base-url https://git.example.com",
  });
}

/**
 * Fills the template of one of a definition's URLs.
 *
 * @param baseUrl As {@link parseBaseUrl} gave it.
 * @throws {AuthsomeError} `usage` if the template needs a base URL and there is none.
 */
export function resolveUrl(template: string, baseUrl: string | undefined): string {
  if (!template.startsWith(TEMPLATE)) return template;
  if (baseUrl !== undefined) return baseUrl.replace(/\/$/, "") + template.slice(TEMPLATE.length);
  throw new AuthsomeError("usage", "This provider needs the address of your installation.", {
    hint: "Add it to the login, for example: --base-url https://git.example.com",
  });
}

/**
 * The host patterns of `provider`, as texts for `parseHostPattern`.
 *
 * @param baseUrl What the connection was made with; the definition's own `base_url` otherwise.
 * @throws {AuthsomeError} `usage` if a pattern needs a base URL and there is none.
 */
export function resolveApiUrls(provider: Provider, baseUrl?: string): readonly string[] {
  const base = baseUrl ?? provider.oauth?.baseUrl;
  return provider.apiUrls.map((template) => resolveUrl(template, base));
}

/** Why `text` cannot be an endpoint of a definition, or `undefined` if it can. */
export function refuseUrlTemplate(text: string): string | undefined {
  return refuseTemplate(text) ?? refuseUrl(resolveUrl(text, SAMPLE));
}

/**
 * Checks a host pattern that may begin with the template.
 *
 * @throws {AuthsomeError} `usage`, as `parseHostPattern`.
 */
export function checkApiUrl(text: string): void {
  const problem = text.startsWith("regex:") ? undefined : refuseTemplate(text);
  if (problem === undefined) parseHostPattern(resolveUrl(text, SAMPLE));
  else throw new AuthsomeError("usage", `${problem}.`, { hint: `Write ${TEMPLATE}/path.` });
}

/** `{base_url}.attacker.example` would send the credential of one host to another. */
function refuseTemplate(text: string): string | undefined {
  if (!/[{}]/.test(text) || /^\{base_url\}(?:[/?#][^{}]*)?$/.test(text)) return undefined;
  return `'${TEMPLATE}' stands only at the beginning and before a '/'`;
}

function refuseUrl(text: string): string | undefined {
  const match = /^(https?):\/\/([^/?#\\]+)([/?#]|$)/.exec(text);
  if (match === null || !URL.canParse(text)) return "it is not an https:// address";
  if (/[^\x21-\x7e]/.test(text)) return "it has a space or a character outside of ASCII";
  if (match[2]?.includes("@")) return "it holds a user name";
  try {
    parseHostPattern(`${match[1]}://${match[2]}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    return match[1] === "http"
      ? "only a loopback host may do without TLS"
      : "its host is not plain";
  }
}
