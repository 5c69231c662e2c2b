import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { FLAG, FRAME } from "../../../lib/proxy/http2/frame.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import { bytesOf, fieldsOf, get, type Headers, startReadyRelay } from "../../support/h2.ts";
import { CANARY } from "../../support/proxy.ts";

const END_ALL = FLAG.endHeaders | FLAG.endStream;

Deno.test("a request reaches the upstream with its credential, all else in order", async () => {
  const relay = await startReadyRelay();
  const headers = get("/v1?q=1", [
    ["cookie", "a=1"],
    ["x-b", "\xff\x80"],
    ["cookie", "b=2"],
    ["x-b", "again"],
  ]);
  const sent: Headers = [
    ...headers.slice(0, 5),
    ["authorization", "Bearer authsome-proxy-managed"],
    ...headers.slice(5),
    ["authorization", "second copy"],
    ["proxy-authorization", "Basic secret"],
  ];
  await relay.client.sendHeaders(1, sent);
  const { frame, fields } = await relay.upstream.receiveHeaders();
  assert.equal(frame.flags, END_ALL);
  const expected = [...headers];
  expected.splice(5, 0, ["authorization", `Bearer ${CANARY}`]);
  assert.deepEqual(fields.map(({ name, value }) => [name, value]), expected);
  const sensitive = fields.filter(({ neverIndexed }) => neverIndexed).map(({ name }) => name);
  assert.deepEqual(sensitive, ["authorization"]);
  await relay.close();
});

Deno.test("the upstream's table stays empty, whatever the client indexes", async () => {
  const relay = await startReadyRelay();
  // Literals with incremental indexing, then references to them.
  const indexed = concat([
    bytesOf("828784"),
    bytesOf("410f6170692e6578616d706c652e636f6d"),
    bytesOf("40017801790f1200"),
  ]);
  const send = (streamId: number, payload: Uint8Array): Promise<void> =>
    relay.client.send({ type: FRAME.headers, flags: END_ALL, streamId, payload });
  await send(1, indexed);
  await send(3, bytesOf("828784bfbe"));
  const first = await relay.upstream.receiveHeaders();
  const second = await relay.upstream.receiveHeaders();
  for (const { fields } of [first, second]) {
    assert.equal(fields.find(({ name }) => name === "x")?.value, "y");
    assert.equal(fields.at(-1)?.value, `Bearer ${CANARY}`);
  }
  assert.equal(first.frame.payload[0], "\x20", "the first block gives up the table");
  assert.equal(/[\x40-\x7f]/.test(second.frame.payload[0] ?? ""), false);
  await relay.close();
});

Deno.test("PADDED, PRIORITY and CONTINUATION are understood and the priority is kept", async () => {
  const relay = await startReadyRelay();
  const block = encodeHeaderBlock(fieldsOf(get("/")));
  const priority = bytesOf("8000000310");
  const padded = concat([Uint8Array.of(7), priority, block.subarray(0, 5), new Uint8Array(7)]);
  await relay.client.send({
    type: FRAME.headers,
    flags: FLAG.padded | FLAG.priority,
    streamId: 5,
    payload: padded,
  });
  await relay.client.send({ type: FRAME.continuation, streamId: 5, payload: block.subarray(5, 6) });
  await relay.client.send({ type: FRAME.continuation, streamId: 5, payload: "" });
  await relay.client.send({
    type: FRAME.continuation,
    flags: FLAG.endHeaders,
    streamId: 5,
    payload: block.subarray(6),
  });
  const frame = await relay.upstream.receiveType(FRAME.headers);
  assert.equal(frame.flags, FLAG.endHeaders | FLAG.priority);
  assert.equal(frame.payload.slice(0, 5), "\x80\0\0\x03\x10");
  assert.equal(frame.payload.includes(CANARY), true);
  await relay.close();
});

Deno.test("a header larger than a frame goes on in CONTINUATION frames", async () => {
  const relay = await startReadyRelay();
  const large = "x".repeat(20_000);
  const block = encodeHeaderBlock(fieldsOf(get("/", [["x-large", large]])));
  await relay.client.send({ type: FRAME.headers, streamId: 1, payload: block.subarray(0, 16_000) });
  const flags = FLAG.endHeaders;
  const payload = block.subarray(16_000);
  await relay.client.send({ type: FRAME.continuation, flags, streamId: 1, payload });
  const first = await relay.upstream.receiveType(FRAME.headers);
  const second = await relay.upstream.receive();
  assert.deepEqual([first.flags, first.payload.length], [0, 16_384]);
  assert.deepEqual([second.type, second.flags], [FRAME.continuation, FLAG.endHeaders]);
  assert.equal((first.payload + second.payload).includes(large), true);
  await relay.close();
});

