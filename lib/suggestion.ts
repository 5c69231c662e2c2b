/**
 * "Did you mean …?": the known name nearest to a mistyped one.
 *
 * @module
 */

/** The name of `names` that `word` was probably meant to be, or `undefined` if none is near. */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const typed = word.toLowerCase().slice(0, 64);
  let nearest: string | undefined;
  let least = Math.min(3, Math.ceil(typed.length / 2));
  for (const name of names) {
    const distance = typed.length > 2 && name.startsWith(typed) ? 0.5 : countEdits(typed, name);
    if (distance >= least) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function countEdits(from: string, to: string): number {
  let older: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(older, column - 2) + 1 : Infinity,
      ));
    }
    older = last;
    last = next;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
