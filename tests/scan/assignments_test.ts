import assert from "node:assert/strict";
import { commentOut, readAssignments } from "../../lib/scan/assignments.ts";

const LINES: readonly (readonly [line: string, value: string | undefined, alone?: boolean])[] = [
  ["KEY=abc", "abc"],
  ["  export KEY=abc  # mine", "abc"],
  ["KEY = abc", "abc"],
  ["KEY='a b;#'", "a b;#"],
  ['KEY="a \\"b\\" \\$c"', 'a "b" $c'],
  ['export KEY="abc";', "abc"],
  ["set -gx KEY abc", "abc"],
  ["set --global --export KEY 'abc'", "abc"],
  ["setx KEY abc", "abc"],
  ['$env:KEY = "abc"', "abc"],
  ["$Env:KEY='abc'", "abc"],
  ["KEY=", ""],
  ["KEY=$OTHER", ""],
  ['KEY="$(pass show key)"', ""],
  ["KEY=`pass show key`", "", false],
  ["KEY='$literal'", "$literal"],
  ["KEY=abc; echo done", "abc", false],
  ["KEY=abc OTHER=def command", "abc", false],
  ["KEY=abc \\", "abc", false],
  ["KEY='a'b", "a", false],
  ["# KEY=abc", undefined],
  ["echo KEY=abc", undefined],
  ["KEY", undefined],
  ["1KEY=abc", undefined],
  ["if KEY=abc; then", undefined],
  ["", undefined],
];

for (const [line, value, alone = true] of LINES) {
  Deno.test(`${JSON.stringify(line)} sets ${JSON.stringify(value) ?? "nothing"}`, () => {
    const expected = value === undefined ? [] : [{ name: "KEY", value, line: 2, alone }];
    assert.deepEqual(readAssignments(`\n${line}\r\n`), expected);
  });
}

Deno.test("commentOut() keeps every other byte, the indentation and the line breaks", () => {
  const text = "A=1\r\n  B=2\nC=3\n\nD=4";
  const notes = new Map([[2, "B is away"], [5, "D is away"]]);
  assert.equal(commentOut(text, notes), "A=1\r\n  # B is away\nC=3\n\n# D is away");
  assert.equal(commentOut("A=1\r\nB=2\r\n", new Map([[1, "x"]])), "# x\r\nB=2\r\n");
  assert.equal(commentOut(text, new Map()), text);
  assert.equal(commentOut("", new Map([[1, "x"]])), "");
});