Deno.test("bodies and trailers pass both ways, and are counted without padding", async () => {
  const relay = await startReadyRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/echo"), true);
  await client.send({
    type: FRAME.data,
    flags: FLAG.padded,
    streamId: 1,
    payload: "\x03hello\0\0\0",
  });
  await client.send({ type: FRAME.data, streamId: 1, payload: "" });
  await client.sendHeaders(1, [["x-sum", "5"], ["authorization", "kept: this is a trailer"]]);
  await upstream.receiveHeaders();
  assert.equal((await upstream.receive()).payload, "\x03hello\0\0\0");
  assert.equal((await upstream.receive()).payload, "");
  const trailers = await upstream.receiveHeaders();
  assert.equal(trailers.frame.flags, END_ALL);
  assert.deepEqual(trailers.fields.map(({ name, value }) => `${name}: ${value}`), [
    "x-sum: 5",
    "authorization: kept: this is a trailer",
  ]);
  await upstream.sendHeaders(1, [[":status", "103"], ["link", "</x>"]], true);
  await upstream.sendHeaders(1, [[":status", "200"]], true);
  await upstream.sendData(1, "answer", true);
  await upstream.sendHeaders(1, [["grpc-status", "0"]]);
  for (const status of ["103", "200"]) {
    assert.equal((await client.receiveHeaders()).fields[0]?.value, status);
  }
  assert.equal((await client.receive()).payload, "answer");
  assert.equal((await client.receiveHeaders()).fields[0]?.name, "grpc-status");
  const [exchange] = relay.exchanges;
  assert.deepEqual([exchange?.status, exchange?.requestBytes, exchange?.responseBytes], [
    200,
    5,
    6,
  ]);
  await relay.close();
});

Deno.test("resets pass both ways and end the exchange", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/a"), true);
  await relay.client.sendHeaders(3, get("/b"), true);
  await relay.client.send({ type: FRAME.rstStream, streamId: 1, payload: "\0\0\0\x08" });
  const reset = await relay.upstream.receiveType(FRAME.rstStream);
  assert.deepEqual([reset.streamId, reset.payload], [1, "\0\0\0\x08"]);
  await relay.upstream.send({ type: FRAME.rstStream, streamId: 3, payload: "\0\0\0\x07" });
  assert.equal((await relay.client.receiveType(FRAME.rstStream)).streamId, 3);
  assert.deepEqual(relay.exchanges.map(({ path, status }) => [path, status]), [
    ["/a", undefined],
    ["/b", undefined],
  ]);
  await relay.close();
});

Deno.test("either end's closing ends the other and records what was under way", async () => {
  for (const side of ["client", "upstream"] as const) {
    const relay = await startReadyRelay();
    await relay.client.sendHeaders(1, get("/open"), true);
    await relay.upstream.receiveHeaders();
    relay[side].wire.close();
    const other = side === "client" ? relay.upstream : relay.client;
    assert.deepEqual(await other.receiveRest(), []);
    other.wire.close();
    await relay.ended;
    assert.deepEqual(relay.exchanges.map(({ path }) => path), ["/open"]);
  }
});

Deno.test("what the upstream said before it closed still reaches the client", async () => {
  const relay = await startReadyRelay();
  await relay.upstream.send({ type: FRAME.goaway, payload: "\0\0\0\0\0\0\0\x0b" });
  relay.upstream.wire.close();
  const frames = await relay.client.receiveRest();
  assert.deepEqual(frames.map(({ type }) => type), [FRAME.goaway]);
  await relay.close();
});

Deno.test("a pushed request is read along and the push passes", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/"));
  await relay.upstream.receiveHeaders();
  const promise = concat([bytesOf("00000002"), bytesOf("4001780179")]);
  const flags = FLAG.endHeaders;
  await relay.upstream.send({ type: FRAME.pushPromise, flags, streamId: 1, payload: promise });
  // The response refers to the entry that the promise has added.
  await relay.upstream.send({ type: FRAME.headers, flags, streamId: 2, payload: bytesOf("88be") });
  await relay.upstream.sendData(2, "pushed");
  assert.equal((await relay.client.receive()).type, FRAME.pushPromise);
  assert.equal((await relay.client.receive()).streamId, 2);
  assert.equal((await relay.client.receive()).payload, "pushed");
  await relay.client.send({ type: FRAME.rstStream, streamId: 2, payload: "\0\0\0\x08" });
  assert.equal((await relay.upstream.receiveType(FRAME.rstStream)).streamId, 2);
  await relay.close();
});
