import assert from "node:assert/strict";
import { CLIENT_PREFACE, FLAG, FRAME } from "../../../lib/proxy/http2/frame.ts";
import { bytesOf, get, startReadyRelay, startTestRelay } from "../../support/h2.ts";
import { GONE_BODY, grant, pingThrough, refuseNo, uint32 } from "../../support/h2_steps.ts";

Deno.test("a refused stream is answered by the proxy and the others go on", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  await relay.client.sendHeaders(1, get("/yes"));
  await relay.client.sendHeaders(3, get("/no"));
  await relay.client.sendHeaders(5, get("/yes"));
  const { frame, fields } = await relay.client.receiveHeaders();
  assert.deepEqual([frame.streamId, frame.flags], [3, FLAG.endHeaders]);
  assert.deepEqual(Object.fromEntries(fields.map(({ name, value }) => [name, value])), {
    ":status": "502",
    "content-type": "application/json",
    "content-length": String(GONE_BODY.length),
    "cache-control": "no-store",
    "x-authsome-error": "connection_not_found",
  });
  const data = await relay.client.receive();
  assert.deepEqual([data.type, data.flags, data.payload], [FRAME.data, FLAG.endStream, GONE_BODY]);
  for (const streamId of [1, 5]) {
    assert.equal((await relay.upstream.receiveHeaders()).frame.streamId, streamId);
  }
  assert.deepEqual(relay.exchanges.map(({ status, path }) => [status, path]), [[502, "/no"]]);
  await relay.close();
});

Deno.test("an answer to HEAD has a length and no body", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  await relay.client.sendHeaders(1, [[":method", "HEAD"], ...get("/no").slice(1)]);
  const { frame, fields } = await relay.client.receiveHeaders();
  assert.equal(frame.flags, FLAG.endHeaders | FLAG.endStream);
  const length = fields.find(({ name }) => name === "content-length")?.value;
  assert.equal(length, String(GONE_BODY.length));
  await relay.close();
});

Deno.test("what follows on a refused stream stops at the proxy and its window comes back", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client } = relay;
  await client.sendHeaders(1, get("/no"), true);
  await client.receiveType(FRAME.data);
  await client.sendData(1, "x".repeat(1000), true);
  const [first, second] = [await client.receive(), await client.receive()];
  assert.deepEqual([first.streamId, first.payload], [0, "\0\0\x03\xe8"]);
  assert.deepEqual([second.streamId, second.payload], [1, "\0\0\x03\xe8"]);
  await grant(client, 1, 5);
  await client.send({ type: FRAME.priority, streamId: 1, payload: bytesOf("0000000010") });
  await client.sendHeaders(1, [["trailer", "x"]]);
  assert.deepEqual(await pingThrough(relay), []);
  assert.deepEqual(relay.exchanges.map(({ requestBytes }) => requestBytes), [1000]);
  await relay.close();
});

Deno.test("a refused stream may be reset by the client", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  await relay.client.sendHeaders(1, get("/no"), true);
  await relay.client.receiveType(FRAME.data);
  await relay.client.send({ type: FRAME.rstStream, streamId: 1, payload: uint32(8) });
  assert.deepEqual(await pingThrough(relay), []);
  assert.equal(relay.exchanges.length, 1);
  await relay.close();
});

Deno.test("an answer waits for the upstream's SETTINGS, which must come first", async () => {
  const relay = await startTestRelay({ decide: refuseNo });
  await relay.client.wire.send(CLIENT_PREFACE);
  await relay.client.send({ type: FRAME.settings });
  await relay.client.sendHeaders(1, get("/no"));
  await relay.upstream.wire.takeBytes(CLIENT_PREFACE.length + 9);
  await relay.upstream.send({ type: FRAME.settings });
  assert.equal((await relay.client.receive()).type, FRAME.settings);
  assert.equal((await relay.client.receive()).type, FRAME.headers);
  await relay.close();
});

Deno.test("our own frames never break into a response's frame or header block", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/yes"));
  await upstream.receiveHeaders();
  await upstream.send({ type: FRAME.headers, streamId: 1, payload: bytesOf("88") });
  await upstream.wire.send(Uint8Array.of(0, 0));
  await client.receiveType(FRAME.headers);
  await client.sendHeaders(3, get("/no"));
  await pingThrough(relay);
  await upstream.wire.send(bytesOf("020904000000010f0d"));
  await upstream.wire.send(bytesOf("0131"));
  const order = [await client.receive(), await client.receive(), await client.receive()];
  assert.deepEqual(order.map(({ type, streamId }) => [type, streamId]), [
    [FRAME.continuation, 1],
    [FRAME.headers, 3],
    [FRAME.data, 3],
  ]);
  await relay.close();
});
