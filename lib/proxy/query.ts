/**
 * Edits the query of a request target without touching any other byte of it. Pure.
 *
 * @module
 */

/** A query parameter, not encoded. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** Removes every parameter of this name, however it is spelled, and appends it with its value. */
export function injectQuery(target: string, parameter: QueryParameter): string {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? "" : target.slice(question + 1);
  const pairs = query === "" ? [] : query.split("&");
  const kept = pairs.filter((pair) => nameOf(pair) !== parameter.name);
  const added = `${encodeURIComponent(parameter.name)}=${encodeURIComponent(parameter.value)}`;
  return `${path}?${[...kept, added].join("&")}`;
}

/** The values of every parameter of this name, decoded. */
export function queryValues(target: string, name: string): readonly string[] {
  const question = target.indexOf("?");
  if (question < 0) return [];
  const pairs = target.slice(question + 1).split("&");
  return pairs.filter((pair) => pair.includes("=") && nameOf(pair) === name)
    .map((pair) => decode(pair.slice(pair.indexOf("=") + 1)));
}

function nameOf(pair: string): string {
  const [name = ""] = pair.split("=", 1);
  return decode(name);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
