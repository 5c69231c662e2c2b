/**
 * The whole HTTP/2 relay without its sockets: the same output for every chunking, documented errors
 * only, and the credential in every request that leaves and in nothing else.
 *
 * An input is a sequence of turns: who speaks (an even byte: the client), the length of what is
 * said in two bytes, and the bytes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat, formatByteString, wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { CLIENT_PREFACE, FRAME, H2Error } from "../../../lib/proxy/http2/frame.ts";
import { HeaderBlockReader } from "../../../lib/proxy/http2/header_block.ts";
import { FrameScanner } from "../../../lib/proxy/http2/scanner.ts";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { generateConversation } from "../conversation.ts";
import { CANARY, MemoryRelay } from "../memory_relay.ts";
import { chunksOf } from "../mutate.ts";
import type { FuzzTarget } from "../target.ts";

interface Turn {
  readonly speaker: "client" | "upstream";
  readonly bytes: Uint8Array;
}

interface Result {
  readonly toClient: Uint8Array;
  readonly toUpstream: Uint8Array;
  readonly error: string | undefined;
}

/** The target. */
export const h2Relay: FuzzTarget = {
  name: "h2_relay",
  generate: (random) => joinTurns(generateConversation(random)),
  check: async (input, random) => {
    const turns = splitTurns(input);
    const whole = await converse(turns, (bytes) => [bytes]);
    const pieces = await converse(turns, (bytes) => chunksOf(bytes, random));
    assert.deepEqual(pieces.error, whole.error);
    assert.deepEqual(pieces.toUpstream, whole.toUpstream);
    assert.deepEqual(withoutGrants(pieces.toClient), withoutGrants(whole.toClient));
    checkRequests(whole.toUpstream);
    assert.equal(formatByteString(wholeOf(whole.toClient)).includes(CANARY), false);
  },
};

async function converse(
  turns: readonly Turn[],
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
): Promise<Result> {
  const relay = new MemoryRelay();
  let error: string | undefined;
  try {
    for (const { speaker, bytes } of turns) {
      for (const chunk of cut(bytes)) relay.receive(speaker, chunk);
      await relay.decide();
    }
  } catch (thrown) {
    if (!(thrown instanceof H2Error || thrown instanceof HpackError)) throw thrown;
    error = thrown.message;
  }
  return { ...await relay.outputs(), error };
}

/** Window updates may be cut differently; they are summed up by stream. */
function withoutGrants(output: Uint8Array): unknown {
  const grants = new Map<number, number>();
  const others: unknown[] = [];
  for (const { type, flags, streamId, payload } of framesOf(output)) {
    if (type !== FRAME.windowUpdate) others.push([type, flags, streamId, payload]);
    else {
      const increment = new DataView(payload.slice().buffer).getUint32(0);
      grants.set(streamId, (grants.get(streamId) ?? 0) + increment);
    }
  }
  return { others, grants: [...grants].sort(([a], [b]) => a - b) };
}

/** Every request that leaves has exactly one credential, and a number higher than the last. */
function checkRequests(output: Uint8Array): void {
  const decoder = new HpackDecoder();
  const blocks = new HeaderBlockReader({ blockBytes: Infinity, continuations: Infinity });
  const scanner = new FrameScanner();
  scanner.maxFrameSize = 0xffffff;
  scanner.push(output.subarray(CLIENT_PREFACE.length));
  let highest = 0;
  for (let part = scanner.next(); part !== undefined; part = scanner.next()) {
    if (part.first) blocks.checkSequence(part.head);
    if (part.head.type !== FRAME.headers && part.head.type !== FRAME.continuation) continue;
    const block = blocks.take(part);
    if (block === undefined) continue;
    const limits = { headBytes: Infinity, headFields: Infinity };
    const fields = decoder.decode(block, limits) ?? [];
    if (!fields.some(({ name }) => name === ":method")) continue;
    assert.ok(block.head.streamId > highest, "a stream goes back");
    highest = block.head.streamId;
    const credentials = fields.filter(({ name }) => name === "authorization");
    assert.deepEqual(credentials, [{ name: "authorization", value: CANARY, neverIndexed: true }]);
    assert.equal(fields.some(({ name }) => name === "proxy-authorization"), false);
  }
}

function* framesOf(output: Uint8Array): Generator<{
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}> {
  const view = new DataView(output.buffer, output.byteOffset, output.length);
  for (let at = 0; at + 9 <= output.length;) {
    const length = view.getUint32(at) >>> 8;
    const payload = output.subarray(at + 9, at + 9 + length);
    const [type, flags] = [output[at + 3]!, output[at + 4]!];
    yield { type, flags, streamId: view.getUint32(at + 5), payload };
    at += 9 + length;
  }
}

function joinTurns(turns: readonly Turn[]): Uint8Array {
  return concat(turns.map(({ speaker, bytes }) => {
    const side = speaker === "client" ? 0 : 1;
    return concat([Uint8Array.of(side, bytes.length >> 8, bytes.length), bytes]);
  }));
}

function splitTurns(input: Uint8Array): Turn[] {
  const turns: Turn[] = [];
  for (let at = 0; at + 3 <= input.length;) {
    const length = (input[at + 1]! << 8) | input[at + 2]!;
    const speaker = input[at]! % 2 === 0 ? "client" : "upstream";
    turns.push({ speaker, bytes: input.subarray(at + 3, at + 3 + length) });
    at += 3 + length;
  }
  return turns;
}
