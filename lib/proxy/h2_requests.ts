/**
 * The direction from the client to the upstream: header blocks are decoded, decided about and
 * encoded afresh; everything else passes as it came. No I/O.
 *
 * @module
 */

import { wholeOf } from "./bytes.ts";
import { BodyCounter } from "./h2_body_counter.ts";
import {
  CLIENT_PREFACE,
  FLAG,
  formatFrame,
  formatHeaders,
  formatWindowUpdate,
  FRAME,
  H2_ERROR,
  H2Error,
  readUint31,
} from "./h2_frame.ts";
import { type HeaderBlock, HeaderBlockReader } from "./h2_header_block.ts";
import { TokenBucket } from "./h2_limits.ts";
import type { H2Openings } from "./h2_openings.ts";
import { checkTrailers, MalformedRequestError } from "./h2_request.ts";
import { type FramePart, FrameScanner } from "./h2_scanner.ts";
import type { H2Session } from "./h2_session.ts";
import type { H2Decision, H2Stream } from "./h2_stream.ts";
import { encodeHeaderBlock } from "./hpack_encoder.ts";
import type { HpackField } from "./hpack_tables.ts";

/** Relays what the client sends. */
export class RequestRelay<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #openings: H2Openings<D>;
  readonly #scanner = new FrameScanner();
  readonly #blocks: HeaderBlockReader;
  readonly #bodies = new BodyCounter();
  readonly #resets: TokenBucket;
  readonly #idleFrames: TokenBucket;
  #prefaceRead = 0;
  #settingsSeen = false;

  constructor(session: H2Session<D>, openings: H2Openings<D>) {
    const { limits, now } = session.policy;
    this.#session = session;
    this.#openings = openings;
    this.#blocks = new HeaderBlockReader(limits);
    this.#resets = new TokenBucket(limits.resets, now);
    this.#idleFrames = new TokenBucket(limits.idleFrames, now);
  }

  /**
   * Takes the next bytes of the client; `flush()` the outputs before the buffer is used again.
   *
   * @throws {H2Error} if the client breaks the protocol in a way that ends the connection.
   */
  receive(chunk: Uint8Array): void {
    this.#scanner.maxFrameSize = this.#session.upstreamSettings.maxFrameSize;
    this.#scanner.push(this.#readPreface(chunk));
    for (let part = this.#scanner.next(); part !== undefined; part = this.#scanner.next()) {
      this.#takePart(part);
      if (part.last) this.#openings.release();
    }
  }

  #readPreface(chunk: Uint8Array): Uint8Array {
    if (this.#prefaceRead === CLIENT_PREFACE.length) return chunk;
    let at = 0;
    for (; at < chunk.length && this.#prefaceRead < CLIENT_PREFACE.length; at++) {
      if (chunk[at] !== CLIENT_PREFACE[this.#prefaceRead++]) {
        throw new H2Error(H2_ERROR.protocolError, "the connection preface is wrong");
      }
    }
    const complete = this.#prefaceRead === CLIENT_PREFACE.length;
    this.#session.toUpstream.relay({ bytes: chunk, start: 0, end: at }, complete);
    return chunk.subarray(at);
  }

  #takePart(part: FramePart): void {
    const { head } = part;
    if (part.first) this.#checkFrame(part);
    switch (head.type) {
      case FRAME.data:
        return this.#takeData(part);
      case FRAME.headers:
      case FRAME.continuation:
        return this.#takeHeaders(part);
      case FRAME.priority:
        return this.#takePriority(part);
      case FRAME.rstStream:
        return this.#takeReset(part);
      case FRAME.settings:
        return this.#takeSettings(part);
      case FRAME.ping:
        return this.#takePing(part);
      case FRAME.windowUpdate:
        return this.#takeWindowUpdate(part);
      default:
        this.#session.toUpstream.relay(part, part.last);
    }
  }

  #checkFrame(part: FramePart): void {
    this.#blocks.checkSequence(part.head);
    const { type, flags } = part.head;
    if (!this.#settingsSeen && (type !== FRAME.settings || (flags & FLAG.ack) !== 0)) {
      throw new H2Error(H2_ERROR.protocolError, "the first frame is not SETTINGS");
    }
    this.#settingsSeen = true;
    if (type === FRAME.pushPromise) throw new H2Error(H2_ERROR.protocolError, "a client pushes");
  }

  #takeData(part: FramePart): void {
    const { head, payloadStart, end, last } = part;
    const stream = this.#session.streams.get(head.streamId);
    if (part.first) this.#checkData(part, stream);
    const dataBytes = end - payloadStart;
    const bodyBytes = this.#bodies.count(part);
    if (stream !== undefined) stream.requestBytes += bodyBytes;
    const inUpstreamFrame = !part.first && !this.#session.toUpstream.atBoundary;
    if (inUpstreamFrame || stream?.state === "relayed") {
      this.#session.toUpstream.relay(part, last);
    } else if (stream?.state === "held") {
      this.#openings.held.hold(stream.id, { range: part, atBoundary: last, dataBytes });
    } else {
      this.#session.returnWindow(head.streamId, dataBytes);
      if (stream === undefined) this.#countIdleFrame();
    }
    if (last && stream !== undefined && (head.flags & FLAG.endStream) !== 0) this.#end(stream);
  }

  #checkData({ head }: FramePart, stream: H2Stream<D> | undefined): void {
    if (stream === undefined) this.#checkClosed(head.streamId);
    else if (stream.clientEnded) throw streamClosed();
    if (head.length === 0 && (head.flags & FLAG.endStream) === 0) this.#countIdleFrame();
  }

  #takeHeaders(part: FramePart): void {
    const block = this.#blocks.take(part);
    if (block === undefined) return;
    const { requestDecoder, policy, streams } = this.#session;
    const fields = requestDecoder.decode(block.bytes, policy.limits);
    const id = block.head.streamId;
    const stream = streams.get(id);
    if (stream !== undefined) return this.#takeTrailers(stream, { block, fields });
    if (id % 2 === 1 && id > streams.highestId) return this.#openings.open(block, fields);
    this.#checkClosed(id);
    this.#countIdleFrame();
  }

  #takeTrailers(
    stream: H2Stream<D>,
    trailers: { readonly block: HeaderBlock; readonly fields: readonly HpackField[] | undefined },
  ): void {
    if (stream.clientEnded) throw streamClosed();
    const { block, fields } = trailers;
    const endStream = (block.head.flags & FLAG.endStream) !== 0;
    if (!endStream || fields === undefined || !areTrailers(fields)) {
      return this.#openings.reset(stream, H2_ERROR.protocolError);
    }
    const { id: streamId, state } = stream;
    const { priority } = block;
    const content = { streamId, endStream, priority, block: encodeHeaderBlock(fields) };
    const range = wholeOf(formatHeaders(content));
    if (state === "relayed") this.#session.toUpstream.relay(range, true);
    if (state === "held") {
      this.#openings.held.hold(streamId, { range, atBoundary: true, dataBytes: 0 });
    }
    this.#end(stream);
  }

  #takePriority(part: FramePart): void {
    const { streamId } = part.head;
    if (readUint31(part.bytes, part.payloadStart) === streamId) throw selfDependency();
    const state = this.#session.streams.get(streamId)?.state ?? "relayed";
    if (state === "relayed") this.#session.toUpstream.relay(part, true);
    else this.#countIdleFrame();
  }

  #takeReset(part: FramePart): void {
    if (!this.#resets.take()) throw new H2Error(H2_ERROR.enhanceYourCalm, "too many resets");
    const { streamId } = part.head;
    const stream = this.#session.streams.get(streamId);
    if (streamId % 2 === 0) return this.#session.toUpstream.relay(part, true);
    if (stream === undefined) return this.#checkIdle(streamId);
    if (stream.state === "relayed") this.#session.toUpstream.relay(part, true);
    this.#openings.abandon(stream);
  }

  #takeSettings(part: FramePart): void {
    const { toUpstream, clientSettings, upstreamSettings, answers } = this.#session;
    if ((part.head.flags & FLAG.ack) !== 0) {
      upstreamSettings.acknowledge();
      return toUpstream.relay(part, true);
    }
    const before = clientSettings.initialWindow;
    toUpstream.relay(wholeOf(formatFrame(part.head, clientSettings.announce(part))), true);
    answers.shiftWindows(clientSettings.initialWindow - before);
  }

  #takePing(part: FramePart): void {
    if ((part.head.flags & FLAG.ack) === 0) this.#session.openPings++;
    if (this.#session.openPings > this.#session.policy.limits.unacknowledged) {
      throw new H2Error(H2_ERROR.enhanceYourCalm, "too many PINGs");
    }
    this.#session.toUpstream.relay(part, true);
  }

  #takeWindowUpdate(part: FramePart): void {
    const { streamId } = part.head;
    const increment = readUint31(part.bytes, part.payloadStart);
    if (streamId === 0) return this.#widenConnection(part, increment);
    if (streamId % 2 === 0) return this.#session.toUpstream.relay(part, true);
    const stream = this.#session.streams.get(streamId);
    if (stream === undefined) {
      this.#checkIdle(streamId);
      return this.#countIdleFrame();
    }
    if (increment === 0) return this.#openings.reset(stream, H2_ERROR.protocolError);
    this.#widenStream(stream, part, increment);
  }

  #widenStream(stream: H2Stream<D>, part: FramePart, increment: number): void {
    switch (stream.state) {
      case "relayed":
        return this.#session.toUpstream.relay(part, true);
      case "held":
        stream.granted += increment;
        return this.#openings.held.hold(stream.id, { range: part, atBoundary: true, dataBytes: 0 });
      case "answered":
        if (this.#session.answers.grant(stream.id, increment)) return;
        return this.#openings.reset(stream, H2_ERROR.flowControlError);
      default:
        stream.state satisfies never;
    }
  }

  #widenConnection(part: FramePart, increment: number): void {
    if (increment === 0) throw new H2Error(H2_ERROR.protocolError, "a window update of 0");
    const { window, toUpstream, answers } = this.#session;
    const relayed = window.grant(increment);
    if (relayed === increment) toUpstream.relay(part, true);
    else if (relayed > 0) toUpstream.relay(wholeOf(formatWindowUpdate(0, relayed)), true);
    answers.resume();
  }

  #end(stream: H2Stream<D>): void {
    stream.clientEnded = true;
    this.#session.streams.settle(stream);
  }

  /** A stream that is not open may only be one that our side reset a moment ago. */
  #checkClosed(streamId: number): void {
    if (streamId % 2 === 0) throw new H2Error(H2_ERROR.protocolError, "a stream is the server's");
    this.#checkIdle(streamId);
    if (!this.#session.streams.wasReset(streamId)) throw streamClosed();
  }

  #checkIdle(streamId: number): void {
    if (streamId <= this.#session.streams.highestId) return;
    throw new H2Error(H2_ERROR.protocolError, "a frame is on a stream that was never opened");
  }

  #countIdleFrame(): void {
    if (this.#idleFrames.take()) return;
    throw new H2Error(H2_ERROR.enhanceYourCalm, "too many frames without use");
  }
}

function areTrailers(fields: readonly HpackField[]): boolean {
  try {
    checkTrailers(fields);
    return true;
  } catch (error) {
    if (error instanceof MalformedRequestError) return false;
    throw error;
  }
}

function streamClosed(): H2Error {
  return new H2Error(H2_ERROR.streamClosed, "a frame is on a closed stream");
}

function selfDependency(): H2Error {
  return new H2Error(H2_ERROR.protocolError, "a stream depends on itself");
}
