/**
 * Fitting a terminal's width: tables that leave columns out, and names side by side.
 *
 * @module
 */

import { type Cell, cellWidth, escapeControls } from "./text.ts";

const GAP = 2;

/**
 * Leaves out whole columns until the rest fits: half of six columns says more than six halves.
 *
 * @param rows Of equal length.
 * @param layout `columns` is the width in cells, `undefined` for any; `expendable` are the indexes
 * of columns that may go, the least important first.
 */
export function dropColumns(
  rows: readonly (readonly Cell[])[],
  layout: { readonly columns: number | undefined; readonly expendable: readonly number[] },
): readonly (readonly Cell[])[] {
  const { columns, expendable } = layout;
  if (columns === undefined) return rows;
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => cellWidth(escapeControls(row[index]?.text ?? ""))))
  );
  const dropped = new Set<number>();
  const total = (): number =>
    widths.reduce((sum, width, index) => dropped.has(index) ? sum : sum + width + GAP, -GAP);
  for (const index of expendable) {
    if (total() <= columns) break;
    dropped.add(index);
  }
  return rows.map((row) => row.filter((_, index) => !dropped.has(index)));
}

/**
 * Names side by side, in order down each column, with as few lines as `columns` cells allow. Ends
 * with a line break unless there are no names.
 */
export function formatNames(
  names: readonly string[],
  { columns, indent = "" }: { readonly columns: number; readonly indent?: string },
): string {
  const safe = names.map(escapeControls);
  const width = columns - indent.length;
  let lines = 1;
  while (lines < safe.length && widthOf(safe, lines) > width) lines++;
  const stacks = stack(safe, lines);
  return Array.from({ length: safe.length === 0 ? 0 : lines }, (_, line) => {
    const cells = stacks.map((names) => pad(names[line] ?? "", widest(names) + GAP));
    return `${indent}${cells.join("")}`.trimEnd() + "\n";
  }).join("");
}

function widthOf(names: readonly string[], lines: number): number {
  return stack(names, lines).reduce((sum, column) => sum + widest(column) + GAP, -GAP);
}

function stack(names: readonly string[], lines: number): readonly (readonly string[])[] {
  const count = Math.ceil(names.length / lines);
  return Array.from(
    { length: count },
    (_, index) => names.slice(index * lines, (index + 1) * lines),
  );
}

function widest(names: readonly string[]): number {
  return Math.max(...names.map(cellWidth));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - cellWidth(text));
}
