import assert from "node:assert/strict";
import { median, medianRatio, summarize } from "../../bench/statistics.ts";

Deno.test("median() is the middle value, or between the two middle ones", () => {
  const cases: [number[], number][] = [
    [[7], 7],
    [[3, 1, 2], 2],
    [[10, 9], 9.5],
    [[1, 100, 2, 3], 2.5],
  ];
  for (const [values, expected] of cases) assert.equal(median(values), expected);
  assert.throws(() => median([]), RangeError);
});

Deno.test("median() leaves its argument as it is", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

Deno.test("summarize() gives median and extremes", () => {
  assert.deepEqual(summarize([5, 1, 3]), { median: 3, min: 1, max: 5 });
});

Deno.test("medianRatio() compares within a round, so that slow rounds cancel out", () => {
  assert.equal(medianRatio([10, 1, 100], [20, 2, 200]), 0.5);
  assert.equal(medianRatio([10, undefined, 30], [20, 2, 30]), 0.75);
  assert.equal(medianRatio([10], [20, 1]), 0.5);
  for (const [values, bases] of [[[], []], [[undefined], [1]], [[1], []], [[1], [0]]]) {
    assert.equal(medianRatio(values ?? [], bases ?? []), undefined);
  }
});
