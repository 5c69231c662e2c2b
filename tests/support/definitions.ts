/**
 * Definitions for tests: a smallest valid one of each kind, and a way to change a field.
 *
 * @module
 */

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The smallest API key definition. */
export const KEY_DEFINITION: Json = {
  schema_version: 1,
  name: "acme",
  display_name: "Acme",
  auth_type: "api_key",
  flow: "api_key",
};

/** The smallest definition of a host that takes a key. */
export function keyDefinition(name: string, host: string): Json {
  return { ...KEY_DEFINITION, name, display_name: name, api_url: host };
}

/** The smallest OAuth definition. */
export const OAUTH_DEFINITION: Json = {
  schema_version: 1,
  name: "acme",
  display_name: "Acme",
  auth_type: "oauth2",
  flow: "pkce",
  oauth: {
    authorization_url: "https://acme.example/authorize",
    token_url: "https://acme.example/token",
  },
};

/** A copy with the fields at the given paths (`api_key.header_name`) set; `undefined` removes. */
export function changed(definition: Json, fields: Json): Json {
  const copy = structuredClone(definition) as Record<string, unknown>;
  for (const [path, value] of Object.entries(fields)) setField(copy, path.split("."), value);
  return copy;
}

function setField(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length > 0) {
    target[key] ??= {};
    setField(target[key] as Record<string, unknown>, rest, value);
  } else if (value === undefined) delete target[key];
  else target[key] = value;
}
