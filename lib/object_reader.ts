/**
 * Reads the fields of a JSON object one by one, and names file, field and remedy when one is wrong.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";

/** Where a value stands: a file and the path of a field in it. */
export interface Place {
  /** The file, as a person would name it. */
  readonly where: string;
  /** `""` for the whole document, else as in `api_key.header_name`. */
  readonly path: string;
}

/** Characters of either end of a long text that a message shows. */
const QUOTED_END = 150;

/** An error that names file and field. `problem` completes the sentence "… <field> …". */
export function fieldError(place: Place, problem: string, hint: string): AuthsomeError {
  const field = place.path === "" ? "the definition" : `'${shorten(place.path)}'`;
  return new AuthsomeError("usage", `${place.where}: ${field} ${shorten(problem)}.`, { hint });
}

/** A message quotes what is written in the file, which may be of any length: its middle is left out. */
function shorten(text: string): string {
  if (text.length <= 2 * QUOTED_END) return text;
  return `${text.slice(0, QUOTED_END)} … ${text.slice(-QUOTED_END)}`;
}

/** Reads each field at most once and remembers which, so that {@link finish} finds the others. */
export class ObjectReader {
  readonly place: Place;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #known = new Set<string>();

  /** @throws {AuthsomeError} `usage` if `value` is not a JSON object. */
  constructor(place: Place, value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw fieldError(place, "is not an object", "Write { … } with the fields of the schema.");
    }
    this.place = place;
    this.#fields = new Map(Object.entries(value));
  }

  /** The value as it stands; `null` counts as absent. */
  value(key: string): unknown {
    this.#known.add(key);
    return this.#fields.get(key) ?? undefined;
  }

  /** The fields' names, in the order of the document. */
  keys(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** @throws {AuthsomeError} `usage` if it is there and not a non-empty string. */
  optionalText(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    throw this.error(key, "is not a text", `Write a text in quotes, or leave '${key}' out.`);
  }

  /** @throws {AuthsomeError} `usage` if it is absent or not a non-empty string. */
  text(key: string): string {
    const text = this.optionalText(key);
    if (text !== undefined) return text;
    throw this.error(key, "is missing", `Add "${key}": "…".`);
  }

  /** @throws {AuthsomeError} `usage` if it is none of `choices`, or absent without `fallback`. */
  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.value(key) ?? fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const problem = value === undefined ? "is missing" : "is not one of the known values";
    throw this.error(key, problem, `Write one of: ${choices.join(", ")}.`);
  }

  /** @throws {AuthsomeError} `usage` if it is there and neither `true` nor `false`. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    if (typeof value === "boolean") return value;
    throw this.error(key, "is neither true nor false", "Write true or false, without quotes.");
  }

  /** @throws {AuthsomeError} `usage` if it is neither absent, one string nor a list of strings. */
  texts(key: string): readonly string[] {
    const value = this.value(key) ?? [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.every((item) => typeof item === "string" && item !== "")) return list as string[];
    throw this.error(key, "is not a text or a list of texts", 'Write "…" or ["…", "…"].');
  }

  /** @throws {AuthsomeError} `usage` if it is there and not an object. */
  object(key: string): ObjectReader | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : new ObjectReader(this.at(key), value);
  }

  /** The place of one of the fields. */
  at(key: string): Place {
    const { where, path } = this.place;
    return { where, path: path === "" ? key : `${path}.${key}` };
  }

  /** An error about one of the fields. */
  error(key: string, problem: string, hint: string): AuthsomeError {
    return fieldError(this.at(key), problem, hint);
  }

  /** @throws {AuthsomeError} `usage` naming the first field that was never asked for. */
  finish(): void {
    const unknown = this.keys().find((key) =>
      !this.#known.has(key) && this.#fields.get(key) !== null
    );
    if (unknown === undefined) return;
    const known = [...this.#known].join(", ");
    throw this.error(unknown, "is not a known field", `Remove it, or use one of: ${known}.`);
  }
}
