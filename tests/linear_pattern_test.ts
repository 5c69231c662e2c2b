import assert from "node:assert/strict";
import { parseLinearPattern } from "../lib/linear_pattern.ts";

const ACCEPTED: readonly [string, string, string][] = [
  ["^sk-[A-Za-z0-9_-]{20,}$", "sk-abcdefghij0123456789", "sk-abc"],
  ["^(ghp|github_pat)_[A-Za-z0-9_]+$", "github_pat_1a", "ghx_1a"],
  ["^(?:sk|rk)_(?:live|test)_\\w{8,}$", "rk_test_abcdefgh", "pk_test_abcdefgh"],
  ["^SG\\.[a-z]+\\.[a-z]+$", "SG.a.b", "SG.a"],
  ["^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0a1b2c3d-0000-1111-2222-0123456789ab", "0a"],
  ["^[^.]+\\.x$", "a.x", "a.b.x"],
  ["^a?b*c{0,3}$", "abbcc", "ba"],
  ["^[\\d\\-\\]]+\\$$", "1-]$", "1-]"],
  ["^.*\\.x$", "abc.x", "abc"],
  ["^[-+]x[a\\-]$", "+x-", "x"],
];

for (const [source, yes, no] of ACCEPTED) {
  Deno.test(`${source} is accepted and means what it says`, () => {
    const { regexp } = parseLinearPattern(source);
    assert.ok(regexp.test(yes));
    assert.ok(!regexp.test(no));
  });
}

const REFUSED: readonly [string, RegExp][] = [
  ["sk-.*", /begins with/],
  ["^sk-\\$", /begins with/],
  ["^(a+)+$", /group cannot be repeated/],
  ["^(?:a|a)*$", /group cannot be repeated/],
  ["^a+a+$", /overlap/],
  ["^a*[a-z]*b$", /overlap/],
  ["^.*.*=$", /overlap/],
  ["^\\d+\\w+$", /overlap/],
  ["^[a-z]+x?[a-z]+$", /overlap/],
  ["^(?:a?b)(?:c|[a-z]+)[a-d]{2,}$", /overlap/],
  ["^(?:a?){9}a{9}$", /large|overlap/],
  ["^(?:ab|cd|ef){9}$", /large/],
  ["^(a)\\1$", /cannot be used/],
  ["^(?=a)a$", /lookaround/],
  ["^(?<n>a)$", /lookaround/],
  ["^a|b$", /parentheses/],
  ["^a+?$", /lazy/],
  ["^a{2}{3}$", /repeated/],
  ["^a{3,2}$", /down/],
  ["^[z-a]$", /range/],
  ["^[\\w-z]$", /range/],
  ["^[a$", /'\['/],
  ["^[]$", /nothing/],
  ["^(a$", /'\('/],
  ["^a)$", /'\)'/],
  ["^*a$", /no meaning/],
  ["^a{,3}$", /no meaning/],
  ["^a^b$", /no meaning/],
  ["^\\bé$", /ASCII/],
  ["^\\b$", /cannot be used/],
  ["^\\p{L}$", /cannot be used/],
  [`^${"a".repeat(600)}$`, /at most/],
];

for (const [source, reason] of REFUSED) {
  Deno.test(`${source.slice(0, 40)} is refused`, () => {
    assert.throws(() => parseLinearPattern(source), { name: "SyntaxError", message: reason });
  });
}

/** Deterministic, so that a failure can be repeated. */
function* randomNumbers(seed: number): Generator<number> {
  let state = seed;
  while (true) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state / 2147483648;
  }
}

function randomPattern(next: () => number): string {
  const pieces = ["a", "b", "[ab]", "[^a]", ".", "\\d", "(?:a|b)", "(?:ab?)", "x"];
  const ends = ["", "", "*", "+", "?", "{2,}", "{1,3}", "{2}"];
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? "";
  const length = 1 + Math.floor(next() * 7);
  return `^${Array.from({ length }, () => pick(pieces) + pick(ends)).join("")}$`;
}

Deno.test("no random pattern that is accepted is slow on long repetitive texts", () => {
  const numbers = randomNumbers(7);
  const texts = ["a", "ab", "b", "aab", "1", "x"].map((part) => part.repeat(20_000) + "!");
  let accepted = 0;
  let slowest = 0;
  for (let round = 0; round < 3000; round++) {
    const source = randomPattern(() => numbers.next().value ?? 0);
    let regexp: RegExp;
    try {
      regexp = parseLinearPattern(source).regexp;
    } catch (error) {
      assert.ok(error instanceof SyntaxError);
      continue;
    }
    accepted++;
    const start = performance.now();
    for (const text of texts) regexp.test(text);
    slowest = Math.max(slowest, performance.now() - start);
  }
  assert.ok(accepted > 300, `only ${accepted} were accepted`);
  // Quadratic time on 20,000 characters would take more than a second.
  assert.ok(slowest < 400, `${slowest} ms`);
});
