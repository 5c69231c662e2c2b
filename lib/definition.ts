/**
 * Provider definitions: JSON in, a validated {@link Provider} out. Every rule of the published
 * schema (`docs/provider.schema.json`) is checked here, and more than a schema can say.
 *
 * @module
 */

import { ACCESS_KEY_FIELDS } from "./access_key.ts";
import { checkApiUrl, refuseUrlTemplate } from "./base_url.ts";
import { readBaseUrls } from "./definition_base_url.ts";
import { readOAuth } from "./definition_oauth.ts";
import { BEARER, readExtraHeaders, readPlacement } from "./definition_placement.ts";
import { modernizeSpelling } from "./definition_spelling.ts";
import { AuthsomeError } from "./errors.ts";
import { parseJsonc } from "./jsonc.ts";
import { parseLinearPattern } from "./linear_pattern.ts";
import { fieldError, ObjectReader } from "./object_reader.ts";
import { parseProviderName, PLACEHOLDER } from "./provider.ts";
import type {
  ApiKeySettings,
  AuthType,
  ExportField,
  ExportVariables,
  FlowName,
  OAuthSettings,
  Placement,
  Provider,
  ProviderName,
} from "./provider.ts";
import { refuseVariable } from "./variable_name.ts";

export { resolveApiUrls, resolveUrl } from "./base_url.ts";

/** Which flows lead to a credential of a type. */
const FLOWS: Readonly<Record<AuthType, readonly FlowName[]>> = {
  oauth2: ["pkce", "device_code", "dcr_pkce"],
  api_key: ["api_key"],
};
const EXPORT_FIELDS: readonly ExportField[] = ["api_key", "access_token"];
/** Fields for people and for editors. */
const UNUSED = ["$schema", "description", "logo", "type", "metadata"];

/**
 * Reads the text of a definition file: JSON, with comments and trailing commas allowed.
 *
 * @param where The file, as a person would name it.
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function parseDefinitionText(text: string, where: string): Provider {
  return parseDefinition(parseDefinitionJson(text, where), where);
}

/**
 * Reads only the JSON of a definition file.
 *
 * @throws {AuthsomeError} `usage` if it is not JSON.
 */
