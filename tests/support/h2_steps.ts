/**
 * Steps that tests of the HTTP/2 relay share: frames in short, refusals, and what to wait for.
 *
 * @module
 */

import { formatFrame, formatHeaders, FRAME } from "../../lib/proxy/http2/frame.ts";
import type { H2Request } from "../../lib/proxy/http2/request.ts";
import type { H2Decision } from "../../lib/proxy/http2/stream.ts";
import { encodeHeaderBlock } from "../../lib/proxy/hpack/encoder.ts";
import { bytesOf, fieldsOf, get, type H2Peer, INJECT_CANARY, type TestRelay } from "./h2.ts";

/** A frame from its fields; the payload in hexadecimal digits. */
export function frame(type: number, streamId: number, hex: string, flags = 0): Uint8Array {
  return formatFrame({ type, flags, streamId }, bytesOf(hex));
}

/** HEADERS of `GET /` on stream 1. */
export function getFrame(endStream: boolean): Uint8Array {
  const block = encodeHeaderBlock(fieldsOf(get("/")));
  return formatHeaders({ streamId: 1, endStream, priority: undefined, block });
}

/** Four bytes, big endian. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Sends WINDOW_UPDATE. */
export async function grant(peer: H2Peer, streamId: number, bytes: number): Promise<void> {
  await peer.send({ type: FRAME.windowUpdate, streamId, payload: uint32(bytes) });
}

/**
 * Sends a PING through the relay: when it arrives, everything sent before has been relayed.
 *
 * @returns the types of the frames that arrived before it.
 */
export async function pingThrough(relay: TestRelay): Promise<number[]> {
  await relay.client.send({ type: FRAME.ping, payload: "12345678" });
  const types: number[] = [];
  for (;;) {
    const { type } = await relay.upstream.receive();
    if (type === FRAME.ping) return types;
    types.push(type);
  }
}

/** Waits for the connection's end and gives the code of its GOAWAY. */
export async function goawayCode(peer: H2Peer): Promise<number | undefined> {
  const frames = await peer.receiveRest();
  return frames.find(({ type }) => type === FRAME.goaway)?.payload.charCodeAt(7);
}

const GONE: H2Decision = {
  kind: "refuse",
  refusal: {
    status: 502,
    code: "connection_not_found",
    message: "example is not connected.",
    hint: "Run: authsome login example",
  },
};

/** The body of the answer to what {@link refuseNo} refuses. */
export const GONE_BODY = '{"error":"connection_not_found","message":"example is not connected.",' +
  '"hint":"Run: authsome login example"}\n';

/** Refuses every path that begins with `/no`, and injects into all others. */
export function refuseNo(request: H2Request): H2Decision {
  return request.path.startsWith("/no") ? GONE : INJECT_CANARY;
}
