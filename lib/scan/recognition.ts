/**
 * Tells whose key a value is, by the name of its variable and by the shape of the key.
 *
 * @module
 */

import { parseLinearPattern } from "../linear_pattern.ts";
import type { Sequence } from "../pattern_syntax.ts";
import { PLACEHOLDER, type Provider } from "../provider.ts";

/** Whose key something is. */
export interface Recognition {
  /** At least one; several if the shape alone does not tell. */
  readonly providers: readonly Provider[];
  readonly by: "variable" | "pattern";
}

/** Recognises the value of a variable; `undefined` if it is no key of a known provider. */
export type Recognizer = (name: string, value: string) => Recognition | undefined;

const SHORTEST_KEY = 8;
const LONGEST_KEY = 16_384;
/** Shorter beginnings, or none, are no sign: `^[0-9a-f]{32}$` matches every checksum. */
const SHORTEST_PREFIX = 3;
/** `gh[opsu]_` is as good as fixed, `[0-9a-f]` is not. */
const MOST_CHOICES = 8;
/** What stands in a template where a key will be. */
const FILLER = /your[-_]|[-_]here$|change[-_]?me|replace[-_]?me|placeholder|x{6}|\.{3}|…|[<>{}]/i;

/** Makes a recogniser for the keys of `providers`. */
export function createRecognizer(providers: readonly Provider[]): Recognizer {
  const owners = Map.groupBy(
    providers.flatMap((provider) =>
      [...variablesOf(provider)].map((variable) => ({ variable, provider }))
    ),
    ({ variable }) => variable,
  );
  const placeholders = [PLACEHOLDER, ...providers.map(({ placeholder }) => placeholder)];
  let shapes: readonly Shape[] | undefined;
  return (name, value) => {
    if (!isPlausible(value) || placeholders.some((text) => value.startsWith(text))) {
      return undefined;
    }
    const named = (owners.get(name) ?? []).map(({ provider }) => provider)
      .filter(({ apiKey }) => apiKey.keyPattern?.test(value) ?? true);
    if (named.length > 0) return { providers: named, by: "variable" };
    shapes ??= providers.flatMap(shapeOf);
    const shaped = shapes.filter(({ pattern }) => pattern.test(value)).map(({ provider }) =>
      provider
    );
    return shaped.length === 0 ? undefined : { providers: shaped, by: "pattern" };
  };
}

function variablesOf({ exports, apiKey: { envVar } }: Provider): ReadonlySet<string> {
  const exported = exports.flatMap(({ variables }) => variables);
  return new Set(envVar === undefined ? exported : [...exported, envVar]);
}

function isPlausible(value: string): boolean {
  return value.length >= SHORTEST_KEY && value.length <= LONGEST_KEY &&
    /^[\x21-\x7e]+$/.test(value) && !FILLER.test(value);
}

interface Shape {
  readonly provider: Provider;
  readonly pattern: RegExp;
}

function shapeOf(provider: Provider): readonly Shape[] {
  const pattern = provider.apiKey.keyPattern;
  if (pattern === undefined) return [];
  const beginnings = parseLinearPattern(pattern.source).sequences.map(countFixed);
  return Math.min(...beginnings) < SHORTEST_PREFIX ? [] : [{ provider, pattern }];
}

/** How many characters a sequence prescribes at its beginning, all but exactly. */
function countFixed(sequence: Sequence): number {
  const end = sequence.findIndex(({ set, min, max }) => min !== max || sizeOf(set) > MOST_CHOICES);
  const fixed = end < 0 ? sequence : sequence.slice(0, end);
  return fixed.reduce((sum, { min }) => sum + min, 0);
}

function sizeOf(set: Sequence[number]["set"]): number {
  return set.toString(2).replaceAll("0", "").length;
}
