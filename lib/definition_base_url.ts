/**
 * `base_url_env`: the variables from which a vendor's SDKs take the address of the API.
 *
 * @module
 */

import { refuseUrlTemplate } from "./base_url.ts";
import type { ObjectReader } from "./object_reader.ts";
import type { BaseUrlVariable } from "./provider.ts";
import { refuseVariable } from "./variable_name.ts";

/**
 * Reads the section.
 *
 * @throws {AuthsomeError} `usage`, naming the variable whose name or address cannot be used.
 */
export function readBaseUrls(section: ObjectReader | undefined): readonly BaseUrlVariable[] {
  if (section === undefined) return [];
  return section.keys().flatMap((variable) => {
    const url = section.optionalText(variable);
    if (url === undefined) return [];
    const problem = refuseVariable(variable) ?? refuseAddress(url);
    if (problem === undefined) return [{ variable, url }];
    const hint = 'Write it as in "ACME_BASE_URL": "https://api.acme.example/v1".';
    throw section.error(variable, `cannot be used: ${problem}`, hint);
  });
}

/** A template would need what only a connection knows. */
function refuseAddress(url: string): string | undefined {
  return /[{}?#]/.test(url) ? "it is not a plain address" : refuseUrlTemplate(url);
}
