import assert from "node:assert/strict";
import {
  cellWidth,
  escapeControls,
  formatJson,
  formatTable,
  wrapText,
} from "../../lib/cli/text.ts";

const HARMFUL = [
  "\x1b",
  "\x07",
  "\r",
  "\n",
  "\0",
  "\x7f",
  "\x9b",
  "\u202e",
  "\u2066",
  "\u200b",
  "\u2028",
];

Deno.test("escapeControls() leaves nothing that moves, colours, hides or reorders", () => {
  for (const character of HARMFUL) {
    const text = escapeControls(`a${character}b`);
    assert.match(text, /^a\\u[0-9a-f]{4}b$/);
  }
  assert.equal(escapeControls("Café 日本 😀 <&>\"'\\"), "Café 日本 😀 <&>\"'\\");
  assert.equal(escapeControls("\u{e0041}"), "\\udb40\\udc41");
});

Deno.test("formatJson() escapes the same and means the same", () => {
  const value = { text: HARMFUL.join(""), "\x9bkey": ["日本", null, 1] };
  const json = formatJson(value);
  assert.deepEqual(JSON.parse(json), value);
  assert.ok(!/[^\n\P{Cc}]|\p{Cf}|[\u2028\u2029]/u.test(json));
});

Deno.test("cellWidth() counts the cells that a terminal uses", () => {
  const widths: Readonly<Record<string, number>> = {
    abc: 3,
    "日本": 4,
    "é": 1,
    "e\u0301": 1,
    "😀": 2,
  };
  for (const [text, width] of Object.entries(widths)) assert.equal(cellWidth(text), width, text);
});

Deno.test("formatTable() aligns columns and leaves no spaces at the end", () => {
  const rows = [["a", "日本", "x"], ["bbb", "c", ""]].map((row) => row.map((text) => ({ text })));
  assert.equal(formatTable(rows, { columns: undefined }), "a    日本  x\nbbb  c\n");
});

Deno.test("formatTable() shortens the widest column, and colours do not count", () => {
  const paint = (text: string): string => `\x1b[1m${text}\x1b[22m`;
  const rows = [[{ text: "name", paint }, { text: "v".repeat(30) }, { text: "end" }]];
  assert.equal(
    formatTable(rows, { columns: 24 }),
    `\x1b[1mname\x1b[22m  ${"v".repeat(12)}…  end\n`,
  );
  const narrow = formatTable(rows, { columns: 5 });
  assert.equal(narrow, `\x1b[1mname\x1b[22m  ${"v".repeat(7)}…  end\n`);
});

Deno.test("formatTable() escapes what is stored", () => {
  assert.equal(formatTable([[{ text: "a\x1b[2Jb\n" }]], { columns: 80 }), "a\\u001b[2Jb\\u000a\n");
});

Deno.test("wrapText() breaks between words only", () => {
  assert.deepEqual(wrapText("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapText("a loooooong one", 5), ["a", "loooooong", "one"]);
  assert.deepEqual(wrapText("", 5), [""]);
});
