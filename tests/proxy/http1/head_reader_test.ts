import assert from "node:assert/strict";
import { ByteReader } from "../../../lib/proxy/stream/byte_reader.ts";
import type { ByteStream } from "../../../lib/proxy/stream/byte_stream.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { awaitHead } from "../../../lib/proxy/http1/head_reader.ts";
import { fromLatin1 } from "../../support/wire.ts";

const LIMIT = 200;
const HEAD = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";

/** A stream that gives `pieces` and reuses one buffer, as the contract of `read()` allows. */
function streamOf(pieces: readonly Uint8Array[]): ByteStream {
  const buffer = new Uint8Array(Math.max(1, ...pieces.map((piece) => piece.length)));
  let at = 0;
  return {
    read: () => {
      const piece = pieces[at++];
      buffer.fill(0xaa);
      if (piece === undefined) return Promise.resolve(null);
      buffer.set(piece);
      return Promise.resolve(buffer.subarray(0, piece.length));
    },
    write: () => Promise.resolve(),
    closeWrite: () => Promise.resolve(),
    close: () => {},
    closed: new Promise(() => {}),
  };
}

function split(text: string, size: number): Uint8Array[] {
  const bytes = fromLatin1(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

Deno.test("awaitHead() finds the same head however the bytes are split", async () => {
  const text = `${HEAD}body of the request`;
  for (let size = 1; size <= text.length; size++) {
    const reader = new ByteReader(streamOf(split(text, size)));
    const length = await awaitHead(reader, LIMIT);
    assert.equal(length, HEAD.length, `in pieces of ${size}`);
    const head = reader.take(length).slice();
    assert.deepEqual(head, fromLatin1(HEAD), `in pieces of ${size}`);
    while (await reader.fill());
    assert.deepEqual(reader.available, fromLatin1("body of the request"));
  }
});

Deno.test("awaitHead() passes over two empty lines before a request, not over three", async () => {
  for (let size = 1; size <= 8; size++) {
    const reader = new ByteReader(streamOf(split(`\r\n\r\n${HEAD}`, size)));
    assert.equal(await awaitHead(reader, LIMIT), HEAD.length);
  }
  const reader = new ByteReader(streamOf(split(`\r\n\r\n\r\n${HEAD}`, 99)));
  await assert.rejects(async () => await awaitHead(reader, LIMIT), MalformedHeadError);
});

Deno.test("awaitHead() returns 0 at the end of the stream", async () => {
  assert.equal(await awaitHead(new ByteReader(streamOf([])), LIMIT), 0);
});

const REFUSED: readonly [name: string, text: string, status: number][] = [
  ["a head without its end", "GET / HTTP/1.1\r\nHost: a\r\n", 400],
  ["bare line feeds, at once", "GET / HTTP/1.1\nHost: a\n", 400],
  ["a bare line feed as the first byte", "\nGET / HTTP/1.1\r\n", 400],
  ["an empty line of a bare line feed", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400],
  ["a head that is too long", `GET /${"a".repeat(LIMIT)} HTTP/1.1\r\n\r\n`, 431],
  ["a head that grows too long", `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(40)}`, 431],
];

for (const [name, text, status] of REFUSED) {
  Deno.test(`awaitHead() refuses ${name}`, async () => {
    for (const size of [1, 7, text.length]) {
      const reader = new ByteReader(streamOf(split(text, size)));
      await assert.rejects(async () => await awaitHead(reader, LIMIT), (error) => {
        assert.ok(error instanceof MalformedHeadError);
        assert.equal(error.status, status);
        return true;
      });
    }
  });
}

Deno.test("fill() shares one read between all that wait", async () => {
  const reader = new ByteReader(streamOf(split("ab", 1)));
  const both = [reader.fill(), reader.fill()];
  assert.deepEqual(await Promise.all(both), [true, true]);
  assert.deepEqual(reader.available, fromLatin1("a"));
});

Deno.test("fill() keeps what was not taken, in order", async () => {
  const reader = new ByteReader(streamOf(split("abcdef".repeat(2000), 700)));
  let seen = "";
  let more = true;
  while (more || reader.available.length > 0) {
    const part = reader.take(Math.ceil(reader.available.length / 3));
    seen += String.fromCharCode(...part);
    if (more) more = await reader.fill();
  }
  assert.equal(seen, "abcdef".repeat(2000));
});
