import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { FLAG, formatFrame, FRAME } from "../../../lib/proxy/http2/frame.ts";
import type { H2Stream } from "../../../lib/proxy/http2/stream.ts";
import type { H2Decision } from "../../../lib/proxy/http2/stream.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import { createSearch } from "../../../lib/proxy/redaction/redaction.ts";
import { bytesOf, fieldsOf, get, startReadyRelay, type TestRelay } from "../../support/h2.ts";
import { pingThrough, uint32 } from "../../support/h2_steps.ts";
import { CANARY } from "../../support/proxy.ts";
import { fromLatin1 } from "../../support/wire.ts";

const STARS = "*".repeat(CANARY.length);
const [BEGIN, END] = [CANARY.slice(0, 9), CANARY.slice(9)];
const search = createSearch([CANARY]);

interface Redacting extends TestRelay {
  /** Identifiers of the streams that were masked. */
  readonly hits: readonly number[];
}

/** A relay that masks the canary, with requests on streams 1, 3, … `streams` under way. */
async function startRedacting(streams = 1): Promise<Redacting> {
  const hits: number[] = [];
  const relay = await startReadyRelay({
    redaction: {
      searchFor: ({ kind }) => kind === "inject" ? search : undefined,
      searches: () => search === undefined ? [] : [search],
      onHit: ({ id }: H2Stream<H2Decision>) => hits.push(id),
    },
  });
  for (let id = 1; id <= streams; id += 2) {
    await relay.client.sendHeaders(id, get("/", [["accept-encoding", "gzip"]]), true);
    await relay.upstream.receiveHeaders();
  }
  return { ...relay, hits };
}

Deno.test("HTTP/2: a request asks for no compression where its answer is searched", async () => {
  const relay = await startRedacting(0);
  await relay.client.sendHeaders(1, get("/", [["accept-encoding", "gzip, br"], ["x", "y"]]));
  const { fields } = await relay.upstream.receiveHeaders();
  const lines = fields.map(({ name, value }) => `${name}: ${value}`);
  assert.deepEqual(lines.slice(4, 6), ["accept-encoding: identity", "x: y"]);
  await relay.close();
});

Deno.test("HTTP/2: a secret is masked in headers, trailers and early hints", async () => {
  const relay = await startRedacting();
  const { client, upstream } = relay;
  await upstream.sendHeaders(1, [[":status", "103"], ["link", `<${CANARY}>`]], true);
  await upstream.sendHeaders(1, [[":status", "200"], ["x-key", CANARY]], true);
  await upstream.sendHeaders(1, [["grpc-message", `bad key ${CANARY}`]]);
  for (const value of [`<${STARS}>`, STARS, `bad key ${STARS}`]) {
    assert.equal((await client.receiveHeaders()).fields.at(-1)?.value, value);
  }
  assert.deepEqual(relay.hits, [1]);
  assert.equal(relay.exchanges.length, 0);
  await relay.close();
});

Deno.test("HTTP/2: a header block in several frames is masked as a whole, or passes as it came", async () => {
  const relay = await startRedacting(3);
  const { client, upstream } = relay;
  for (const [id, value] of [[1, CANARY], [3, "harmless"]] as const) {
    const block = encodeHeaderBlock(fieldsOf([[":status", "200"], ["x-key", value]]));
    const cut = block.length - 7;
    await upstream.send({ type: FRAME.headers, streamId: id, payload: block.slice(0, cut) });
    const last = { type: FRAME.continuation, flags: FLAG.endHeaders, streamId: id };
    await upstream.send({ ...last, payload: block.slice(cut) });
  }
  assert.equal((await client.receiveHeaders()).fields.at(-1)?.value, STARS);
  assert.deepEqual([(await client.receive()).type, (await client.receive()).type], [
    FRAME.headers,
    FRAME.continuation,
  ]);
  await relay.close();
});

Deno.test("HTTP/2: frames, padding and lengths are as they came", async () => {
  const relay = await startRedacting();
  const { client, upstream } = relay;
  const frames = (key: string): Uint8Array =>
    concat([
      formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, fromLatin1(`a ${key} b`)),
      formatFrame(
        { type: FRAME.data, flags: FLAG.padded, streamId: 1 },
        concat([bytesOf("02"), fromLatin1(key.slice(0, 9)), bytesOf("0000")]),
      ),
      formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, new Uint8Array(0)),
      formatFrame(
        { type: FRAME.data, flags: FLAG.endStream, streamId: 1 },
        fromLatin1(key.slice(9)),
      ),
    ]);
  for (const byte of frames(CANARY)) await upstream.wire.send(Uint8Array.of(byte));
  const expected = String.fromCharCode(...frames(STARS));
  assert.equal(await client.wire.takeBytes(expected.length), expected);
  assert.deepEqual(relay.hits, [1]);
  await relay.close();
});

Deno.test("HTTP/2: a frame that ends as a secret begins waits, and no other stream with it", async () => {
  const relay = await startRedacting(3);
  const { client, upstream } = relay;
  await upstream.sendData(1, `x${BEGIN}`, true);
  await upstream.sendData(3, "other", true);
  assert.deepEqual(await client.receive().then(({ streamId, payload }) => [streamId, payload]), [
    3,
    "other",
  ]);
  await upstream.sendData(1, `${END}y`, true);
  assert.equal((await client.receive()).payload, `x${"*".repeat(9)}`);
  assert.equal((await client.receive()).payload, `${"*".repeat(13)}y`);
  await upstream.sendData(1, BEGIN, true);
  await upstream.sendData(1, " no", true);
  assert.equal((await client.receive()).payload, BEGIN);
  assert.equal((await client.receive()).payload, " no");
  await relay.close();
});

