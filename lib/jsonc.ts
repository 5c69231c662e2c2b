/**
 * JSON with comments and trailing commas, as editors write it.
 *
 * @module
 */

const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\//g;
const STRING_OR_TRAILING_COMMA = /"(?:[^"\\\n]|\\.)*"|(?<![[{,]\s*),(?=\s*[}\]])/g;

/**
 * Reads JSON, allowing comments, trailing commas and a byte order mark.
 *
 * @throws {SyntaxError} with the position, if `text` is not even that.
 */
export function parseJsonc(text: string): unknown {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  try {
    return JSON.parse(plain);
  } catch {
    return JSON.parse(blank(blank(plain, STRING_OR_COMMENT), STRING_OR_TRAILING_COMMA));
  }
}

/** Replaces what is not a string by spaces, so that positions in error messages stay right. */
function blank(text: string, pattern: RegExp): string {
  return text.replace(pattern, (part) => part.startsWith('"') ? part : part.replace(/\S/g, " "));
}
