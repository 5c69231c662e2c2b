import assert from "node:assert/strict";
import { FLAG, FRAME, H2_ERROR } from "../../../lib/proxy/http2/frame.ts";
import {
  get,
  type H2Peer,
  startReadyRelay,
  type TestRelay,
  type TestRelayOptions,
} from "../../support/h2.ts";
import { frame, getFrame, goawayCode } from "../../support/h2_steps.ts";

const END_ALL = FLAG.endHeaders | FLAG.endStream;

interface Violation {
  readonly what: string;
  readonly code: number;
  readonly commit: (client: H2Peer, relay: TestRelay) => Promise<void>;
  readonly options?: TestRelayOptions;
}

function sending(...frames: readonly Uint8Array[]): Violation["commit"] {
  return async (client) => {
    for (const bytes of frames) await client.wire.send(bytes);
  };
}

const OPEN = getFrame(false);
const CLOSED = getFrame(true);

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
];

for (const { what, code, commit, options } of VIOLATIONS) {
  Deno.test(`${what} ends the connection with error ${code}`, async () => {
    const relay = await startReadyRelay(options);
    await commit(relay.client, relay);
    assert.equal(await goawayCode(relay.client), code);
    await relay.close();
  });
}
