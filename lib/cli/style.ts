/**
 * The few colours of authsome's own words, and the rule when there are none.
 *
 * @module
 */

import type { Environment, TextWriter } from "./system.ts";

/** Each function gives its text back, coloured or as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly poor: (text: string) => string;
  readonly bad: (text: string) => string;
}

const PLAIN: Style = createPaints(() => (text) => text);

/** Colours only for a person: on a terminal that has them, and unless NO_COLOR says otherwise. */
export function createStyle(
  writer: TextWriter,
  options: { readonly env: Environment; readonly noColor: boolean },
): Style {
  const { env, noColor } = options;
  const plain = noColor || !writer.isTerminal || env.TERM === "dumb" || (env.NO_COLOR ?? "") !== "";
  return plain ? PLAIN : createPaints((on, off) => (text) => `\x1b[${on}m${text}\x1b[${off}m`);
}

function createPaints(paint: (on: number, off: number) => (text: string) => string): Style {
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    poor: paint(33, 39),
    bad: paint(31, 39),
  };
}