Deno.test("HTTP/2: trailers and the end of a stream let go what was held", async () => {
  const relay = await startRedacting(3);
  const { client, upstream } = relay;
  await upstream.sendData(1, BEGIN, true);
  await upstream.sendHeaders(1, [["grpc-status", "0"]]);
  await upstream.sendData(3, BEGIN);
  assert.equal((await client.receive()).payload, BEGIN);
  assert.equal((await client.receiveHeaders()).fields[0]?.value, "0");
  assert.equal((await client.receive()).payload, BEGIN);
  assert.deepEqual(relay.hits, []);
  await relay.close();
});

Deno.test("HTTP/2: a stream that the client resets shows nothing of what was on its way", async () => {
  const relay = await startRedacting(3);
  const { client, upstream } = relay;
  await upstream.sendData(3, BEGIN, true);
  for (const streamId of [1, 3]) {
    await client.send({ type: FRAME.rstStream, streamId, payload: uint32(8) });
    await upstream.receiveType(FRAME.rstStream);
  }
  await upstream.sendHeaders(1, [[":status", "200"], ["x-key", CANARY]], true);
  await upstream.sendData(1, `x${CANARY}`);
  assert.equal((await client.receiveHeaders()).fields.at(-1)?.value, STARS);
  assert.equal((await client.receive()).payload, "*".repeat(CANARY.length + 1));
  // What was held of the other stream is gone, and its window is back.
  await client.send({ type: FRAME.ping, payload: "12345678" });
  const update = await upstream.receiveType(FRAME.windowUpdate);
  assert.deepEqual([update.streamId, update.payload], [0, `\0\0\0${String.fromCharCode(9)}`]);
  await relay.close();
});

Deno.test("HTTP/2: a window too small for the next frame does not hold up the stream", async () => {
  const relay = await startRedacting(0);
  const { client, upstream } = relay;
  // Initial windows of ten bytes.
  await client.send({ type: FRAME.settings, payload: concat([bytesOf("0004"), uint32(10)]) });
  await client.sendHeaders(1, get("/"), true);
  await upstream.receiveHeaders();
  await upstream.sendData(1, "....sk-can", true);
  assert.equal((await client.receive()).payload, "....******");
  await client.send({ type: FRAME.windowUpdate, streamId: 1, payload: uint32(11) });
  await upstream.receiveType(FRAME.windowUpdate);
  await upstream.sendData(1, CANARY.slice(6, -6), true);
  await upstream.sendData(1, `${CANARY.slice(-6)}!`);
  assert.equal((await client.receive()).payload, "*".repeat(10));
  assert.equal((await client.receive()).payload, "******!");
  await relay.close();
});

Deno.test("HTTP/2: what is held leaves when other streams have used up the window", async () => {
  const relay = await startRedacting(3);
  const { client, upstream } = relay;
  await upstream.sendData(1, BEGIN, true);
  for (let rest = 65_535 - BEGIN.length; rest > 0; rest -= 16_384) {
    await upstream.sendData(3, " ".repeat(Math.min(rest, 16_384)), true);
  }
  for (let frames = 0; frames < 4; frames++) assert.equal((await client.receive()).streamId, 3);
  assert.equal((await client.receive()).payload, "*".repeat(BEGIN.length));
  await relay.close();
});

Deno.test("HTTP/2: frames without content are not held without end", async () => {
  const relay = await startRedacting(1);
  const { client, upstream } = relay;
  const empty = formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, new Uint8Array(0));
  await upstream.sendData(1, BEGIN, true);
  await upstream.wire.send(concat(Array.from({ length: 2000 }, () => empty)));
  assert.equal((await client.receive()).payload, "*".repeat(BEGIN.length));
  await upstream.sendData(1, END);
  const { payload } = await client.receiveType(FRAME.data);
  assert.equal(payload, "");
  await relay.close();
});

Deno.test("HTTP/2: frames larger than are gathered are not allowed to the upstream", async () => {
  const relay = await startRedacting(0);
  const payload = concat([bytesOf("0005"), uint32(0xffffff)]);
  await relay.client.send({ type: FRAME.settings, payload });
  const { payload: seen } = await relay.upstream.receiveType(FRAME.settings);
  assert.equal(seen, "\0\x05\0\x04\0\0");
  assert.deepEqual(await pingThrough(relay), []);
  await relay.close();
});

Deno.test("HTTP/2: a pushed answer is masked, its promise may not quote a secret", async () => {
  const relay = await startRedacting();
  const { client, upstream } = relay;
  await upstream.sendData(2, `x ${CANARY}`);
  assert.equal((await client.receive()).payload, `x ${STARS}`);
  const promise = concat([uint32(4), encodeHeaderBlock(fieldsOf([["x-key", CANARY]]))]);
  const flags = FLAG.endHeaders;
  await upstream.send({ type: FRAME.pushPromise, flags, streamId: 1, payload: promise });
  assert.deepEqual((await client.receiveRest()).map(({ type }) => type), [FRAME.goaway]);
  await relay.close();
});
