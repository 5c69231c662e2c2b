import assert from "node:assert/strict";
import { dropColumns, formatNames } from "../../lib/cli/columns.ts";
import { cellWidth } from "../../lib/cli/text.ts";

const ROWS = [["name", "source", "auth"], ["openai", "bundled", "API key"]]
  .map((row) => row.map((text) => ({ text })));

/** Width of the whole table is 6 + 2 + 7 + 2 + 7 = 24. */
const WIDTHS: readonly (readonly [columns: number | undefined, left: readonly string[]])[] = [
  [undefined, ["name", "source", "auth"]],
  [24, ["name", "source", "auth"]],
  [23, ["name", "auth"]],
  [15, ["name", "auth"]],
  [14, ["name"]],
  [1, ["name"]],
];

for (const [columns, left] of WIDTHS) {
  Deno.test(`dropColumns() keeps ${left.join(", ")} in ${columns} cells`, () => {
    const [header] = dropColumns(ROWS, { columns, expendable: [1, 2] });
    assert.deepEqual(header?.map(({ text }) => text), left);
  });
}

Deno.test("dropColumns() counts cells as they will be printed", () => {
  const rows = [[{ text: "a" }, { text: "\u001b" }]];
  assert.equal(dropColumns(rows, { columns: 8, expendable: [1] })[0]?.length, 1);
  assert.equal(dropColumns(rows, { columns: 9, expendable: [1] })[0]?.length, 2);
});

const NAMES = ["a", "bb", "ccc", "d", "eeeeee", "f", "g"];

Deno.test("formatNames() runs down each column and keeps to the width", () => {
  assert.equal(formatNames(NAMES, { columns: 80 }), "a  bb  ccc  d  eeeeee  f  g\n");
  assert.equal(formatNames(NAMES, { columns: 20 }), "a   ccc  eeeeee  g\nbb  d    f\n");
  assert.equal(formatNames(NAMES, { columns: 3 }), NAMES.map((name) => `${name}\n`).join(""));
  assert.equal(formatNames([], { columns: 80 }), "");
});

Deno.test("formatNames() fits any width, loses no name and uses no more lines than needed", () => {
  const names = Array.from({ length: 231 }, (_, index) => `provider-${"x".repeat(index % 9)}`);
  let before = Infinity;
  for (let columns = 20; columns <= 200; columns += 7) {
    const lines = formatNames(names, { columns, indent: "  " }).trimEnd().split("\n");
    for (const line of lines) {
      assert.ok(cellWidth(line) <= columns, `${columns}: ${line}`);
      assert.match(line, /^ {2}\S.*\S$/);
    }
    assert.equal(lines.join(" ").trim().split(/ +/).length, names.length);
    assert.ok(lines.length <= before);
    before = lines.length;
  }
});

Deno.test("formatNames() makes harmful names harmless", () => {
  assert.equal(formatNames(["a\u001b[2J"], { columns: 80 }), "a\\u001b[2J\n");
});
