import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { FLAG, formatFrame, FRAME, H2_ERROR, H2Error } from "../../../lib/proxy/http2/frame.ts";
import { bodySizeOf, FrameScanner } from "../../../lib/proxy/http2/scanner.ts";
import { createRandom } from "../../support/random.ts";

interface ScannedFrame {
  readonly type: number;
  readonly streamId: number;
  readonly payload: readonly number[];
}

/** Body sizes of the DATA frames in {@link STREAM}. */
const BODY_SIZES = [300, 1, 0];

/** Scans chunks, checks that no byte is lost, and joins pieces to frames. */
function scan(chunks: readonly Uint8Array[], scanner = new FrameScanner()): ScannedFrame[] {
  const frames: ScannedFrame[] = [];
  const raw: number[] = [];
  const sizes: number[] = [];
  let payload: number[] = [];
  for (const chunk of chunks) {
    scanner.push(chunk);
    for (let part = scanner.next(); part !== undefined; part = scanner.next()) {
      const { head, bytes, start, payloadStart, end, first, last } = part;
      raw.push(...bytes.subarray(start, end));
      if (first && head.type === FRAME.data) sizes.push(bodySizeOf(part));
      payload = [...(first ? [] : payload), ...bytes.subarray(payloadStart, end)];
      if (!last) continue;
      assert.equal(payload.length, head.length);
      frames.push({ type: head.type, streamId: head.streamId, payload });
    }
  }
  const input = concat(chunks);
  assert.deepEqual(raw, [...input.subarray(0, raw.length)]);
  if (sizes.length > 1) assert.deepEqual(sizes, BODY_SIZES);
  return frames;
}

const STREAM = concat([
  formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, new Uint8Array(12)),
  formatFrame({ type: FRAME.headers, flags: FLAG.endHeaders, streamId: 1 }, Uint8Array.of(1, 2, 3)),
  formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, createRandom(1).bytes(300)),
  formatFrame({ type: FRAME.data, flags: FLAG.padded, streamId: 1 }, Uint8Array.of(2, 65, 0, 0)),
  formatFrame({ type: FRAME.data, flags: FLAG.endStream, streamId: 1 }, new Uint8Array(0)),
  formatFrame({ type: 0x77, flags: 0xff, streamId: 9 }, createRandom(2).bytes(40)),
  formatFrame({ type: FRAME.windowUpdate, flags: 0, streamId: 0 }, new Uint8Array(4)),
  formatFrame({ type: FRAME.ping, flags: 0, streamId: 0 }, new Uint8Array(8)),
]);

Deno.test("next() finds the same frames for every chunking", () => {
  const whole = scan([STREAM]);
  assert.deepEqual(whole.map(({ type }) => type), [4, 1, 0, 0, 0, 0x77, 8, 6]);
  const bytewise = Array.from(STREAM, (byte) => Uint8Array.of(byte));
  assert.deepEqual(scan(bytewise), whole);
  const random = createRandom(9113);
  for (let round = 0; round < 200; round++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < STREAM.length;) {
      const end = at + 1 + random.below(random.pick([3, 20, 400]));
      chunks.push(STREAM.subarray(at, end));
      at = end;
    }
    assert.deepEqual(scan(chunks), whole);
  }
});

Deno.test("next() gives DATA on as it comes, before its frame is complete", () => {
  const scanner = new FrameScanner();
  const frame = formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, new Uint8Array(100));
  scanner.push(frame.subarray(0, 40));
  const part = scanner.next();
  assert.deepEqual([part?.start, part?.end, part?.last], [0, 40, false]);
  assert.equal(part?.bytes.buffer, frame.buffer);
});

const WRONG: readonly (readonly [
  what: string,
  head: { readonly type: number; readonly streamId: number; readonly flags?: number },
  length: number,
  code: number,
])[] = [
  ["DATA on stream 0", { type: FRAME.data, streamId: 0 }, 1, H2_ERROR.protocolError],
  ["HEADERS on stream 0", { type: FRAME.headers, streamId: 0 }, 1, H2_ERROR.protocolError],
  ["PRIORITY on stream 0", { type: FRAME.priority, streamId: 0 }, 5, H2_ERROR.protocolError],
  ["a short PRIORITY", { type: FRAME.priority, streamId: 1 }, 4, H2_ERROR.frameSizeError],
  ["RST_STREAM on stream 0", { type: FRAME.rstStream, streamId: 0 }, 4, H2_ERROR.protocolError],
  ["a long RST_STREAM", { type: FRAME.rstStream, streamId: 1 }, 5, H2_ERROR.frameSizeError],
  ["SETTINGS on a stream", { type: FRAME.settings, streamId: 1 }, 6, H2_ERROR.protocolError],
  ["half a setting", { type: FRAME.settings, streamId: 0 }, 7, H2_ERROR.frameSizeError],
  [
    "a SETTINGS acknowledgement with settings",
    { type: FRAME.settings, streamId: 0, flags: FLAG.ack },
    6,
    H2_ERROR.frameSizeError,
  ],
  ["PING on a stream", { type: FRAME.ping, streamId: 3 }, 8, H2_ERROR.protocolError],
  ["a short PING", { type: FRAME.ping, streamId: 0 }, 6, H2_ERROR.frameSizeError],
  ["GOAWAY on a stream", { type: FRAME.goaway, streamId: 1 }, 8, H2_ERROR.protocolError],
  ["a short GOAWAY", { type: FRAME.goaway, streamId: 0 }, 7, H2_ERROR.frameSizeError],
  ["a long WINDOW_UPDATE", { type: FRAME.windowUpdate, streamId: 0 }, 5, H2_ERROR.frameSizeError],
  [
    "CONTINUATION on stream 0",
    { type: FRAME.continuation, streamId: 0 },
    1,
    H2_ERROR.protocolError,
  ],
  ["a frame that is too large", { type: 0x77, streamId: 0 }, 16_385, H2_ERROR.frameSizeError],
];

for (const [what, head, length, code] of WRONG) {
  Deno.test(`next() refuses ${what}`, () => {
    const frame = formatFrame({ flags: 0, ...head }, new Uint8Array(length));
    assert.throws(() => scan([frame]), (error) => error instanceof H2Error && error.code === code);
    // Nothing but the nine bytes of its head is needed to refuse it.
    assert.throws(() => scan([frame.subarray(0, 9)]), H2Error);
  });
}

Deno.test("next() does not gather a huge header frame even where huge frames are allowed", () => {
  const scanner = new FrameScanner();
  scanner.maxFrameSize = 0xffffff;
  const data = formatFrame({ type: FRAME.data, flags: 0, streamId: 1 }, new Uint8Array(1 << 20));
  scanner.push(data);
  assert.equal(scanner.next()?.last, true);
  const headers = formatFrame({ type: FRAME.headers, flags: 0, streamId: 1 }, new Uint8Array(9));
  headers[0] = 0x10;
  scanner.push(headers);
  const calm = (error: unknown): boolean =>
    error instanceof H2Error && error.code === H2_ERROR.enhanceYourCalm;
  assert.throws(() => scanner.next(), calm);
});

Deno.test("next() ignores the reserved bit of the stream identifier", () => {
  const frame = formatFrame({ type: FRAME.data, flags: 0, streamId: 5 }, new Uint8Array(1));
  frame[5] = 0x80;
  assert.deepEqual(scan([frame]).map(({ streamId }) => streamId), [5]);
});
