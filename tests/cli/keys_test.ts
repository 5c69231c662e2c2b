import assert from "node:assert/strict";
import { createKeyReader, type Key } from "../../lib/cli/keys.ts";

function readAll(text: string, chunkSize = Infinity): string {
  const read = createKeyReader();
  const bytes = new TextEncoder().encode(text);
  const keys: Key[] = [];
  for (let start = 0; start < bytes.length; start += Math.min(chunkSize, bytes.length)) {
    keys.push(...read(bytes.subarray(start, Math.min(start + chunkSize, bytes.length))));
  }
  return keys.map((key) => key.kind === "text" ? key.text : `<${key.kind}>`).join("");
}

const TYPED: readonly (readonly [typed: string, keys: string])[] = [
  ["abc\r", "abc<enter>"],
  ["abc\n", "abc<enter>"],
  ["é€😀\r", "é€😀<enter>"],
  ["ab\x7fc\b\r", "ab<erase>c<erase><enter>"],
  ["ab\x15c\x17\r", "ab<erase_line>c<erase_line><enter>"],
  ["a\x03", "a<cancel>"],
  ["a\x1c", "a<cancel>"],
  ["\x04", "<end>"],
  ["a\tb", "a\tb"],
  ["a\0\x01\x0c\x9bb", "ab"],
  ["a\x1b[Db\x1b[1;5Cc\x1bOAd\x1b[3~e", "abcde"],
  ["a\x1bxb", "ab"],
  ["\x1b[200~ab\ncd\r\x1b[201~\r", "ab\ncd\n<enter>"],
  ["\x1b[200~a\x7f\x15b\x1b[201~\r", "ab<enter>"],
  ["\x1b[200~a\x03", "a<cancel>"],
  ["a\x1b\x03", "a<cancel>"],
  ["a\x1b[\x03", "a<cancel>"],
  ["a\x1b[12\r", "a<enter>"],
];

Deno.test("createKeyReader() reads keys, pastes and escape sequences", () => {
  for (const [typed, keys] of TYPED) assert.equal(readAll(typed), keys, JSON.stringify(typed));
});

Deno.test("createKeyReader() gives the same keys for every chunking", () => {
  for (const [typed, keys] of TYPED) {
    for (const size of [1, 2, 3, 5]) {
      assert.equal(readAll(typed, size), keys, `${JSON.stringify(typed)} by ${size}`);
    }
  }
});
