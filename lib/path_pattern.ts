/**
 * Path patterns of policies: globs that are matched segment by segment, and the one reading of a
 * path that they are matched against. Pure.
 *
 * Theory of operation: servers decode and normalise paths in different ways, so a path that has more
 * than one reading is not normalised here, it is no plain path at all. What is left reads the same
 * everywhere once its percent-encoding is undone.
 *
 * @module
 */

/** One parsed pattern. Made only by {@link parsePathPattern}. */
export interface PathPattern {
  /** As written. */
  readonly text: string;
  /** Decoded; `**` stands for any number of segments, `*` in a segment for any characters. */
  readonly segments: readonly string[];
}

const ANY_SEGMENTS = "**";
const ANY_CHARACTERS = "*";
/** What ends a segment or begins something else, for one server or another. */
const DELIMITER = /[/\\%;?#\p{Cc}]/u;

/**
 * Reads `/v1/chat/**`: segments as they are when decoded, `*` for a whole segment or a part of one,
 * `**` for any number of segments, none included.
 *
 * @throws {SyntaxError} with a clause that says what is wrong with it.
 */
export function parsePathPattern(text: string): PathPattern {
  if (!text.startsWith("/")) throw new SyntaxError("the path does not begin with '/'");
  const segments = text.slice(1).split("/");
  segments.forEach((segment, index) => {
    if (segment === "" && index < segments.length - 1) throw new SyntaxError("it has '//' in it");
    if (segment !== ANY_SEGMENTS && segment.includes(ANY_SEGMENTS)) {
      throw new SyntaxError("'**' stands for whole segments only");
    }
    if (segment !== "" && !isPlain(segment)) {
      throw new SyntaxError(`'${segment}' is no plain segment of a path`);
    }
  });
  return { text, segments };
}

/**
 * The decoded segments of a path without its query, or `undefined` if some server could read it in
 * another way: encoded or backward slashes, dot segments (also with parameters or trailing dots),
 * empty segments, parameters, control characters, bytes that are not UTF-8, anything encoded twice.
 */
export function plainSegments(path: string): readonly string[] | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(path)) return undefined;
  const parts = path.slice(1).split("/");
  const segments: string[] = [];
  for (const [index, part] of parts.entries()) {
    const segment = decode(part);
    if (segment === "" && index === parts.length - 1) segments.push(segment);
    else if (segment === undefined || segment === "" || !isPlain(segment)) return undefined;
    else segments.push(segment);
  }
  // `%2e` is a plain dot to some and a literal `%2e` to others.
  return /%2e/i.test(path) ? undefined : segments;
}

function decode(part: string): string | undefined {
  if (DELIMITER.test(part.replace(/%[0-9a-f]{2}/gi, ""))) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Compatibility forms count too: a full-width slash or a two-dot leader becomes a plain one. */
function isPlain(segment: string): boolean {
  const folded = segment.normalize("NFKC");
  return !DELIMITER.test(folded) && folded.replace(/[. ]+$/, "") !== "";
}

/** Whether the pattern covers all of the segments that {@link plainSegments} gave. */
export function matchPathPattern(pattern: PathPattern, segments: readonly string[]): boolean {
  return matchGlob(pattern.segments, segments, { any: ANY_SEGMENTS, matches: matchSegment });
}

function matchSegment(pattern: string, segment: string): boolean {
  if (segment === "") return pattern === "";
  return matchGlob(pattern, segment, { any: ANY_CHARACTERS, matches: (a, b) => a === b });
}

interface Glob {
  /** The item of a pattern that stands for any number of items. */
  readonly any: string;
  matches(pattern: string, item: string): boolean;
}

/** Gives the last `any` one item more whenever the rest does not fit; earlier ones need no retry. */
function matchGlob(pattern: ArrayLike<string>, items: ArrayLike<string>, glob: Glob): boolean {
  let at = 0;
  let retry: { at: number; item: number } | undefined;
  for (let item = 0; item < items.length;) {
    if (pattern[at] === glob.any) {
      retry = { at: ++at, item };
    } else if (at < pattern.length && glob.matches(pattern[at]!, items[item]!)) {
      at++;
      item++;
    } else if (retry === undefined) {
      return false;
    } else {
      at = retry.at;
      item = ++retry.item;
    }
  }
  while (pattern[at] === glob.any) at++;
  return at === pattern.length;
}
