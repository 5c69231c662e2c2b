/**
 * Waiting for what other tasks make true, where there is no event to wait for.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Resolves once `isTrue()`; fails, naming `what`, if that takes longer than `withinMs`. */
export async function until(
  what: string,
  isTrue: () => boolean,
  withinMs = 2000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, `not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves once `read()` has given the same number for `stillMs`; gives that number. */
export async function untilStill(read: () => number, stillMs: number): Promise<number> {
  for (let before = NaN;;) {
    const value = read();
    if (value === before) return value;
    before = value;
    await new Promise((resolve) => setTimeout(resolve, stillMs));
  }
}
