/**
 * Medians, spreads and ratios of repeated measurements.
 *
 * @module
 */

/** What is said about repeated measurements of one thing. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The middle value, or the mean of the two middle ones.
 *
 * @throws {RangeError} if there are no values.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("no values");
  return (lower + upper) / 2;
}

/**
 * Median and extremes.
 *
 * @throws {RangeError} if there are no values.
 */
export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The median of the ratios within each round: what slows a whole round down cancels out. Rounds in
 * which either value is missing do not count.
 *
 * @returns `undefined` if no round has both, or a base is 0.
 */
export function medianRatio(
  values: readonly (number | undefined)[],
  bases: readonly (number | undefined)[],
): number | undefined {
  const ratios: number[] = [];
  for (const [round, value] of values.entries()) {
    const base = bases[round];
    if (value === undefined || base === undefined) continue;
    if (base === 0) return undefined;
    ratios.push(value / base);
  }
  return ratios.length === 0 ? undefined : median(ratios);
}
