import assert from "node:assert/strict";
import { FLAG, FRAME, H2_ERROR } from "../../../lib/proxy/http2/frame.ts";
import { bytesOf, get, startReadyRelay, type TestRelay } from "../../support/h2.ts";
import { frame, GONE_BODY, grant, pingThrough, refuseNo } from "../../support/h2_steps.ts";

Deno.test("an answer keeps to the stream's window", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client } = relay;
  await client.send({ type: FRAME.settings, payload: bytesOf("000400000003") });
  await client.sendHeaders(1, get("/no"));
  assert.equal((await client.receiveType(FRAME.data)).payload, GONE_BODY.slice(0, 3));
  await grant(client, 1, 4);
  assert.equal((await client.receive()).payload, GONE_BODY.slice(3, 7));
  await client.send({ type: FRAME.settings, payload: bytesOf("000400000004") });
  assert.equal((await client.receive()).payload, GONE_BODY.slice(7, 8));
  await grant(client, 1, 1000);
  const last = await client.receive();
  assert.deepEqual([last.payload, last.flags], [GONE_BODY.slice(8), FLAG.endStream]);
  await relay.close();
});

/** Opens a stream and lets the upstream fill the client's connection window on it. */
async function fillWindow({ client, upstream }: TestRelay, streamId: number): Promise<void> {
  await client.sendHeaders(streamId, get("/yes"));
  await upstream.receiveHeaders();
  await upstream.sendHeaders(streamId, [[":status", "200"]], true);
  for (let left = 65_535; left > 0; left -= Math.min(left, 16_384)) {
    await upstream.sendData(streamId, "d".repeat(Math.min(left, 16_384)), true);
  }
}

Deno.test("an answer on a stream whose window overflows is given up", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  await fillWindow(relay, 1);
  for (let left = 65_535; left > 0;) {
    left -= (await relay.client.receiveType(FRAME.data)).payload.length;
  }
  await relay.client.sendHeaders(3, get("/no"));
  await grant(relay.client, 3, 0x7fffffff);
  const reset = await relay.client.receiveType(FRAME.rstStream);
  assert.deepEqual([reset.streamId, reset.payload.charCodeAt(3)], [3, H2_ERROR.flowControlError]);
  await relay.close();
});

Deno.test("the window that an answer used is withheld from the upstream until it is even", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/no"));
  await client.receiveType(FRAME.data);
  await grant(client, 0, 10);
  assert.deepEqual(await pingThrough(relay), []);
  await grant(client, 0, GONE_BODY.length);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x0a");
  await grant(client, 0, 77);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x4d");
  await relay.close();
});

Deno.test("the upstream's DATA waits while an answer has used up the client's window", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client, upstream } = relay;
  await client.sendHeaders(3, get("/no"));
  await client.receiveType(FRAME.data);
  // The upstream believes in 65,535 bytes, the client has as many less as the answer had.
  await fillWindow(relay, 5);
  await upstream.send({ type: FRAME.ping, payload: "behind !" });
  let received = 0;
  while (received < 3 * 16_384) received += (await client.receiveType(FRAME.data)).payload.length;
  await grant(client, 0, 100 + GONE_BODY.length);
  const frames = [await client.receive(), await client.receive()];
  assert.deepEqual(frames.map(({ type }) => type), [FRAME.data, FRAME.ping]);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x64");
  await relay.close();
});

Deno.test("an answer begins with the table size that the client waits for", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client, upstream } = relay;
  await client.send({ type: FRAME.settings, payload: bytesOf("000100000000") });
  await upstream.receiveType(FRAME.settings);
  for (const _initialAndLowered of [1, 2]) {
    await upstream.send({ type: FRAME.settings, flags: FLAG.ack });
    await client.receiveType(FRAME.settings);
  }
  await client.sendHeaders(1, get("/no"));
  const frame = await client.receiveType(FRAME.headers);
  assert.equal(frame.payload.charCodeAt(0), 0x20);
  await relay.close();
});

Deno.test("grants and priorities of relayed, pushed and unknown streams pass", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/yes"));
  await upstream.receiveHeaders();
  const frames = [
    frame(FRAME.windowUpdate, 1, "00000007"),
    frame(FRAME.windowUpdate, 2, "00000007"),
    frame(FRAME.priority, 1, "0000000001"),
    frame(FRAME.priority, 99, "0000000001"),
  ];
  for (const bytes of frames) await client.wire.send(bytes);
  for (const bytes of frames) {
    assert.equal(await upstream.wire.takeBytes(bytes.length), String.fromCharCode(...bytes));
  }
  await relay.close();
});

Deno.test("a grant of nothing ends its stream on both sides", async () => {
  const relay = await startReadyRelay({ decide: refuseNo });
  await relay.client.sendHeaders(1, get("/yes"), true);
  await relay.client.wire.send(frame(FRAME.windowUpdate, 1, "00000000"));
  for (const peer of [relay.client, relay.upstream]) {
    assert.equal((await peer.receiveType(FRAME.rstStream)).payload, "\0\0\0\x01");
  }
  await relay.close();
});
