/**
 * HTTP/2 frames: the same frames for every chunking, the same as a plain reading, one documented
 * error, and no byte lost.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { formatFrame, FRAME, H2Error } from "../../../lib/proxy/http2/frame.ts";
import { bodySizeOf, FrameScanner } from "../../../lib/proxy/http2/scanner.ts";
import { parseFrameHead } from "../../support/h2.ts";
import type { Random } from "../../support/random.ts";
import { chunksOf } from "../mutate.ts";
import type { FuzzTarget } from "../target.ts";

interface ScannedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** The target. */
export const h2Frames: FuzzTarget = {
  name: "h2_frames",
  generate: generateFrames,
  check: (input, random) => {
    const whole = scan([input]);
    assert.deepEqual(scan(chunksOf(input, random)), whole);
    assert.deepEqual(whole.frames, readPlainly(input, whole.frames.length));
  },
};

/** All complete frames up to the first error. */
function scan(chunks: readonly Uint8Array[]): {
  readonly frames: ScannedFrame[];
  readonly error: string | undefined;
} {
  const scanner = new FrameScanner();
  const frames: ScannedFrame[] = [];
  let payload: Uint8Array[] = [];
  try {
    for (const chunk of chunks) {
      scanner.push(chunk);
      for (let part = scanner.next(); part !== undefined; part = scanner.next()) {
        const { head, bytes, start, payloadStart, end, first, last } = part;
        assert.equal(payloadStart - start, first ? 9 : 0);
        if (first && head.type === FRAME.data) bodySizeOf(part);
        payload = first ? [] : payload;
        payload.push(bytes.slice(payloadStart, end));
        const { type, flags, streamId } = head;
        if (last) frames.push({ type, flags, streamId, payload: concat(payload) });
      }
    }
    return { frames, error: undefined };
  } catch (error) {
    if (!(error instanceof H2Error)) throw error;
    return { frames, error: error.message };
  }
}

function readPlainly(input: Uint8Array, count: number): ScannedFrame[] {
  const frames: ScannedFrame[] = [];
  for (let at = 0; frames.length < count;) {
    const { length, ...head } = parseFrameHead(input, at);
    frames.push({ ...head, payload: input.slice(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return frames;
}

function generateFrames(random: Random): Uint8Array {
  const frames = Array.from({ length: 1 + random.below(8) }, () => {
    const type = random.chance(8) ? random.below(256) : random.below(10);
    const onConnection = [FRAME.settings, FRAME.ping, FRAME.goaway].some((own) => own === type);
    const streamId = onConnection ? 0 : random.pick([1, 3, 5, 0x7fffffff]);
    const lengths: Readonly<Record<number, number>> = {
      [FRAME.priority]: 5,
      [FRAME.rstStream]: 4,
      [FRAME.settings]: 6 * random.below(4),
      [FRAME.ping]: 8,
      [FRAME.goaway]: 8 + random.below(9),
      [FRAME.windowUpdate]: 4,
    };
    const length = lengths[type] ?? random.below(random.chance(5) ? 3000 : 40);
    return formatFrame({ type, flags: random.below(256), streamId }, random.bytes(length));
  });
  return concat(frames);
}
