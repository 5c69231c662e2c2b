/**
 * QR codes for terminals.
 *
 * @module
 */

import { renderUnicodeCompact } from "uqr";

/** Cells around the code that stay light (ISO/IEC 18004 asks for four; phones do with two). */
const QUIET_ZONE = 2;

/**
 * Draws `text` with two rows of the code in each line, or `undefined` if it does not fit into
 * `columns`. Light cells are drawn, dark ones left, as terminals are mostly dark; phones read the
 * inverse too.
 */
export function formatQrCode(text: string, columns: number | undefined): string | undefined {
  const drawing = renderUnicodeCompact(text, { ecc: "L", border: QUIET_ZONE });
  const width = drawing.indexOf("\n");
  return columns !== undefined && columns < width ? undefined : `${drawing}\n`;
}
