import assert from "node:assert/strict";
import { CLIENT_PREFACE, FLAG, FRAME, H2_ERROR } from "../../../lib/proxy/http2/frame.ts";
import {
  get,
  type H2Peer,
  startReadyRelay,
  startTestRelay,
  type TestRelay,
  type TestRelayOptions,
} from "../../support/h2.ts";
import { frame, getFrame, goawayCode } from "../../support/h2_steps.ts";
import { untilStill } from "../../support/until.ts";

const END_ALL = FLAG.endHeaders | FLAG.endStream;
const CALM = H2_ERROR.enhanceYourCalm;

interface Flood {
  readonly what: string;
  readonly code: number;
  readonly commit: (client: H2Peer, relay: TestRelay) => Promise<void>;
  readonly options?: TestRelayOptions;
}

const OPEN = getFrame(false);

const FLOODS: readonly Flood[] = [
  {
    what: "a flood of CONTINUATION frames",
    code: CALM,
    commit: async (client) => {
      await client.wire.send(frame(FRAME.headers, 1, "82"));
      for (let count = 0; count < 200; count++) {
        await client.wire.send(frame(FRAME.continuation, 1, "")).catch(() => {});
      }
    },
  },
  {
    what: "a header block without end",
    code: CALM,
    options: { limits: { continuations: 1e9 } },
    commit: async (client) => {
      const piece = new Uint8Array(16_384).fill(0x82);
      await client.send({ type: FRAME.headers, streamId: 1, payload: piece });
      for (let count = 0; count < 32; count++) {
        await client.send({ type: FRAME.continuation, streamId: 1, payload: piece })
          .catch(() => {});
      }
    },
  },
  {
    what: "a rapid reset",
    code: CALM,
    options: { limits: { resets: { burst: 50, perSecond: 1 } }, now: () => 0 },
    commit: async (client) => {
      for (let streamId = 1; streamId < 120; streamId += 2) {
        await client.sendHeaders(streamId, get("/")).catch(() => {});
        await client.wire.send(frame(FRAME.rstStream, streamId, "00000008")).catch(() => {});
      }
    },
  },
  {
    what: "a flood of SETTINGS",
    code: CALM,
    options: { limits: { unacknowledged: 20 } },
    commit: async (client) => {
      for (let count = 0; count < 30; count++) {
        await client.send({ type: FRAME.settings }).catch(() => {});
      }
    },
  },
  {
    what: "a flood of PING",
    code: CALM,
    options: { limits: { unacknowledged: 20 } },
    commit: async (client) => {
      for (let count = 0; count < 30; count++) {
        await client.send({ type: FRAME.ping, payload: "12345678" }).catch(() => {});
      }
    },
  },
  {
    what: "a flood of DATA without a byte",
    code: CALM,
    options: { limits: { idleFrames: { burst: 20, perSecond: 1 } }, now: () => 0 },
    commit: async (client) => {
      await client.wire.send(OPEN);
      for (let count = 0; count < 30; count++) {
        await client.sendData(1, "", true).catch(() => {});
      }
    },
  },
];

for (const { what, code, commit, options } of FLOODS) {
  Deno.test(`${what} ends the connection with error ${code}`, async () => {
    const relay = await startReadyRelay(options);
    await commit(relay.client, relay);
    assert.equal(await goawayCode(relay.client), code);
    await relay.close();
  });
}

Deno.test("a wrong preface ends the connection before anything is relayed", async () => {
  for (const preface of ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"]) {
    const relay = await startTestRelay();
    await relay.client.wire.send(preface);
    const frames = await relay.client.receiveRest();
    assert.deepEqual(frames.map(({ type }) => type), [FRAME.settings, FRAME.goaway]);
    assert.equal(await relay.upstream.wire.takeRest().then((text) => text.includes("SM")), false);
    await relay.close();
  }
});

Deno.test("the first frame must be SETTINGS, of either side", async () => {
  const relay = await startTestRelay();
  await relay.client.wire.send(CLIENT_PREFACE);
  await relay.client.send({ type: FRAME.ping, payload: "12345678" });
  assert.equal(await goawayCode(relay.client), H2_ERROR.protocolError);
  await relay.close();
  const other = await startTestRelay();
  await other.upstream.send({ type: FRAME.ping, payload: "12345678" });
  assert.equal(await goawayCode(other.client), H2_ERROR.protocolError);
  await other.close();
});

Deno.test("an upstream that cannot be followed is left, and the client is told", async () => {
  const cases: readonly (readonly [bytes: Uint8Array, code: number])[] = [
    [frame(FRAME.headers, 1, "80", END_ALL), H2_ERROR.compressionError],
    [frame(FRAME.continuation, 1, "88"), H2_ERROR.protocolError],
    [new Uint8Array([0, 0x40, 1, 0, 0, 0, 0, 0, 1]), H2_ERROR.frameSizeError],
  ];
  for (const [bytes, code] of cases) {
    const relay = await startReadyRelay();
    await relay.client.sendHeaders(1, get("/"));
    await relay.upstream.receiveHeaders();
    await relay.upstream.wire.send(bytes);
    assert.equal(await goawayCode(relay.client), code);
    await relay.close();
  }
});

Deno.test("an upstream that breaks off a header block leaves no place for GOAWAY", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/"));
  await relay.upstream.wire.send(frame(FRAME.headers, 1, "88"));
  await relay.upstream.send({ type: FRAME.settings });
  const frames = await relay.client.receiveRest();
  assert.deepEqual(frames.map(({ type }) => type), [FRAME.headers]);
  await relay.close();
});

Deno.test("streams beyond the limit are refused one by one", async () => {
  const relay = await startReadyRelay({ limits: { streams: 2 } });
  for (const streamId of [1, 3, 5]) await relay.client.sendHeaders(streamId, get("/"), true);
  const reset = await relay.client.receiveType(FRAME.rstStream);
  assert.deepEqual([reset.streamId, reset.payload], [5, "\0\0\0\x07"]);
  await relay.client.sendData(5, "late", true);
  await relay.client.send({ type: FRAME.rstStream, streamId: 1, payload: "\0\0\0\x08" });
  await relay.client.sendHeaders(7, get("/"));
  for (const streamId of [1, 3, 7]) {
    assert.equal((await relay.upstream.receiveHeaders()).frame.streamId, streamId);
  }
  await relay.close();
});

Deno.test("what a client sends on a stream that the upstream has reset stops here", async () => {
  const relay = await startReadyRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/"), true);
  await upstream.receiveHeaders();
  await upstream.send({ type: FRAME.rstStream, streamId: 1, payload: "\0\0\0\0" });
  await client.receiveType(FRAME.rstStream);
  await client.sendData(1, "late", true);
  await client.sendHeaders(1, [["late", "trailer"]]);
  assert.deepEqual((await client.receiveType(FRAME.windowUpdate)).payload, "\0\0\0\x04");
  await client.send({ type: FRAME.ping, payload: "12345678" });
  assert.equal((await upstream.receive()).type, FRAME.ping);
  await relay.close();
});

Deno.test("a client that does not read holds the upstream back", async () => {
  const relay = await startReadyRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/"));
  await upstream.sendHeaders(1, [[":status", "200"]], true);
  const chunk = new Uint8Array(16_384);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 4000; sent++) await upstream.sendData(1, chunk, true);
  })().catch(() => {});
  assert.ok(await untilStill(() => sent, 100) < 4000, "64 MB went somewhere");
  await relay.close();
  await sending;
});
