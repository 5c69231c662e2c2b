import assert from "node:assert/strict";
import { type BodyScanner, createBodyScanner } from "../../../lib/proxy/http1/body.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { fromLatin1 } from "../../support/wire.ts";

const LIMITS = { headBytes: 1000 };

/** Feeds `text` in pieces of `size`; returns how many bytes belonged to the body. */
function feed(scanner: BodyScanner, text: string, size: number): number {
  const bytes = fromLatin1(text);
  let taken = 0;
  for (let at = 0; at < bytes.length && !scanner.done; at += size) {
    const piece = bytes.subarray(at, at + size);
    const count = scanner.scan(piece);
    taken += count;
    if (count < piece.length) assert.ok(scanner.done, "bytes are left but the body is not done");
  }
  return taken;
}

const CHUNKED: readonly [name: string, body: string, content: number][] = [
  ["an empty body", "0\r\n\r\n", 0],
  ["one chunk", "5\r\nhello\r\n0\r\n\r\n", 5],
  ["several chunks", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", 3],
  ["hexadecimal sizes of either case", "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", 20],
  ["leading zeros", "0005\r\nhello\r\n000\r\n\r\n", 5],
  ["extensions", '5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n', 5],
  ["trailers", "1\r\na\r\n0\r\nGrpc-Status: 0\r\nX: \xe9\r\n\r\n", 1],
  ["CR LF inside a chunk", "4\r\n\r\n\r\n\r\n0\r\n\r\n", 4],
];

for (const [name, body, content] of CHUNKED) {
  Deno.test(`a chunked body with ${name} ends where it ends, however it is split`, () => {
    for (let size = 1; size <= body.length + 3; size++) {
      const scanner = createBodyScanner({ kind: "chunked" }, LIMITS);
      assert.equal(feed(scanner, `${body}GET`, size), body.length, `in pieces of ${size}`);
      assert.equal(scanner.bytes, content);
      assert.equal(scanner.done, true);
    }
  });
}

const MALFORMED: readonly [name: string, body: string][] = [
  ["no size", "\r\n"],
  ["a size that is no number", "g\r\n"],
  ["a negative size", "-1\r\n"],
  ["a size with 0x", "0x5\r\nhello\r\n"],
  ["a size beyond 2^53", "20000000000001\r\n"],
  ["a size of 17 digits", "00000000000000001\r\n"],
  ["white space before a size", " 5\r\nhello\r\n"],
  ["white space after a size", "5 \r\nhello\r\n"],
  ["a bare LF after a size", "5\nhello\r\n"],
  ["a bare CR after a size", "5\rhello\r\n"],
  ["a bare LF in an extension", "5;a\nhello\r\n"],
  ["a NUL in an extension", "5;\0\r\nhello\r\n"],
  ["a chunk that is too long", "5\r\nhello!\r\n"],
  ["a chunk that is too short", "5\r\nhell\r\n0\r\n"],
  ["a bare LF after a chunk", "5\r\nhello\n0\r\n\r\n"],
  ["a bare LF at the end", "0\r\n\n"],
  ["a bare LF in a trailer", "0\r\nX: y\n\r\n"],
  ["a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"],
  ["a nameless trailer", "0\r\n: y\r\n\r\n"],
  ["a NUL in a trailer", "0\r\nX: \0\r\n\r\n"],
  ["an endless extension", `5;${"a".repeat(5000)}`],
  ["endless trailers", `0\r\n${"X: y\r\n".repeat(400)}`],
];

for (const [name, body] of MALFORMED) {
  Deno.test(`a chunked body with ${name} is refused`, () => {
    for (const size of [1, 3, body.length]) {
      const scanner = createBodyScanner({ kind: "chunked" }, LIMITS);
      assert.throws(() => feed(scanner, body, size), MalformedHeadError);
    }
  });
}

Deno.test("a body with a length takes so many bytes and no more", () => {
  for (let size = 1; size <= 12; size++) {
    const scanner = createBodyScanner({ kind: "length", length: 10 }, LIMITS);
    assert.equal(feed(scanner, "0123456789GET", size), 10);
    assert.equal(scanner.done, true);
    assert.equal(scanner.bytes, 10);
  }
});

Deno.test("a body until the end of the connection takes everything", () => {
  const scanner = createBodyScanner({ kind: "until_close" }, LIMITS);
  assert.equal(feed(scanner, "0123456789", 3), 10);
  assert.equal(scanner.done, false);
});

Deno.test("no body takes nothing", () => {
  const scanner = createBodyScanner({ kind: "none" }, LIMITS);
  assert.equal(scanner.done, true);
  assert.equal(scanner.scan(fromLatin1("GET")), 0);
});
