import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import {
  CLIENT_PREFACE,
  FLAG,
  formatFrame,
  FRAME,
  SETTING,
} from "../../../lib/proxy/http2/frame.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import { bytesOf, fieldsOf, get, startReadyRelay, startTestRelay } from "../../support/h2.ts";
import { CANARY } from "../../support/proxy.ts";
import { createRandom } from "../../support/random.ts";

function setting(id: number, value: number): Uint8Array {
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint16(0, id);
  new DataView(bytes.buffer).setUint32(2, value);
  return bytes;
}

/** Frames that belong to the two ends alone. */
const OPAQUE = [
  formatFrame({ type: FRAME.ping, flags: 0, streamId: 0 }, bytesOf("0102030405060708")),
  formatFrame({ type: FRAME.ping, flags: FLAG.ack, streamId: 0 }, bytesOf("0807060504030201")),
  formatFrame({ type: FRAME.windowUpdate, flags: 0, streamId: 0 }, bytesOf("00012345")),
  formatFrame({ type: FRAME.settings, flags: FLAG.ack, streamId: 0 }, new Uint8Array(0)),
  formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, setting(0xf000, 7)),
  formatFrame({ type: FRAME.goaway, flags: 0, streamId: 0 }, bytesOf("0000000000000000aabb")),
  formatFrame({ type: 0xfa, flags: 0x55, streamId: 0 }, createRandom(3).bytes(5000)),
  formatFrame({ type: 0xfb, flags: 0, streamId: 11 }, new Uint8Array(0)),
];

Deno.test("frames between the two ends pass byte for byte, in both directions", async () => {
  const relay = await startReadyRelay();
  const bytes = concat(OPAQUE);
  const expected = String.fromCharCode(...bytes);
  for (const [from, to] of [[relay.client, relay.upstream], [relay.upstream, relay.client]]) {
    await from!.wire.send(bytes);
    assert.equal(await to!.wire.takeBytes(bytes.length), expected);
  }
  await relay.close();
});

Deno.test("a response passes byte for byte, however it is encoded and cut", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/"));
  await relay.upstream.receiveHeaders();
  const response = concat([
    formatFrame(
      { type: FRAME.headers, flags: FLAG.padded, streamId: 1 },
      bytesOf("02" + "884803333037" + "0000"),
    ),
    formatFrame({ type: FRAME.continuation, flags: 0, streamId: 1 }, bytesOf("4001")),
    formatFrame(
      { type: FRAME.continuation, flags: FLAG.endHeaders, streamId: 1 },
      bytesOf("780179"),
    ),
    formatFrame({ type: FRAME.data, flags: FLAG.padded, streamId: 1 }, bytesOf("0161" + "00")),
    formatFrame({ type: FRAME.data, flags: FLAG.endStream, streamId: 1 }, new Uint8Array(0)),
  ]);
  for (const byte of response) await relay.upstream.wire.send(Uint8Array.of(byte));
  const expected = String.fromCharCode(...response);
  assert.equal(await relay.client.wire.takeBytes(response.length), expected);
  assert.equal(relay.exchanges[0]?.responseBytes, 1);
  await relay.close();
});

Deno.test("a request sent byte by byte is relayed as if it came at once", async () => {
  const relay = await startTestRelay();
  const request = concat([
    CLIENT_PREFACE,
    formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, setting(3, 100)),
    formatFrame(
      { type: FRAME.headers, flags: FLAG.endHeaders, streamId: 1 },
      encodeHeaderBlock(fieldsOf(get("/"))),
    ),
    formatFrame({ type: FRAME.data, flags: FLAG.endStream, streamId: 1 }, bytesOf("6f6b")),
  ]);
  for (const byte of request) await relay.client.wire.send(Uint8Array.of(byte));
  await relay.upstream.wire.takeBytes(CLIENT_PREFACE.length);
  assert.equal((await relay.upstream.receive()).payload, "\0\x03\0\0\0\x64");
  assert.equal((await relay.upstream.receiveHeaders()).fields.at(-1)?.value, `Bearer ${CANARY}`);
  assert.equal((await relay.upstream.receive()).payload, "ok");
  await relay.close();
});

Deno.test("a table larger than we keep is lowered in passing, in both directions", async () => {
  const relay = await startReadyRelay();
  const payload = concat([setting(SETTING.headerTableSize, 1 << 24), setting(4, 1 << 20)]);
  for (const [from, to] of [[relay.client, relay.upstream], [relay.upstream, relay.client]]) {
    await from!.send({ type: FRAME.settings, payload });
    const { payload: seen } = await to!.receiveType(FRAME.settings);
    assert.equal(seen, "\0\x01\0\x01\0\0\0\x04\0\x10\0\0");
  }
  await relay.close();
});
