import assert from "node:assert/strict";
import { parseJsonc } from "../lib/jsonc.ts";

const ACCEPTED: readonly [string, unknown][] = [
  ['{"a":1}', { a: 1 }],
  ['\uFEFF{"a":1}', { a: 1 }],
  ['{"a":1,}', { a: 1 }],
  ['{"a":[1,2,],}', { a: [1, 2] }],
  ['// first\n{"a":1 // second\n}', { a: 1 }],
  ['{/* one */"a":/* two\n * three */1}', { a: 1 }],
  ['{"a":1, // last\n}', { a: 1 }],
  ['{"a":"// no /* comment */ ,}"}', { a: "// no /* comment */ ,}" }],
  ['{"a":"quote \\" // still text",}', { a: 'quote " // still text' }],
  ['{"a":"\\\\",/*x*/}', { a: "\\" }],
  ['{"url":"https://example.com",}', { url: "https://example.com" }],
];

for (const [text, value] of ACCEPTED) {
  Deno.test(`parseJsonc() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseJsonc(text), value);
  });
}

for (
  const text of ["", "{", '{"a":1,,}', "{a:1}", '{"a":1}}', '{"a":1} /* open', "[,]", "{'a':1}"]
) {
  Deno.test(`parseJsonc() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJsonc(text), SyntaxError);
  });
}

Deno.test("parseJsonc() quotes the place where the text is wrong", () => {
  const text = '{\n  // a comment\n  "a": oops\n}';
  assert.throws(() => parseJsonc(text), /"a": oops/);
});

Deno.test("parseJsonc() is not slowed down by many quotes or comment openers", () => {
  const start = performance.now();
  assert.throws(() => parseJsonc('{"a":' + '"/*'.repeat(20_000)), SyntaxError);
  assert.throws(() => parseJsonc("{" + "/*".repeat(20_000)), SyntaxError);
  assert.ok(performance.now() - start < 2000);
});
