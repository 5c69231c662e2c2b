/**
 * The direction from the client to the upstream: header blocks are decoded, decided about and
 * encoded afresh; everything else passes as it came. No I/O.
 *
 * @module
 */

import { wholeOf } from "../stream/bytes.ts";
import { ClientControls } from "./controls.ts";
import { CLIENT_PREFACE, FLAG, formatHeaders, FRAME, H2_ERROR, H2Error } from "./frame.ts";
import { type HeaderBlock, HeaderBlockReader } from "./header_block.ts";
import type { H2Openings } from "./openings.ts";
import { checkTrailers, MalformedRequestError } from "./request.ts";
import { bodySizeOf, type FramePart, FrameScanner } from "./scanner.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision, H2Stream } from "./stream.ts";
import { streamClosed, StreamRules } from "./stream_rules.ts";
import { encodeHeaderBlock } from "../hpack/encoder.ts";
import type { HpackField } from "../hpack/tables.ts";

/** Relays what the client sends. */
export class RequestRelay<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #openings: H2Openings<D>;
  readonly #scanner = new FrameScanner();
  readonly #blocks: HeaderBlockReader;
  readonly #rules: StreamRules<D>;
  readonly #controls: ClientControls<D>;
  #prefaceRead = 0;
  #settingsSeen = false;

  constructor(session: H2Session<D>, openings: H2Openings<D>) {
    this.#session = session;
    this.#openings = openings;
    this.#blocks = new HeaderBlockReader(session.policy.limits);
    this.#rules = new StreamRules(session);
    this.#controls = new ClientControls(session, { openings, rules: this.#rules });
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
    if (this.#prefaceRead === CLIENT_PREFACE.length) {
      this.#session.toUpstream.relay(wholeOf(CLIENT_PREFACE), true);
    }
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
        return this.#controls.takePriority(part);
      case FRAME.rstStream:
        return this.#controls.takeReset(part);
      case FRAME.settings:
        return this.#controls.takeSettings(part);
      case FRAME.ping:
        return this.#controls.takePing(part);
      case FRAME.windowUpdate:
        return this.#controls.takeWindowUpdate(part);
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
    const { toUpstream, streams } = this.#session;
    const isUpstreams = !part.first && !toUpstream.atBoundary;
    if (part.first) this.#beginData(part);
    const stream = streams.get(head.streamId);
    const dataBytes = end - payloadStart;
    if (isUpstreams || stream?.state === "relayed") toUpstream.relay(part, last);
    else if (stream?.state === "held") {
      this.#openings.held.hold(stream.id, { range: part, atBoundary: last, dataBytes });
    } else {
      this.#session.returnWindow(head.streamId, dataBytes);
      if (stream === undefined) this.#rules.countIdleFrame();
    }
    if (last && stream !== undefined && (head.flags & FLAG.endStream) !== 0) this.#end(stream);
  }

  #beginData(part: FramePart): void {
    const { head } = part;
    const bodySize = bodySizeOf(part);
    const isLast = (head.flags & FLAG.endStream) !== 0;
    if (head.length === 0 && !isLast) this.#rules.countIdleFrame();
    const stream = this.#session.streams.get(head.streamId);
    if (stream === undefined) return this.#rules.checkClosed(head.streamId);
    if (stream.clientEnded) throw streamClosed();
    stream.requestBytes += bodySize;
    if (!fitsLength(stream, isLast)) this.#openings.reset(stream, H2_ERROR.protocolError);
  }

  #takeHeaders(part: FramePart): void {
    const block = this.#blocks.take(part);
    if (block === undefined) return;
    const { requestDecoder, policy, streams } = this.#session;
    const fields = requestDecoder.decode(block, policy.limits);
    const id = block.head.streamId;
    const stream = streams.get(id);
    if (stream !== undefined) return this.#takeTrailers(stream, { block, fields });
    if (id % 2 === 1 && id > streams.highestId) return this.#openings.open(block, fields);
    this.#rules.checkClosed(id);
    this.#rules.countIdleFrame();
  }

  #takeTrailers(
    stream: H2Stream<D>,
    trailers: { readonly block: HeaderBlock; readonly fields: readonly HpackField[] | undefined },
  ): void {
    if (stream.clientEnded) throw streamClosed();
    const { block, fields } = trailers;
    const endStream = (block.head.flags & FLAG.endStream) !== 0;
    if (!endStream || fields === undefined || !areTrailers(fields) || !fitsLength(stream, true)) {
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

  #end(stream: H2Stream<D>): void {
    stream.clientEnded = true;
    this.#session.streams.settle(stream);
  }
}

/** A body that is not as long as it said could be read as another request further on. */
function fitsLength(stream: H2Stream<H2Decision>, isWhole: boolean): boolean {
  const { requestBytes, requestLength } = stream;
  if (requestLength === undefined) return true;
  return isWhole ? requestBytes === requestLength : requestBytes <= requestLength;
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
