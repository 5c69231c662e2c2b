/**
 * The HTTP/2 frame format (RFC 9113, sections 4 and 6): constants, and frames as bytes.
 *
 * @module
 */

import { concat, readUint32, writeUint32 } from "../stream/bytes.ts";

/** Frame types we interpret. All others pass through as opaque bytes. */
export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

/** Frame flags; a bit means different things on different types. */
export const FLAG = {
  /** On DATA and HEADERS. */
  endStream: 0x1,
  /** On SETTINGS and PING. */
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** Error codes (RFC 9113, section 7). */
export const H2_ERROR = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

/** Identifiers of the settings we interpret (RFC 9113, section 6.5.2). */
export const SETTING = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
} as const;

/** What a client sends before its first frame (RFC 9113, section 3.4). */
export const CLIENT_PREFACE: Uint8Array = new TextEncoder().encode(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
);

/** Length of the fixed part of every frame, in bytes. */
export const FRAME_HEAD_SIZE = 9;

/** The frame size every peer accepts, in bytes. */
export const DEFAULT_FRAME_SIZE = 16_384;

/** The largest frame a peer may allow, in bytes. */
export const MAX_FRAME_SIZE = 0xffffff;

/** The flow-control window of a connection and of a stream before any change, in bytes. */
export const DEFAULT_WINDOW = 65_535;

/** The largest flow-control window, in bytes. */
export const MAX_WINDOW = 0x7fffffff;

/** The peer broke the protocol in a way that ends the connection: answered with GOAWAY. */
export class H2Error extends Error {
  /** One of {@link H2_ERROR}. */
  readonly code: number;

  constructor(code: number, reason: string) {
    super(`HTTP/2 connection error: ${reason}.`);
    this.name = "H2Error";
    this.code = code;
  }
}

/** The fixed part of a frame. */
export interface FrameHead {
  /** Payload length in bytes. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

/** A frame's head that is used again for the next frame. */
export type ReusedHead = { -readonly [field in keyof FrameHead]: FrameHead[field] };

/** Reads the nine bytes at `at`. The reserved bit of the stream identifier is ignored. */
export function readFrameHead(bytes: Uint8Array, at: number, head: ReusedHead): void {
  head.length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  head.type = bytes[at + 3]!;
  head.flags = bytes[at + 4]!;
  head.streamId = readUint31(bytes, at + 5);
}

/** The 31-bit number at `at`; the top bit is reserved. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & MAX_WINDOW;
}

/** A frame as bytes; `length` is the payload's own. */
export function formatFrame(head: Omit<FrameHead, "length">, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_SIZE + payload.length);
  const { type, flags, streamId } = head;
  writeFrame(frame, 0, { type, flags, streamId, payload });
  return frame;
}

/** A frame that is to be written. */
export interface WholeFrame extends Omit<FrameHead, "length"> {
  readonly payload: Uint8Array;
}

/** Writes a frame to `output`, which must have room for it from `at` on. */
export function writeFrame(output: Uint8Array, at: number, frame: WholeFrame): void {
  const { payload } = frame;
  output[at] = payload.length >>> 16;
  output[at + 1] = payload.length >>> 8;
  output[at + 2] = payload.length;
  output[at + 3] = frame.type;
  output[at + 4] = frame.flags;
  writeUint32(output, at + 5, frame.streamId);
  output.set(payload, at + FRAME_HEAD_SIZE);
}

/** What a HEADERS frame carries. */
export interface HeadersContent {
  readonly streamId: number;
  readonly endStream: boolean;
  /** The five priority bytes, as they came, or none. */
  readonly priority: Uint8Array | undefined;
  /** The complete header block. */
  readonly block: Uint8Array;
}

/** HEADERS, followed by as many CONTINUATION frames as the block needs. */
export function formatHeaders(content: HeadersContent): Uint8Array {
  const { streamId, endStream, priority } = content;
  const payload = priority === undefined ? content.block : concat([priority, content.block]);
  const frames: Uint8Array[] = [];
  let at = 0;
  do {
    const end = Math.min(at + DEFAULT_FRAME_SIZE, payload.length);
    const flags = (end === payload.length ? FLAG.endHeaders : 0) |
      (at > 0 ? 0 : (endStream ? FLAG.endStream : 0) | (priority ? FLAG.priority : 0));
    const type = at > 0 ? FRAME.continuation : FRAME.headers;
    frames.push(formatFrame({ type, flags, streamId }, payload.subarray(at, end)));
    at = end;
  } while (at < payload.length);
  return frames.length === 1 ? frames[0]! : concat(frames);
}

/** RST_STREAM with one of {@link H2_ERROR}. */
export function formatReset(streamId: number, code: number): Uint8Array {
  return formatFrame({ type: FRAME.rstStream, flags: 0, streamId }, uint32(code));
}

/** WINDOW_UPDATE for a stream, or for the connection if `streamId` is 0. */
export function formatWindowUpdate(streamId: number, increment: number): Uint8Array {
  return formatFrame({ type: FRAME.windowUpdate, flags: 0, streamId }, uint32(increment));
}

/** GOAWAY with one of {@link H2_ERROR} and the last stream we acted upon. */
export function formatGoaway(lastStreamId: number, code: number): Uint8Array {
  const payload = concat([uint32(lastStreamId), uint32(code)]);
  return formatFrame({ type: FRAME.goaway, flags: 0, streamId: 0 }, payload);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}
