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
  return `${path}?${[...kept, formatPair(parameter.name, parameter.value)].join("&")}`;
}

/**
 * Gives each of these parameters one value, in its first place or last, or takes it out if it is
 * `undefined`. Names that are there are found in their plain spelling or encoded.
 */
export function replaceParameters(
  target: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const pairs = question < 0 ? [] : target.slice(question + 1).split("&");
  const left = new Map(Object.entries(parameters));
  const kept = pairs.flatMap((pair) => {
    const name = nameOf(pair);
    if (!Object.hasOwn(parameters, name)) return [pair];
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? [] : [formatPair(name, value)];
  });
  const added = [...left].flatMap(([name, value]) =>
    value === undefined ? [] : [formatPair(name, value)]
  );
  return `${path}?${[...kept, ...added].join("&")}`;
}

function formatPair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
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
