/**
 * The `oauth` section of a definition.
 *
 * @module
 */

import { parseBaseUrl, refuseUrlTemplate } from "./base_url.ts";
import { AuthsomeError } from "./errors.ts";
import type { ObjectReader } from "./object_reader.ts";
import type { FlowName, OAuthSettings } from "./provider.ts";

/** Parameters that belong to the flow itself (RFC 6749, section 4.1.1; RFC 7636, section 4.3). */
const FLOW_PARAMETERS = new Set([
  "client_id",
  "client_secret",
  "response_type",
  "redirect_uri",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
]);

/** Which endpoints a flow cannot do without; `dcr_pkce` also works with none of them. */
const NEEDED: Readonly<Record<FlowName, readonly string[]>> = {
  pkce: ["authorization_url", "token_url"],
  dcr_pkce: ["authorization_url", "token_url", "registration_endpoint"],
  device_code: ["device_authorization_url", "token_url"],
  api_key: [],
};

/**
 * Reads the section and checks that `flow` can run with it.
 *
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function readOAuth(section: ObjectReader, flow: FlowName): OAuthSettings {
  const settings: OAuthSettings = {
    ...endpoint("authorizationUrl", section, "authorization_url"),
    ...endpoint("tokenUrl", section, "token_url"),
    ...endpoint("revocationUrl", section, "revocation_url"),
    ...endpoint("deviceAuthorizationUrl", section, "device_authorization_url"),
    ...endpoint("registrationEndpoint", section, "registration_endpoint"),
    ...readBaseUrl(section),
    scopes: readScopes(section),
    pkce: section.flag("pkce", true),
    supportsDeviceCode: section.flag("supports_device_code", flow === "device_code"),
    supportsDcr: section.flag("supports_dcr", flow === "dcr_pkce"),
    ...readAuthMethod(section),
    authorizationParams: readParameters(section),
    deviceTokenRequest: section.choice("device_token_request", ["form", "json"], "form"),
  };
  checkEndpoints(section, [
    ...(isDiscovered(settings, flow) ? [] : NEEDED[flow]),
    ...(settings.supportsDeviceCode ? ["device_authorization_url", "token_url"] : []),
    ...(settings.supportsDcr && flow !== "dcr_pkce" ? ["registration_endpoint"] : []),
  ]);
  section.finish();
  return settings;
}

/** Whether the API itself is to say where its authorization server is (RFC 9728, RFC 8414). */
function isDiscovered(settings: OAuthSettings, flow: FlowName): boolean {
  const { authorizationUrl, tokenUrl, registrationEndpoint } = settings;
  const named = [authorizationUrl, tokenUrl, registrationEndpoint];
  return flow === "dcr_pkce" && named.every((url) => url === undefined);
}

function endpoint<K extends string>(
  name: K,
  section: ObjectReader,
  key: string,
): { readonly [P in K]?: string } {
  const url = section.optionalText(key);
  if (url === undefined) return {};
  const problem = refuseUrlTemplate(url);
  if (problem === undefined) return { [name]: url } as { readonly [P in K]?: string };
  throw section.error(key, `cannot be used: ${problem}`, "Write https://… or {base_url}/…");
}

function readBaseUrl(section: ObjectReader): { readonly baseUrl?: string } {
  const text = section.optionalText("base_url");
  if (text === undefined) return {};
  try {
    return { baseUrl: parseBaseUrl(text) };
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    throw section.error("base_url", "cannot be used", 'Write "https://…" without a query.');
  }
}

/** Scope tokens of RFC 6749, section 3.3. */
function readScopes(section: ObjectReader): readonly string[] {
  const scopes = section.texts("scopes");
  if (scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) return scopes;
  throw section.error("scopes", "holds a space or a quote", 'Write ["one", "two"].');
}

function readAuthMethod(section: ObjectReader): Pick<OAuthSettings, "tokenEndpointAuthMethod"> {
  if (section.value("token_endpoint_auth_method") === undefined) return {};
  const methods = ["none", "client_secret_post", "client_secret_basic"] as const;
  return { tokenEndpointAuthMethod: section.choice("token_endpoint_auth_method", methods) };
}

function readParameters(section: ObjectReader): Readonly<Record<string, string>> {
  const reader = section.object("authorization_params");
  const names = reader?.keys() ?? [];
  const taken = names.find((name) => FLOW_PARAMETERS.has(name));
  if (taken !== undefined) {
    throw section.error(`authorization_params.${taken}`, "is set by the flow", "Remove it.");
  }
  return Object.fromEntries(names.map((name) => [name, reader?.text(name) ?? ""]));
}

function checkEndpoints(section: ObjectReader, needed: readonly string[]): void {
  for (const key of needed) section.text(key);
}
