import assert from "node:assert/strict";
import type { ByteStream } from "../../../lib/proxy/stream/byte_stream.ts";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { FrameOutput } from "../../../lib/proxy/http2/output.ts";
import { fromLatin1 } from "../../support/wire.ts";

/** Notes each write as text; all take one turn. */
function createSink(): { readonly stream: ByteStream; readonly writes: string[] } {
  const writes: string[] = [];
  const stream: ByteStream = {
    read: () => Promise.resolve(null),
    write: (bytes) => {
      writes.push(String.fromCharCode(...bytes));
      return Promise.resolve();
    },
    closeWrite: () => Promise.resolve(),
    close: () => {},
    closed: Promise.resolve(),
  };
  return { stream, writes };
}

Deno.test("flush() writes what was added in whatever turn after the last flush", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { stream, writes } = createSink();
    const output = new FrameOutput(stream);
    output.insert(fromLatin1("a"));
    void output.flush();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    output.insert(fromLatin1("b"));
    await output.flush();
    assert.equal(writes.join(""), "ab", `after ${turns} turns`);
    assert.equal(output.backlog, 0);
  }
});

Deno.test("neighbours in one buffer are written at once and without a copy", async () => {
  const { stream, writes } = createSink();
  const buffer = fromLatin1("0123456789");
  const written: Uint8Array[] = [];
  const output = new FrameOutput({
    ...stream,
    write: (bytes) => {
      written.push(bytes);
      return stream.write(bytes);
    },
  });
  output.relay({ bytes: buffer, start: 2, end: 5 }, true);
  output.relay({ bytes: buffer, start: 5, end: 9 }, true);
  await output.flush();
  assert.deepEqual(writes, ["2345678"]);
  assert.equal(written[0]?.buffer, buffer.buffer);
});

Deno.test("divide() keeps what is before it and what is behind it in two writes", async () => {
  const { stream, writes } = createSink();
  const output = new FrameOutput(stream);
  output.divide();
  output.relay(wholeOf(fromLatin1("answer")), true);
  output.divide();
  output.relay(wholeOf(fromLatin1("reset")), true);
  output.relay(wholeOf(fromLatin1(" and more")), true);
  await output.flush();
  output.relay(wholeOf(fromLatin1("next")), true);
  await output.flush();
  assert.deepEqual(writes, ["answer", "reset and more", "next"]);
  assert.equal(output.backlog, 0);
});

Deno.test("frames of our own wait for a boundary, and for the gate", async () => {
  const { stream, writes } = createSink();
  const output = new FrameOutput(stream, { gated: true });
  output.insert(fromLatin1("[own]"));
  output.relay(wholeOf(fromLatin1("first,")), true);
  await output.flush();
  assert.deepEqual(writes, ["first,"]);
  output.openGate();
  output.relay(wholeOf(fromLatin1("half")), false);
  output.insert(fromLatin1("[2]"));
  output.relay(wholeOf(fromLatin1(" whole")), true);
  await output.flush();
  assert.equal(writes.join(""), "first,[own]half whole[2]");
});

Deno.test("flush() tells of a broken stream once, and again for what follows", async () => {
  const { stream } = createSink();
  const broken = { ...stream, write: () => Promise.reject(new Error("broken")) };
  const output = new FrameOutput(broken);
  for (let round = 0; round < 2; round++) {
    const broken = output.broken.wait();
    output.insert(fromLatin1("a"));
    await output.flush();
    await broken;
  }
});
