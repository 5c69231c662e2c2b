import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { NodeStream } from "../../../lib/proxy/stream/node_stream.ts";

Deno.test("an empty write never reaches the socket", async () => {
  const written: number[] = [];
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Uint8Array, _encoding, done) => {
      written.push(chunk.length);
      done();
    },
  });
  const stream = new NodeStream(socket as Socket);
  for (const length of [0, 3, 0, 20_000, 0]) await stream.write(new Uint8Array(length));
  assert.deepEqual(written, [3, 20_000]);
  stream.abort();
  await stream.closed;
});
