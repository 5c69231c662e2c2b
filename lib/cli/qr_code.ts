/**
 * QR codes for terminals.
 *
 * @module
 */

import { encode } from "uqr";

/** Cells around the code that stay light (ISO/IEC 18004 asks for four; phones do with two). */
const QUIET_ZONE = 2;

/**
 * Draws `text` with two rows of the code in each line, or `undefined` if it does not fit into
 * `columns`. Light cells are drawn, dark ones left, as terminals are mostly dark; phones read the
 * inverse too.
 */
export function formatQrCode(text: string, columns: number | undefined): string | undefined {
  const { data, size } = encode(text, { ecc: "L", border: QUIET_ZONE });
  if (columns !== undefined && columns < size) return undefined;
  const isLight = (row: number, column: number): boolean => data[row]?.[column] !== true;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) => {
      const [upper, lower] = [isLight(row, column), row + 1 < size && isLight(row + 1, column)];
      return upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    });
    lines.push(`${cells.join("")}\n`);
  }
  return lines.join("");
}
