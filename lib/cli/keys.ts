/**
 * Bytes from a terminal in raw mode, read as keys. Pure: bytes in, keys out, in any chunking.
 *
 * @module
 */

/** What was pressed. `end` is Ctrl-D. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "enter" | "erase" | "erase_line" | "cancel" | "end" };

/** Keys that are one character. */
const CONTROLS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ["\r", { kind: "enter" }],
  ["\n", { kind: "enter" }],
  ["\x03", { kind: "cancel" }], // Ctrl-C
  ["\x1c", { kind: "cancel" }], // Ctrl-\
  ["\x04", { kind: "end" }], // Ctrl-D
  ["\x7f", { kind: "erase" }],
  ["\b", { kind: "erase" }],
  ["\x15", { kind: "erase_line" }], // Ctrl-U
  ["\x17", { kind: "erase_line" }], // Ctrl-W: a secret is one word
]);

const ESCAPE = "\x1b";
/** What may stand between ESC and the last character of a sequence (ECMA-48 CSI, SS3). */
const SEQUENCE_MIDDLE = /^(?:\[[0-?]*[ -/]*|O)?/;
const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/**
 * Creates a reader that takes chunks of bytes and gives the keys completed by each. Inside a paste
 * line breaks are text; arrows and other sequences give no key.
 */
export function createKeyReader(): (bytes: Uint8Array) => Key[] {
  const decoder = new TextDecoder();
  let rest = "";
  let pasting = false;
  return (bytes) => {
    const keys: Key[] = [];
    rest += decoder.decode(bytes, { stream: true });
    while (rest !== "") {
      const token = nextToken(rest);
      if (token === undefined) break;
      rest = rest.slice(token.length);
      if (token === PASTE_BEGIN || token === PASTE_END) pasting = token === PASTE_BEGIN;
      else keys.push(...readToken(token, pasting));
    }
    return keys;
  };
}

/** One character or one escape sequence; `undefined` if more bytes must come first. */
function nextToken(text: string): string | undefined {
  if (!text.startsWith(ESCAPE)) return String.fromCodePoint(text.codePointAt(0) ?? 0);
  const end = 1 + (SEQUENCE_MIDDLE.exec(text.slice(1))?.[0].length ?? 0);
  const last = text[end];
  if (last === undefined) return undefined;
  // Ctrl-C after a lone ESC is still Ctrl-C.
  return text.slice(0, isControl(last) ? end : end + 1);
}

function readToken(token: string, pasting: boolean): readonly Key[] {
  if (token.startsWith(ESCAPE)) return [];
  const control = CONTROLS.get(token);
  if (control === undefined) {
    // A pasted tab must be refused by whoever checks the secret, not swallowed.
    return isControl(token) && token !== "\t" ? [] : [{ kind: "text", text: token }];
  }
  if (!pasting || control.kind === "cancel") return [control];
  return control.kind === "enter" ? [{ kind: "text", text: "\n" }] : [];
}

function isControl(character: string): boolean {
  return /^\p{Cc}$/u.test(character);
}
