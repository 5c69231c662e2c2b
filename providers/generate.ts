/**
 * Writes what is derived from the definitions in this folder: the table that is compiled into the
 * program (`mod.ts`) and the page for people (`docs/providers.md`). Run `deno task providers`.
 *
 * @module
 */

import { parseDefinition } from "../lib/definition.ts";
import type { Placement, Provider } from "../lib/provider.ts";

const FOLDER = new URL(".", import.meta.url);

/** A definition file: its provider's name and its JSON. */
export interface DefinitionFile {
  readonly name: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Reads every definition of this folder, sorted by name. */
export function readDefinitions(): readonly DefinitionFile[] {
  return [...Deno.readDirSync(FOLDER)]
    .filter((entry) => entry.name.endsWith(".json"))
    .map((entry) => entry.name.slice(0, -".json".length))
    .sort()
    .map((name) => ({
      name,
      json: JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FOLDER))),
    }));
}

/**
 * The text of `mod.ts`. Each definition is one string that is parsed when its provider is asked
 * for; `$schema` is left out, for it names a file of this repository.
 */
export function formatTable(definitions: readonly DefinitionFile[]): string {
  const rows = definitions.map(({ name, json }) => {
    const { $schema: _editorsOnly, ...definition } = json;
    const text = JSON.stringify(definition).replace(/[\\']/g, (character) => `\\${character}`);
    return `  ${/^[a-z][a-z0-9_]*$/.test(name) ? name : `"${name}"`}: '${text}',\n`;
  });
  return [
    "/**\n",
    " * The bundled definitions, by name, as JSON text. Written by `deno task providers` from the\n",
    " * files beside it; do not edit. One string each costs a start-up almost nothing, where a JSON\n",
    " * module each costs milliseconds.\n",
    " *\n",
    " * @module\n",
    " */\n",
    "\n",
    "/** JSON text by provider name. */\n",
    "export const BUNDLED: Readonly<Record<string, string>> = {\n",
    ...rows,
    "};\n",
  ].join("");
}

/** The text of `docs/providers.md`. */
export function formatPage(definitions: readonly DefinitionFile[]): string {
  const providers = definitions.map(({ name, json }) => parseDefinition(json, `${name}.json`));
  const count = (authType: string): number =>
    providers.filter((provider) => provider.authType === authType).length;
  return [
    "# Providers\n",
    "\n",
    `${providers.length} definitions are bundled: ${count("api_key")} for API keys and ` +
    `${count("oauth2")} for OAuth 2. Written by \`deno task providers\`; do not edit.\n`,
    "\n",
    "| name | service | how to log in | hosts | where the credential goes | variables |\n",
    "|---|---|---|---|---|---|\n",
    ...providers.map(formatRow),
  ].join("");
}

function formatRow(provider: Provider): string {
  const service = provider.docs === undefined
    ? provider.displayName
    : `[${provider.displayName}](${provider.docs})`;
  const cells = [
    formatCode([provider.name]),
    service,
    provider.authType === "api_key" ? "API key" : `OAuth 2 (${provider.flow})`,
    formatCode(provider.apiUrls),
    formatPlacement(provider.placement),
    formatCode(provider.exports.flatMap(({ variables }) => variables)),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function formatPlacement(placement: Placement): string {
  switch (placement.kind) {
    case "header":
      return formatCode([`${placement.name}: ${`${placement.prefix} …`.trimStart()}`]);
    case "query":
      return `query parameter ${formatCode([placement.name])}`;
    case "basic":
      return `HTTP Basic ${formatCode([`${placement.username}:${placement.password}`])}`;
    case "sigv4":
      return "AWS Signature Version 4";
    default:
      return placement satisfies never;
  }
}

function formatCode(texts: readonly string[]): string {
  return [...new Set(texts)].map((text) => `\`${text.replaceAll("|", "\\|")}\``).join("<br>");
}

if (import.meta.main) {
  const definitions = readDefinitions();
  Deno.writeTextFileSync(new URL("mod.ts", FOLDER), formatTable(definitions));
  Deno.writeTextFileSync(new URL("../docs/providers.md", FOLDER), formatPage(definitions));
}
