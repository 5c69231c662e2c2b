/**
 * Anchored regular expressions that are matched in linear time, whatever the text: what a
 * definition may use for keys and for hosts.
 *
 * Theory of operation: JavaScript matches by back-tracking, which takes polynomial or exponential
 * time exactly when one text can be read through the pattern in many ways. So the pattern is taken
 * apart into plain sequences of character sets, one for each way through its groups, and refused if
 * a sequence holds two repetitions that could share characters out between them: sets that overlap,
 * with nothing in between that one of the two cannot match. Repeated groups, back-references and
 * lookarounds are refused outright. What is left has a bounded number of readings.
 *
 * @module
 */

import { parseSequences } from "./pattern_syntax.ts";
import type { Atom, Sequence } from "./pattern_syntax.ts";

/** A pattern that cannot be made to back-track. */
export interface LinearPattern {
  /** Anchored at both ends. */
  readonly regexp: RegExp;
  /** Every way through the pattern's groups. */
  readonly sequences: readonly Sequence[];
}

const LONGEST = 512;

/**
 * Reads `^…$`.
 *
 * @throws {SyntaxError} with a sentence that says what is wrong; callers name the field.
 */
export function parseLinearPattern(source: string): LinearPattern {
  if (source.length > LONGEST) {
    throw new SyntaxError(`a pattern has at most ${LONGEST} characters`);
  }
  if (!/^[\x20-\x7e]*$/.test(source)) throw new SyntaxError("a pattern is printable ASCII");
  if (!source.startsWith("^") || !/(?:^|[^\\])(?:\\\\)*\$$/.test(source)) {
    throw new SyntaxError("a pattern begins with '^' and ends with '$'");
  }
  const sequences = parseSequences(source.slice(1, -1));
  if (sequences.some(backtracks)) {
    throw new SyntaxError("two repetitions that overlap would take too long to match");
  }
  return { regexp: new RegExp(source), sequences };
}

/** The literal text that everything matching `sequence` ends with. */
export function literalSuffix(sequence: Sequence): { text: string; whole: boolean } {
  let text = "";
  for (const atom of sequence.toReversed()) {
    if (atom.literal === undefined || atom.min !== atom.max) return { text, whole: false };
    text = atom.literal.repeat(atom.min) + text;
  }
  return { text, whole: true };
}

function backtracks(sequence: Sequence): boolean {
  return sequence.some((first, i) =>
    isRepetition(first) &&
    sequence.some((second, j) =>
      j > i && isRepetition(second) && overlaps(first, second) &&
      !sequence.slice(i + 1, j).some((atom) => separates(atom, first, second))
    )
  );
}

function isRepetition(atom: Atom): boolean {
  return atom.min !== atom.max;
}

function overlaps(a: Atom, b: Atom): boolean {
  return (a.set & b.set) !== 0n;
}

function separates(atom: Atom, first: Atom, second: Atom): boolean {
  return atom.min > 0 && (!overlaps(atom, first) || !overlaps(atom, second));
}
