/**
 * Older spellings of definition fields, brought into the present one.
 *
 * @module
 */

import { fieldError } from "./object_reader.ts";

type Fields = Record<string, unknown>;

/** Old path, new path. */
const RENAMED: readonly (readonly [string, string])[] = [
  ["host_url", "api_url"],
  ["docs_url", "docs"],
  ["registration.registration_endpoint", "oauth.registration_endpoint"],
  ["oauth.supports_device_flow", "oauth.supports_device_code"],
  ["oauth.authorization_method", "oauth.token_endpoint_auth_method"],
];

/** Old values, by field. */
const RESPELLED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "oauth.token_endpoint_auth_method": { body: "client_secret_post", basic: "client_secret_basic" },
  "oauth.device_token_request": { oauth2_form: "form" },
};

/** What the flat `export` map, variable by variable, calls a credential's fields. */
const EXPORTED: Readonly<Record<string, string>> = {
  API_TOKEN: "api_key",
  API_KEY: "api_key",
  ACCESS_TOKEN: "access_token",
  REFRESH_TOKEN: "refresh_token",
};

/**
 * A copy of `definition` in the present spelling. What is not an object is returned as it is.
 *
 * @throws {AuthsomeError} `usage` if a field is there in both spellings.
 */
export function modernizeSpelling(definition: unknown, where: string): unknown {
  if (!isFields(definition)) return definition;
  const copy = copySections(definition);
  for (const [from, to] of RENAMED) renameField(copy, { from, to, where });
  if (isFields(copy.registration) && isEmpty(copy.registration)) delete copy.registration;
  for (const [path, values] of Object.entries(RESPELLED)) respellValue(copy, path, values);
  if (isFields(copy.export) && !("env" in copy.export)) copy.export = nestExport(copy.export);
  if (isFields(copy.export) && isFields(copy.export.env)) delete copy.export.env.refresh_token;
  return copy;
}

/** Copies as deep as anything is changed: a deep clone of every definition would cost a start-up. */
function copySections(definition: Fields): Fields {
  const copy = { ...definition };
  for (const key of ["oauth", "registration", "export"]) {
    const section = copy[key];
    if (isFields(section)) copy[key] = { ...section };
  }
  if (isFields(copy.export) && isFields(copy.export.env)) copy.export.env = { ...copy.export.env };
  return copy;
}

function renameField(
  root: Fields,
  { from, to, where }: { from: string; to: string; where: string },
): void {
  const [source, oldKey] = lookUp(root, from);
  if (source === undefined || !(oldKey in source)) return;
  const value = source[oldKey];
  delete source[oldKey];
  if (value === null || value === undefined) return;
  const [target, newKey] = lookUp(root, to);
  if (target === undefined) return;
  if (target[newKey] !== undefined && target[newKey] !== null) {
    throw fieldError({ where, path: from }, `is the old name of '${to}'`, `Remove '${from}'.`);
  }
  target[newKey] = value;
}

function respellValue(root: Fields, path: string, values: Readonly<Record<string, string>>): void {
  const [parent, key] = lookUp(root, path);
  const value = parent?.[key];
  if (parent === undefined || typeof value !== "string") return;
  parent[key] = Object.hasOwn(values, value) ? values[value] : value;
}

/** `{VAR: "API_TOKEN"}` or `{api_key: VAR}` → `{env: {api_key: [VAR]}}`. */
function nestExport(flat: Fields): Fields {
  const env: Fields = {};
  for (const [key, value] of Object.entries(flat)) {
    const field = typeof value === "string" && Object.hasOwn(EXPORTED, value)
      ? EXPORTED[value]
      : undefined;
    if (field === undefined) env[key] = value;
    else env[field] = [...(Array.isArray(env[field]) ? env[field] : []), key];
  }
  return { env };
}

function lookUp(root: Fields, path: string): [Fields | undefined, string] {
  const [first = "", second] = path.split(".");
  if (second === undefined) return [root, first];
  const parent = root[first];
  return [isFields(parent) ? parent : undefined, second];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}
