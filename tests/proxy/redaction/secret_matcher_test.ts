import assert from "node:assert/strict";
import { MASK, SecretMatcher } from "../../../lib/proxy/redaction/secret_matcher.ts";
import { createRandom, type Random } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";

const STAR = String.fromCharCode(MASK);

/** Every occurrence in the range, start and end, by looking everywhere for each. */
function searchNaively(text: string, { patterns, start, end }: {
  readonly patterns: readonly string[];
  readonly start: number;
  readonly end: number;
}): string[] {
  return patterns.flatMap((pattern) =>
    Array.from({ length: Math.max(0, end - start - pattern.length + 1) }, (_, at) => start + at)
      .filter((at) => text.startsWith(pattern, at)).map((at) => `${at}-${at + pattern.length}`)
  ).sort();
}

/** A word of a few letters only, so that occurrences overlap and many pairs are in the table. */
function word(random: Random, letters: string, length: number): string {
  return Array.from({ length }, () => letters[random.below(letters.length)]).join("");
}

function compose(random: Random): { readonly text: string; readonly patterns: readonly string[] } {
  const letters = random.pick(["a", "ab", "abcdefgh", "ab\0\xe9\xff"]);
  const lengths = random.pick([[2, 3], [4, 30], [100, 400]]);
  const patterns = Array.from(
    { length: 1 + random.below(4) },
    () => word(random, letters, random.pick(lengths) + random.below(20)),
  );
  let text = word(random, letters, random.below(30));
  while (random.below(12) > 0) {
    const pattern = random.pick(patterns);
    text += pattern.slice(0, random.pick([pattern.length, random.below(pattern.length)]));
    text += word(random, letters, random.below(30));
  }
  return { text, patterns: [...new Set(patterns)] };
}

Deno.test("find() visits every occurrence in the range once, and nothing else", () => {
  for (let seed = 1; seed <= 600; seed++) {
    const random = createRandom(seed);
    const { text, patterns } = compose(random);
    const start = random.below(random.pick([1, text.length]));
    const end = text.length - random.below(random.pick([1, text.length - start]));
    const found = new SecretMatcher(patterns.map(fromLatin1))
      .find({ bytes: fromLatin1(text), start, end });
    const pairs = found.flatMap((from, at) => at % 2 === 0 ? [`${from}-${found[at + 1]}`] : []);
    assert.deepEqual(pairs.sort(), searchNaively(text, { patterns, start, end }), `seed ${seed}`);
  }
});

Deno.test("find() sees a pattern wherever it lies in ranges of any length", () => {
  const pattern = "sk-canary-4f9d2c71b8e6";
  const matcher = new SecretMatcher([fromLatin1(pattern)]);
  for (const length of [0, 1, 21, 22, 23, 24, 25, 26, 87, 88, 89, 300]) {
    for (let at = 0; at + pattern.length <= length; at++) {
      const bytes = fromLatin1("-".repeat(at) + pattern + "-".repeat(length));
      const found = matcher.find({ bytes, start: 0, end: length });
      assert.deepEqual(found, [at, at + pattern.length], `${at} of ${length}`);
    }
  }
});

Deno.test("unfinished() is as long as the beginning of a pattern at the range's end can be", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = createRandom(seed);
    // Spaces end what counts as a beginning, so every byte after the fourth counts as well.
    const patterns = [word(random, "ab ", 4 + random.below(9)), word(random, "ab ", 6)];
    const text = word(random, "ab ", random.below(20));
    const matcher = new SecretMatcher(patterns.map(fromLatin1));
    const range = { bytes: fromLatin1(`${text}${patterns[0]}`), start: 0, end: text.length };
    assert.equal(matcher.unfinished(range), longestBeginning(text, patterns), `seed ${seed}`);
  }
});

function longestBeginning(text: string, patterns: readonly string[]): number {
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at);
    const isBegun = (pattern: string): boolean =>
      rest.length < pattern.length && rest.startsWith(pattern.slice(0, Math.min(4, rest.length))) &&
      [...rest].every((byte, i) => i < 4 || (byte === " ") === (pattern[i] === " "));
    if (patterns.some(isBegun)) return rest.length;
  }
  return 0;
}

Deno.test("a long pattern is found although the table covers its beginning only", () => {
  const secret = createRandom(7).text(2000);
  const matcher = new SecretMatcher([fromLatin1(secret)]);
  const bytes = fromLatin1(`${secret.slice(1)}${secret}${secret.slice(0, -1)}`);
  assert.ok(matcher.mask({ bytes, start: 0, end: bytes.length }));
  const expected = `${secret.slice(1)}${STAR.repeat(2000)}${secret.slice(0, -1)}`;
  assert.equal(String.fromCharCode(...bytes), expected);
});

Deno.test("a range is searched within its bounds", () => {
  const matcher = new SecretMatcher([fromLatin1("secret-1")]);
  const bytes = fromLatin1("secret-1secret-1");
  assert.ok(!matcher.mask({ bytes, start: 1, end: 15 }));
  assert.ok(matcher.mask({ bytes, start: 8, end: 16 }));
  assert.equal(String.fromCharCode(...bytes), `secret-1${STAR.repeat(8)}`);
});