export function parseDefinitionJson(text: string, where: string): unknown {
  try {
    return parseJsonc(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AuthsomeError("usage", `${where}: it is not valid JSON.`, {
      hint: `Look for a missing quote, comma or bracket: ${error.message}`,
      cause: error,
    });
  }
}

/** How strictly a definition is read. */
export interface DefinitionTrust {
  /**
   * Whether tests have found it valid: its host and key patterns are then not taken apart again,
   * which for all bundled definitions together would delay a child noticeably. Default: no.
   */
  readonly tested?: boolean;
}

/**
 * Reads a definition. Older spellings of fields are understood; `null` counts as absent.
 *
 * @param where The file, as a person would name it.
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function parseDefinition(
  json: unknown,
  where: string,
  { tested = false }: DefinitionTrust = {},
): Provider {
  const reader = new ObjectReader({ where, path: "" }, modernizeSpelling(json, where));
  readVersion(reader);
  const authType = reader.choice<AuthType>("auth_type", ["oauth2", "api_key"]);
  const flow = reader.choice("flow", FLOWS[authType]);
  const { placement, apiKey } = readApiKey(reader.object("api_key"), tested);
  if (placement.kind === "sigv4" && authType !== "api_key") {
    throw reader.error("api_key.in", "signs with a key, not with a token", "Leave it out.");
  }
  const provider: Provider = {
    name: readName(reader),
    displayName: readDisplayName(reader),
    authType,
    flow,
    apiUrls: readApiUrls(reader, tested),
    ...readDocs(reader),
    placement,
    apiKey,
    ...readOAuthSection(reader, { authType, flow }),
    extraHeaders: readExtraHeaders(reader.object("extra_headers"), placement),
    placeholder: readPlaceholder(reader, placement),
    client: readClient(reader.object("client")),
    exports: readExports(reader.object("export"), placement),
    baseUrls: readBaseUrls(reader.object("base_url_env")),
  };
  for (const key of UNUSED) reader.value(key);
  reader.finish();
  return provider;
}

function readVersion(reader: ObjectReader): void {
  const version = reader.value("schema_version");
  if (version === 1) return;
  const newer = typeof version === "number" && version > 1;
  const hint = newer ? "Update authsome: this file is newer than it." : 'Add "schema_version": 1.';
  throw reader.error("schema_version", "is not 1", hint);
}

function readName(reader: ObjectReader): ProviderName {
  const name = reader.text("name");
  try {
    return parseProviderName(name);
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    throw reader.error(
      "name",
      "is not a provider name",
      "Use lower-case letters, digits, '-' and '_', at most 64.",
    );
  }
}

/** Control characters could rewrite a person's terminal. */
function readDisplayName(reader: ObjectReader): string {
  const text = reader.text("display_name");
  if (/^[^\p{C}]{1,64}$/u.test(text)) return text;
  throw reader.error("display_name", "is not a short text", "Write the service's name.");
}

function readApiUrls(reader: ObjectReader, tested: boolean): readonly string[] {
  const urls = reader.texts("api_url");
  if (tested) return urls;
  for (const [index, url] of urls.entries()) {
    try {
      checkApiUrl(url);
    } catch (error) {
      if (!(error instanceof AuthsomeError)) throw error;
      const key = urls.length === 1 ? "api_url" : `api_url[${index}]`;
      const problem = `cannot be used: ${error.message.replace(/\.$/, "")}`;
      throw reader.error(key, problem, error.hint);
    }
  }
  return urls;
}

function readDocs(reader: ObjectReader): { readonly docs?: string } {
  const docs = reader.optionalText("docs");
  if (docs === undefined) return {};
  const problem = docs.includes("{") ? "it is not an address" : refuseUrlTemplate(docs);
  if (problem === undefined) return { docs };
  throw reader.error("docs", `cannot be used: ${problem}`, "Write https://…");
}

function readApiKey(
  section: ObjectReader | undefined,
  tested: boolean,
): { placement: Placement; apiKey: ApiKeySettings } {
  if (section === undefined) return { placement: BEARER, apiKey: {} };
  const placement = readPlacement(section);
  const hint = section.optionalText("key_pattern_hint");
  const apiKey: ApiKeySettings = {
    ...readVariable(section, "env_var", "envVar"),
    ...readKeyPattern(section, tested),
    ...(hint === undefined ? {} : { keyPatternHint: hint }),
  };
  section.finish();
  return { placement, apiKey };
}

/** The whole key must match, so a pattern without anchors gets them. */
function readKeyPattern(
  section: ObjectReader,
  tested: boolean,
): { readonly keyPattern?: RegExp } {
  const text = section.optionalText("key_pattern");
  if (text === undefined) return {};
  const source = text.startsWith("^") && text.endsWith("$") ? text : `^(?:${text})$`;
  if (tested) return { keyPattern: new RegExp(source) };
  try {
    return { keyPattern: parseLinearPattern(source).regexp };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const problem = `is not a pattern that can be used: ${error.message}`;
    throw section.error("key_pattern", problem, "Write it as in ^sk-[A-Za-z0-9_-]{20,}$");
  }
}

function readVariable<K extends string>(
  section: ObjectReader,
  key: string,
  name: K,
): { readonly [P in K]?: string } {
  const variable = section.optionalText(key);
  if (variable === undefined) return {};
  checkVariable(section, key, variable);
  return { [name]: variable } as { readonly [P in K]?: string };
}

function checkVariable(section: ObjectReader, key: string, variable: string): void {
  const problem = refuseVariable(variable);
  if (problem === undefined) return;
  throw section.error(key, `${problem}: ${variable}`, 'Write a name such as "ACME_API_KEY".');
}

function readOAuthSection(
  reader: ObjectReader,
  { authType, flow }: { authType: AuthType; flow: FlowName },
): { readonly oauth?: OAuthSettings } {
  const section = reader.object("oauth");
  if (section !== undefined) return { oauth: readOAuth(section, flow) };
  if (authType === "api_key") return {};
  throw reader.error("oauth", "is missing", 'Add "oauth": { "authorization_url": "…", … }.');
}

/**
 * Long enough to be recognised in a request, and never a text that a request holds by chance. Where
 * requests are signed, the usual one marks those that are to be.
 */
function readPlaceholder(reader: ObjectReader, placement: Placement): string {
  const own = reader.optionalText("placeholder");
  if (own !== undefined && placement.kind === "sigv4") {
    throw reader.error("placeholder", 'has no meaning with "in": "sigv4"', "Remove it.");
  }
  const text = own ?? PLACEHOLDER;
  if (/^[\x21-\x7e]{8,512}$/.test(text)) return text;
  throw reader.error("placeholder", "is not 8 to 512 printable characters", "Avoid spaces.");
}

function readClient(section: ObjectReader | undefined): Provider["client"] {
  if (section === undefined) return {};
  const client = {
    ...readVariable(section, "client_id_env", "idEnv"),
    ...readVariable(section, "client_secret_env", "secretEnv"),
  };
  section.finish();
  return client;
}

function readExports(
  section: ObjectReader | undefined,
  placement: Placement,
): readonly ExportVariables[] {
  const env = section?.object("env");
  section?.finish();
  if (env === undefined) return [];
  const fields = placement.kind === "sigv4" ? ACCESS_KEY_FIELDS : EXPORT_FIELDS;
  const exports = fields.map((field) => ({ field, variables: env.texts(field) }));
  env.finish();
  for (const { field, variables } of exports) {
    for (const variable of variables) checkVariable(env, field, variable);
    if (new Set(variables).size < variables.length) {
      throw fieldError(env.at(field), "names a variable twice", "Remove one of them.");
    }
  }
  return exports.filter(({ variables }) => variables.length > 0);
}
