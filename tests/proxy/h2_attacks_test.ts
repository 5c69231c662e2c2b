import assert from "node:assert/strict";
import {
  CLIENT_PREFACE,
  FLAG,
  formatFrame,
  formatHeaders,
  FRAME,
  H2_ERROR,
} from "../../lib/proxy/h2_frame.ts";
import { encodeHeaderBlock } from "../../lib/proxy/hpack_encoder.ts";
import {
  bytesOf,
  fieldsOf,
  get,
  type H2Peer,
  startReadyRelay,
  startTestRelay,
  type TestRelay,
  type TestRelayOptions,
} from "../support/h2.ts";

const END_ALL = FLAG.endHeaders | FLAG.endStream;
const CALM = H2_ERROR.enhanceYourCalm;

/** Waits for the connection's end and gives the code of its GOAWAY. */
async function goawayCode(peer: H2Peer): Promise<number | undefined> {
  const frames = await peer.receiveRest();
  const goaway = frames.find(({ type }) => type === FRAME.goaway);
  return goaway?.payload.charCodeAt(7);
}

interface Violation {
  readonly what: string;
  readonly code: number;
  readonly commit: (client: H2Peer, relay: TestRelay) => Promise<void>;
  readonly options?: TestRelayOptions;
}

/** A frame from its fields, as one step of a violation. */
function frame(type: number, streamId: number, hex: string, flags = 0): Uint8Array {
  return formatFrame({ type, flags, streamId }, bytesOf(hex));
}

function sending(...frames: readonly Uint8Array[]): Violation["commit"] {
  return async (client) => {
    for (const bytes of frames) await client.wire.send(bytes);
  };
}

const OPEN = formatHeaders({
  streamId: 1,
  endStream: false,
  priority: undefined,
  block: encodeHeaderBlock(fieldsOf(get("/"))),
});
const CLOSED = formatHeaders({
  streamId: 1,
  endStream: true,
  priority: undefined,
  block: encodeHeaderBlock(fieldsOf(get("/"))),
});

const VIOLATIONS: readonly Violation[] = [
  {
    what: "HPACK that cannot be decoded",
    code: H2_ERROR.compressionError,
    commit: sending(frame(FRAME.headers, 1, "80", END_ALL)),
  },
  {
    what: "a frame between HEADERS and CONTINUATION",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 1, "82"), frame(FRAME.ping, 0, "0000000000000000")),
  },
  {
    what: "an unknown frame between HEADERS and CONTINUATION",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 1, "82"), frame(0x77, 1, "00")),
  },
  {
    what: "CONTINUATION of another stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 1, "82"), frame(FRAME.continuation, 3, "87")),
  },
  {
    what: "CONTINUATION out of nowhere",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.continuation, 1, "82", FLAG.endHeaders)),
  },
  {
    what: "padding as long as its HEADERS frame",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 1, "0282", END_ALL | FLAG.padded)),
  },
  {
    what: "padding as long as its DATA frame",
    code: H2_ERROR.protocolError,
    commit: sending(OPEN, frame(FRAME.data, 1, "0200", FLAG.padded)),
  },
  {
    what: "a padded DATA frame without a byte",
    code: H2_ERROR.protocolError,
    commit: sending(OPEN, frame(FRAME.data, 1, "", FLAG.padded)),
  },
  {
    what: "HEADERS too short for its priority",
    code: H2_ERROR.frameSizeError,
    commit: sending(frame(FRAME.headers, 1, "00000000", END_ALL | FLAG.priority)),
  },
  {
    what: "HEADERS that depend on their own stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 1, "0000000110" + "82", END_ALL | FLAG.priority)),
  },
  {
    what: "PRIORITY that depends on its own stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.priority, 1, "0000000110")),
  },
  {
    what: "HEADERS on an even stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.headers, 2, "82", END_ALL)),
  },
  {
    what: "a stream identifier that goes back",
    code: H2_ERROR.streamClosed,
    commit: async (client) => {
      await client.sendHeaders(5, get("/"));
      await client.sendHeaders(3, get("/"));
    },
  },
  {
    what: "DATA after END_STREAM",
    code: H2_ERROR.streamClosed,
    commit: sending(CLOSED, frame(FRAME.data, 1, "00")),
  },
  {
    what: "HEADERS after END_STREAM",
    code: H2_ERROR.streamClosed,
    commit: sending(CLOSED, CLOSED),
  },
  {
    what: "DATA on a stream that the client has reset",
    code: H2_ERROR.streamClosed,
    commit: sending(OPEN, frame(FRAME.rstStream, 1, "00000008"), frame(FRAME.data, 1, "00")),
  },
  {
    what: "DATA on an idle stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.data, 1, "00")),
  },
  {
    what: "RST_STREAM on an idle stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.rstStream, 1, "00000008")),
  },
  {
    what: "WINDOW_UPDATE on an idle stream",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.windowUpdate, 1, "00000001")),
  },
  {
    what: "a window update of 0",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.windowUpdate, 0, "00000000")),
  },
  {
    what: "a connection window that overflows",
    code: H2_ERROR.flowControlError,
    commit: sending(frame(FRAME.windowUpdate, 0, "7fffffff")),
  },
  {
    what: "an initial window that is too large",
    code: H2_ERROR.flowControlError,
    commit: sending(frame(FRAME.settings, 0, "000480000000")),
  },
  {
    what: "ENABLE_PUSH other than 0 and 1",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.settings, 0, "000200000002")),
  },
  {
    what: "a frame size below the minimum",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.settings, 0, "000500003fff")),
  },
  {
    what: "a frame size above the maximum",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.settings, 0, "000501000000")),
  },
  {
    what: "a push by the client",
    code: H2_ERROR.protocolError,
    commit: sending(frame(FRAME.pushPromise, 1, "0000000282", FLAG.endHeaders)),
  },
  {
    what: "a frame larger than the upstream allows",
    code: H2_ERROR.frameSizeError,
    commit: sending(new Uint8Array([0, 0x40, 1, 0x77, 0, 0, 0, 0, 0])),
  },
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

for (const { what, code, commit, options } of VIOLATIONS) {
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
  for (let before = -1; before < sent;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sent < 4000, "64 MB went somewhere");
  await relay.close();
  await sending;
});
