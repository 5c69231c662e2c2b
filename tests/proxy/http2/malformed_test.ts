import assert from "node:assert/strict";
import { FLAG, FRAME } from "../../../lib/proxy/http2/frame.ts";
import { bytesOf, get, startReadyRelay } from "../../support/h2.ts";

Deno.test("a malformed request gets 400 and a reset, and the connection lives on", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/", [["Upper", "x"]]));
  assert.equal((await relay.client.receiveHeaders()).fields[0]?.value, "400");
  const reset = await relay.client.receiveType(FRAME.rstStream);
  assert.deepEqual([reset.streamId, reset.payload], [1, "\0\0\0\x01"]);
  await relay.client.sendHeaders(3, get("/"));
  assert.equal((await relay.upstream.receiveHeaders()).frame.streamId, 3);
  await relay.close();
});

Deno.test("a header list that is too large gets 431, and the compression state survives", async () => {
  const relay = await startReadyRelay({ limits: { headBytes: 300 } });
  const payload = bytesOf("828784" + "40017801" + "79" + "4001617fb101" + "78".repeat(304));
  const flags = FLAG.endHeaders | FLAG.endStream;
  await relay.client.send({ type: FRAME.headers, flags, streamId: 1, payload });
  assert.equal((await relay.client.receiveHeaders()).fields[0]?.value, "431");
  const reference = bytesOf("828784" + "410161" + "c0");
  await relay.client.send({ type: FRAME.headers, flags, streamId: 3, payload: reference });
  const { fields } = await relay.upstream.receiveHeaders();
  assert.equal(fields.find(({ name }) => name === "x")?.value, "y");
  await relay.close();
});

Deno.test("a malformed trailer ends its stream on both sides", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/"), true);
  await relay.client.sendHeaders(1, [[":path", "/other"]]);
  for (const peer of [relay.client, relay.upstream]) {
    const { streamId, payload } = await peer.receiveType(FRAME.rstStream);
    assert.deepEqual([streamId, payload], [1, "\0\0\0\x01"]);
  }
  await relay.close();
});

/** What a client says its body's length is, and the DATA frames that it sends. */
const WRONG_LENGTHS: readonly (readonly [length: string, frames: readonly string[]])[] = [
  ["5", ["1234"]],
  ["5", ["12345", "6"]],
  ["5", ["123", "456"]],
  ["0", ["1"]],
];

for (const [length, frames] of WRONG_LENGTHS) {
  Deno.test(`a body of ${frames} that said to be ${length} long is not sent to its end`, async () => {
    const relay = await startReadyRelay();
    const { client, upstream } = relay;
    await client.sendHeaders(1, get("/", [["content-length", length]]), true);
    for (const [index, data] of frames.entries()) {
      await client.sendData(1, data, index < frames.length - 1);
    }
    assert.equal((await client.receiveType(FRAME.rstStream)).payload, "\0\0\0\x01");
    let sent = "";
    for (let frame = await upstream.receive();; frame = await upstream.receive()) {
      if (frame.type === FRAME.rstStream) break;
      if (frame.type !== FRAME.data) continue;
      assert.equal(frame.flags, 0);
      sent += frame.payload;
    }
    assert.ok(sent.length <= Number(length));
    await relay.close();
  });
}

Deno.test("a request without the body that it announces is malformed", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/", [["content-length", "5"]]));
  assert.equal((await relay.client.receiveHeaders()).fields[0]?.value, "400");
  await relay.close();
});

Deno.test("trailers before the announced end of a body end its stream", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/", [["content-length", "5"]]), true);
  await relay.client.sendData(1, "1234", true);
  await relay.client.sendHeaders(1, [["x-sum", "4"]]);
  assert.equal((await relay.client.receiveType(FRAME.rstStream)).payload, "\0\0\0\x01");
  await relay.close();
});
