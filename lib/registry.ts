/**
 * The registry: every provider known here. Bundled definitions are part of the program; the user's
 * own files win over them, name by name.
 *
 * A user's file that is wrong makes its provider unusable, with the problem told, until it is
 * mended or removed. It does not fall back to the bundled definition of the same name: whoever
 * overrides a definition (say, to send a key elsewhere) must not have it ignored in silence. No
 * other provider is touched.
 *
 * @module
 */

import { parseDefinition, parseDefinitionJson } from "./definition.ts";
import { AuthsomeError } from "./errors.ts";
import type { AuthType, Provider } from "./provider.ts";
import { nearestName } from "./suggestion.ts";

/** A file of the user's `providers` folder. */
export interface CustomDefinition {
  /** Shown to people. */
  readonly path: string;
  /** The file's name without its extension. */
  readonly name: string;
  readonly text: string;
  /** Why it could not be read, a clause that follows the path; `text` is then empty. */
  readonly problem?: string;
}

/** Where definitions come from. */
export interface RegistrySources {
  /** Definitions by name: JSON text, which is cheap to load, or the parsed JSON object. */
  readonly bundled: Readonly<Record<string, unknown>>;
  readonly custom: readonly CustomDefinition[];
}

/**
 * One known provider: `provider` if its definition is valid, else `problem`. Of a bundled entry,
 * which the program's tests found valid, `provider` is parsed when it is first looked at.
 */
export interface RegistryEntry {
  readonly name: string;
  readonly source: "bundled" | "custom";
  /** The service's own name; the provider's name if the definition is wrong. */
  readonly displayName: string;
  /** Absent if the definition is wrong. */
  readonly authType?: AuthType;
  /** The file of a custom definition. */
  readonly path?: string;
  /** The definition as it is written; absent if the file is not even JSON. */
  readonly definition?: Readonly<Record<string, unknown>> | undefined;
  readonly provider?: Provider | undefined;
  readonly problem?: AuthsomeError | undefined;
}

/** The set of known providers. Definitions are parsed when they are first asked for. */
export interface Registry {
  /** The entry of that name, or `undefined`. Never throws. */
  entry(name: string): RegistryEntry | undefined;
  /**
   * The provider of that name, or `undefined` if there is none.
   *
   * @throws {AuthsomeError} `usage` if the user's definition of it is wrong.
   */
  find(name: string): Provider | undefined;
  /**
   * The provider of that name.
   *
   * @throws {AuthsomeError} `provider_not_found` if there is none, `usage` if the user's definition
   * of it is wrong.
   */
  get(name: string): Provider;
  /** The bundled entry of that name, even if the user's own stands in its place. */
  bundled(name: string): RegistryEntry | undefined;
  /** Every entry, sorted by name. */
  entries(): readonly RegistryEntry[];
}

/** Makes the registry. Nothing is parsed yet. */
export function createRegistry({ bundled, custom }: RegistrySources): Registry {
  const files = Map.groupBy(custom, (file) => file.name);
  const names = new Set([...Object.keys(bundled), ...files.keys()]);
  const parsed = new Map<string, RegistryEntry>();

  function entry(name: string): RegistryEntry | undefined {
    if (!names.has(name)) return undefined;
    const known = parsed.get(name) ?? read(name);
    parsed.set(name, known);
    return known;
  }

  function read(name: string): RegistryEntry {
    const [file, second] = files.get(name) ?? [];
    if (file === undefined) return new BundledEntry(name, bundled[name]);
    return second === undefined ? readCustom(file) : refuseTwo(file, second);
  }

  function find(name: string): Provider | undefined {
    const found = entry(name);
    if (found?.problem !== undefined) throw found.problem;
    return found?.provider;
  }

  return {
    entry,
    find,
    get: (name) => find(name) ?? refuseUnknown(name, names),
    bundled: (name) =>
      Object.hasOwn(bundled, name) ? new BundledEntry(name, bundled[name]) : undefined,
    entries: () => [...names].sort().flatMap((name) => entry(name) ?? []),
  };
}

/** A bundled definition was found valid by the tests, so its plain fields are taken as they are. */
class BundledEntry implements RegistryEntry {
  readonly name: string;
  readonly source = "bundled";
  readonly definition: Readonly<Record<string, unknown>>;
  #provider: Provider | undefined;

  constructor(name: string, source: unknown) {
    const json = typeof source === "string" ? JSON.parse(source) : source;
    this.name = name;
    this.definition = json;
  }

  get displayName(): string {
    return String(this.definition.display_name);
  }

  get authType(): AuthType {
    return this.definition.auth_type === "oauth2" ? "oauth2" : "api_key";
  }

  get provider(): Provider {
    return this.#provider ??= parseDefinition(this.definition, `bundled definition ${this.name}`, {
      tested: true,
    });
  }
}

function readCustom({ name, path, text, problem }: CustomDefinition): RegistryEntry {
  if (problem !== undefined) return refuseUnreadable({ name, path, problem });
  const outcome = readDefinition(text, { where: path, name });
  const { provider } = outcome;
  const plain = provider === undefined
    ? { displayName: name }
    : { displayName: provider.displayName, authType: provider.authType };
  return { name, source: "custom", path, ...plain, ...outcome };
}

type Outcome = Pick<RegistryEntry, "definition" | "provider" | "problem">;

function readDefinition(text: string, { where, name }: { where: string; name: string }): Outcome {
  let definition: Readonly<Record<string, unknown>> | undefined;
  try {
    const json = parseDefinitionJson(text, where);
    if (typeof json === "object" && json !== null) definition = { ...json };
    const provider = parseDefinition(json, where);
    if (provider.name !== name) throw refuseName(where, provider.name);
    return { ...(definition === undefined ? {} : { definition }), provider };
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    return { ...(definition === undefined ? {} : { definition }), problem: error };
  }
}

function refuseName(where: string, name: string): AuthsomeError {
  return new AuthsomeError("usage", `${where}: 'name' is '${name}', unlike the file's name.`, {
    hint: `Rename the file to ${name}.json, or change 'name' in it.`,
  });
}

function refuseUnreadable(
  { name, path, problem }: { name: string; path: string; problem: string },
): RegistryEntry {
  const error = new AuthsomeError("usage", `${path} ${problem}.`, {
    hint: "Put a readable file of your own in its place, or remove it.",
  });
  return { name, source: "custom", displayName: name, path, problem: error };
}

function refuseTwo(first: CustomDefinition, second: CustomDefinition): RegistryEntry {
  const problem = new AuthsomeError(
    "usage",
    `${first.path} and ${second.path} both define '${first.name}'.`,
    { hint: "Remove one of the two files." },
  );
  const { name, path } = first;
  return { name, source: "custom", displayName: name, path, problem };
}

function refuseUnknown(name: string, names: Iterable<string>): never {
  const nearest = nearestName(name, names);
  const hint = nearest === undefined
    ? "See all of them: authsome list"
    : `Did you mean '${nearest}'? See all of them: authsome list`;
  throw new AuthsomeError("provider_not_found", `There is no provider named '${name}'.`, { hint });
}
