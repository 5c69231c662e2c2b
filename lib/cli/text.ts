/**
 * Text on a terminal: widths, tables, wrapped paragraphs, and stored data made harmless.
 *
 * @module
 */

/** Nearly every text is plain, and Unicode classes cost milliseconds to set up. */
const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\x20-\x7e\n]*$/;

/** Controls, line separators, and the marks that reorder or hide text (Unicode TR 36, 3.2). */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Makes control characters visible (`\u001b`), so that nothing stored or typed can move the
 * cursor, change colours or reorder what a person reads.
 */
export function escapeControls(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HARMFUL, escapeCharacter);
}

/** A JSON document, indented, with harmful characters as escapes that mean the same. */
export function formatJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  if (PLAIN_LINES.test(json)) return json;
  return json.replace(
    HARMFUL,
    (character) => character === "\n" ? character : escapeCharacter(character),
  );
}

function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** Cells that `text` takes on a terminal: wide characters (Unicode TR 11) two, marks none. */
export function cellWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** One cell of a table; `paint` colours it without changing its width. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** How a table is laid out. */
export interface TableLayout {
  /** Width to stay within, if known; the widest columns are shortened. */
  readonly columns: number | undefined;
  readonly indent?: string;
}

const GAP = "  ";
/** Columns are not shortened below this many cells. */
const NARROWEST = 8;

/** Aligned rows, one line each, every cell escaped; no line ends in spaces. */
export function formatTable(
  rows: readonly (readonly Cell[])[],
  { columns, indent = "" }: TableLayout,
): string {
  const safe = rows.map((row) => row.map((cell) => ({ ...cell, text: escapeControls(cell.text) })));
  const widths = fitWidths(
    measure(safe),
    columns === undefined ? Infinity : columns - indent.length,
  );
  return safe.map((row) => {
    const cells = row.map(({ text, paint }, index) => {
      const width = widths[index] ?? 0;
      const short = shorten(text, width);
      const painted = paint === undefined ? short : paint(short);
      return index === row.length - 1 ? painted : painted + " ".repeat(width - cellWidth(short));
    });
    return `${indent}${cells.join(GAP)}`.trimEnd() + "\n";
  }).join("");
}

function measure(rows: readonly (readonly Cell[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach(({ text }, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cellWidth(text));
    });
  }
  return widths;
}

function fitWidths(widths: readonly number[], limit: number): readonly number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  while (total() > limit) {
    const widest = Math.max(...fitted);
    if (widest <= NARROWEST) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

function shorten(text: string, width: number): string {
  if (cellWidth(text) <= width) return text;
  let short = "";
  for (const character of text) {
    if (cellWidth(short + character) > width - 1) break;
    short += character;
  }
  return `${short}…`;
}

/** Breaks a paragraph into lines of at most `width` cells; a longer word keeps a line of its own. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (cellWidth(longer) > width && line !== "") {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
