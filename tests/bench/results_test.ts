import assert from "node:assert/strict";
import { parseMeasurement } from "../../bench/measurement.ts";
import type { Peer } from "../../bench/peers/peer.ts";
import {
  formatComparison,
  formatNumber,
  formatTable,
  replaceSection,
} from "../../bench/results.ts";
import { type Comparison, rotate } from "../../bench/rounds.ts";
import { WORKLOADS } from "../../bench/workloads.ts";

Deno.test("formatTable() aligns the columns, the first left and the others right", () => {
  assert.equal(
    formatTable([["p", "rate"], ["direct", "1"], ["µ", "1,000"]]),
    "| p      |  rate |\n" +
      "| ------ | ----: |\n" +
      "| direct |     1 |\n" +
      "| µ      | 1,000 |",
  );
});

Deno.test("formatNumber() groups digits and shows what is missing as a dash", () => {
  assert.equal(formatNumber(12345.678, 1), "12,345.7");
  assert.equal(formatNumber(2, 2), "2.00");
  assert.equal(formatNumber(undefined, 2), "–");
});

Deno.test("replaceSection() replaces one section and leaves the others", () => {
  const document = "# Results\n\nPreface.\n\n## A\n\nold\n\n### A1\n\n## B\n\nb\n";
  assert.equal(
    replaceSection(document, "A", "new"),
    "# Results\n\nPreface.\n\n## A\n\nnew\n\n## B\n\nb\n",
  );
  assert.equal(replaceSection(document, "B", "new").endsWith("### A1\n\n## B\n\nnew\n"), true);
  assert.equal(replaceSection(document, "C", "c"), `${document}\n## C\n\nc\n`);
});

Deno.test("replaceSection() twice is the same as once", () => {
  const once = replaceSection("# Results\n", "Proxy", "content");
  assert.equal(replaceSection(once, "Proxy", "content"), once);
});

Deno.test("rotate() begins with another item each time and keeps the order", () => {
  assert.deepEqual([0, 1, 2, 3].map((by) => rotate(["a", "b", "c"], by).join("")), [
    ...["abc", "bca", "cab", "abc"],
  ]);
  assert.deepEqual(rotate([], 1), []);
});

const REPORT = {
  ...{ operations: 100, errors: 0, seconds: 1, per_second: 100, p50_ms: 1, p99_ms: 2, max_ms: 3 },
  ...{ megabytes_per_second: 1, generator_cpu_seconds: 0, cpu_seconds: 0.5 },
  ...{ resident_mb: 50, peak_resident_mb: 60 },
};

Deno.test("parseMeasurement() refuses what measured nothing, with the generator's reason", () => {
  assert.equal(parseMeasurement(JSON.stringify(REPORT)).per_second, 100);
  const failed = JSON.stringify({ ...REPORT, operations: 0, first_error: "CONNECT: 407" });
  assert.throws(() => parseMeasurement(failed), /CONNECT: 407/);
  assert.throws(() => parseMeasurement(`{"proxy":"x"}`), /not a report/);
});

function peer(name: string): Peer {
  const absent = (): never => assert.fail("nothing is started here");
  return { name, notes: "Notes.", lacks: [], prepare: absent, start: absent };
}

Deno.test("formatComparison() shows medians, spread, ratios, problems and targets", () => {
  const comparison: Comparison = {
    participants: [
      { peer: peer("direct"), description: "no proxy", available: true },
      { peer: peer("authsome"), description: "source", available: true },
      { peer: peer("mitmproxy"), description: "pip fails", available: false },
    ],
    results: new Map([[
      "keep-alive-1",
      new Map([
        ["direct", { rounds: [200, 100, 300].map((rate) => ({ ...REPORT, per_second: rate })) }],
        ["authsome", { rounds: [{ ...REPORT, p50_ms: 3 }], problem: "1 errors, such as: EOF" }],
      ]),
    ]]),
  };
  const text = formatComparison(comparison, WORKLOADS);
  assert.match(text, /- \*\*mitmproxy\*\*: not measured: pip fails\.\n/);
  assert.match(text, /\| direct +\| +200 \| +100–300 \| +1\.00 \| +– \| +– \| +1\.00 \|/);
  assert.match(
    text,
    /\| authsome +\| +100 \| +100–100 \| +0\.50 \| +– \| +– \| +3\.00 \|.* 5,000 \|/,
  );
  assert.match(text, /- authsome: 1 errors, such as: EOF/);
  assert.match(text, /keep-alive-1: multiple of direct, at least 0\.5 +\| +0\.50 \| +met/);
  assert.match(text, /p50 as a multiple of direct, at most 2\.2 +\| +3\.00 \| +\*\*missed\*\*/);
  assert.match(text, /memory: peak, MiB, at most 95 +\| +– \| +not measured/);
});
