import assert from "node:assert/strict";
import { FLAG, FRAME, H2_ERROR } from "../../lib/proxy/h2_frame.ts";
import type { H2Request } from "../../lib/proxy/h2_request.ts";
import type { H2Decision } from "../../lib/proxy/h2_stream.ts";
import {
  bytesOf,
  get,
  type H2Peer,
  INJECT_CANARY,
  startReadyRelay,
  startTestRelay,
  type TestRelay,
} from "../support/h2.ts";
import { CLIENT_PREFACE } from "../../lib/proxy/h2_frame.ts";

const GONE: H2Decision = {
  kind: "refuse",
  refusal: {
    status: 502,
    code: "connection_not_found",
    message: "example is not connected.",
    hint: "Run: authsome login example",
  },
};

const BODY = '{"error":"connection_not_found","message":"example is not connected.",' +
  '"hint":"Run: authsome login example"}\n';

/** Refuses every path that begins with `/no`. */
function decide(request: H2Request): H2Decision {
  return request.path.startsWith("/no") ? GONE : INJECT_CANARY;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

async function grant(peer: H2Peer, streamId: number, bytes: number): Promise<void> {
  await peer.send({ type: FRAME.windowUpdate, streamId, payload: uint32(bytes) });
}

/** Sends a PING through the relay: everything sent before it has been relayed when it arrives. */
async function pingThrough(relay: TestRelay): Promise<number[]> {
  await relay.client.send({ type: FRAME.ping, payload: "12345678" });
  const types: number[] = [];
  for (;;) {
    const { type } = await relay.upstream.receive();
    if (type === FRAME.ping) return types;
    types.push(type);
  }
}

Deno.test("a refused stream is answered by the proxy and the others go on", async () => {
  const relay = await startReadyRelay({ decide });
  await relay.client.sendHeaders(1, get("/yes"));
  await relay.client.sendHeaders(3, get("/no"));
  await relay.client.sendHeaders(5, get("/yes"));
  const { frame, fields } = await relay.client.receiveHeaders();
  assert.deepEqual([frame.streamId, frame.flags], [3, FLAG.endHeaders]);
  assert.deepEqual(Object.fromEntries(fields.map(({ name, value }) => [name, value])), {
    ":status": "502",
    "content-type": "application/json",
    "content-length": String(BODY.length),
    "cache-control": "no-store",
    "x-authsome-error": "connection_not_found",
  });
  const data = await relay.client.receive();
  assert.deepEqual([data.type, data.flags, data.payload], [FRAME.data, FLAG.endStream, BODY]);
  for (const streamId of [1, 5]) {
    assert.equal((await relay.upstream.receiveHeaders()).frame.streamId, streamId);
  }
  assert.deepEqual(relay.exchanges.map(({ status, path }) => [status, path]), [[502, "/no"]]);
  await relay.close();
});

Deno.test("an answer to HEAD has a length and no body", async () => {
  const relay = await startReadyRelay({ decide });
  await relay.client.sendHeaders(1, [[":method", "HEAD"], ...get("/no").slice(1)]);
  const { frame, fields } = await relay.client.receiveHeaders();
  assert.equal(frame.flags, FLAG.endHeaders | FLAG.endStream);
  const length = fields.find(({ name }) => name === "content-length")?.value;
  assert.equal(length, String(BODY.length));
  await relay.close();
});

Deno.test("what follows on a refused stream stops at the proxy and its window comes back", async () => {
  const relay = await startReadyRelay({ decide });
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
  const relay = await startReadyRelay({ decide });
  await relay.client.sendHeaders(1, get("/no"), true);
  await relay.client.receiveType(FRAME.data);
  await relay.client.send({ type: FRAME.rstStream, streamId: 1, payload: uint32(8) });
  assert.deepEqual(await pingThrough(relay), []);
  assert.equal(relay.exchanges.length, 1);
  await relay.close();
});

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

Deno.test("an answer waits for the upstream's SETTINGS, which must come first", async () => {
  const relay = await startTestRelay({ decide });
  await relay.client.wire.send(CLIENT_PREFACE);
  await relay.client.send({ type: FRAME.settings });
  await relay.client.sendHeaders(1, get("/no"));
  await relay.upstream.wire.takeBytes(CLIENT_PREFACE.length + 9);
  await relay.upstream.send({ type: FRAME.settings });
  assert.equal((await relay.client.receive()).type, FRAME.settings);
  assert.equal((await relay.client.receive()).type, FRAME.headers);
  await relay.close();
});

Deno.test("an answer keeps to the stream's window", async () => {
  const relay = await startReadyRelay({ decide });
  const { client } = relay;
  await client.send({ type: FRAME.settings, payload: bytesOf("000400000003") });
  await client.sendHeaders(1, get("/no"));
  assert.equal((await client.receiveType(FRAME.data)).payload, BODY.slice(0, 3));
  await grant(client, 1, 4);
  assert.equal((await client.receive()).payload, BODY.slice(3, 7));
  await client.send({ type: FRAME.settings, payload: bytesOf("000400000004") });
  assert.equal((await client.receive()).payload, BODY.slice(7, 8));
  await grant(client, 1, 1000);
  const last = await client.receive();
  assert.deepEqual([last.payload, last.flags], [BODY.slice(8), FLAG.endStream]);
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
  const relay = await startReadyRelay({ decide });
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
  const relay = await startReadyRelay({ decide });
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/no"));
  await client.receiveType(FRAME.data);
  await grant(client, 0, 10);
  assert.deepEqual(await pingThrough(relay), []);
  await grant(client, 0, BODY.length);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x0a");
  await grant(client, 0, 77);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x4d");
  await relay.close();
});

Deno.test("the upstream's DATA waits while an answer has used up the client's window", async () => {
  const relay = await startReadyRelay({ decide });
  const { client, upstream } = relay;
  await client.sendHeaders(3, get("/no"));
  await client.receiveType(FRAME.data);
  // The upstream believes in 65,535 bytes, the client has as many less as the answer had.
  await fillWindow(relay, 5);
  await upstream.send({ type: FRAME.ping, payload: "behind !" });
  let received = 0;
  while (received < 3 * 16_384) received += (await client.receiveType(FRAME.data)).payload.length;
  await grant(client, 0, 100 + BODY.length);
  const frames = [await client.receive(), await client.receive()];
  assert.deepEqual(frames.map(({ type }) => type), [FRAME.data, FRAME.ping]);
  assert.equal((await upstream.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x64");
  await relay.close();
});

Deno.test("an answer begins with the table size that the client waits for", async () => {
  const relay = await startReadyRelay({ decide });
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

Deno.test("our own frames never break into a response's frame or header block", async () => {
  const relay = await startReadyRelay({ decide });
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
