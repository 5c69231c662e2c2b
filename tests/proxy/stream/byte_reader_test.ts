import assert from "node:assert/strict";
import { ByteReader } from "../../../lib/proxy/stream/byte_reader.ts";
import type { ByteStream } from "../../../lib/proxy/stream/byte_stream.ts";

const LARGE = 32 * 1024;

/** Gives `parts`, one a read, and then the end. */
function streamOf(parts: readonly Uint8Array[]): ByteStream {
  const left = [...parts];
  return {
    read: () => Promise.resolve(left.shift() ?? null),
    write: () => Promise.resolve(),
    closeWrite: () => Promise.resolve(),
    close: () => {},
    closed: new Promise(() => {}),
  };
}

Deno.test("the memory of a large part that was taken whole is given back", async () => {
  const reader = new ByteReader(streamOf([new Uint8Array(LARGE)]));
  await reader.fill();
  const taken = reader.take(LARGE);
  reader.free(taken);
  assert.equal(taken.buffer.byteLength, 0);
});

Deno.test("memory in which something else may lie is kept", async () => {
  const parts = [new Uint8Array(LARGE), new Uint8Array(100), new Uint8Array(LARGE)];
  const reader = new ByteReader(streamOf(parts));
  await reader.fill();
  const half = reader.take(LARGE / 2);
  reader.free(half);
  assert.equal(half.length, LARGE / 2);
  reader.take(LARGE / 2);
  await reader.fill();
  const small = reader.take(100);
  reader.free(small);
  assert.equal(small.length, 100);
});

Deno.test("the reader's own memory is kept, even if a part fills it", async () => {
  const reader = new ByteReader(streamOf([new Uint8Array(LARGE), new Uint8Array(LARGE).fill(7)]));
  await reader.fill();
  await reader.fill();
  const { buffer } = reader.available;
  const all = new Uint8Array(buffer);
  reader.free(all);
  assert.equal(all.length, buffer.byteLength);
  assert.deepEqual(reader.take(2 * LARGE).subarray(LARGE), new Uint8Array(LARGE).fill(7));
});

Deno.test("a head that was taken stays as it is while its body is received in pieces", async () => {
  const head = new Uint8Array(300).fill(1);
  const body = new Uint8Array(2000).fill(2);
  const parts = [
    head.subarray(0, 100),
    head.subarray(100),
    body.subarray(0, 600),
    body.subarray(600),
  ];
  const reader = new ByteReader(streamOf(parts));
  while (reader.available.length < head.length) await reader.fill();
  const taken = reader.take(head.length);
  while (reader.available.length < body.length) await reader.fill();
  assert.deepEqual(taken, head);
  assert.deepEqual(reader.available, body);
});
