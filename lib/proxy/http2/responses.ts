/**
 * The direction from the upstream to the client: bytes pass as they came, and are read along for
 * what the proxy must know: statuses, lengths, the ends of streams, settings. No I/O.
 *
 * @module
 */

import { wholeOf } from "../stream/bytes.ts";
import { FLAG, formatFrame, FRAME, H2_ERROR, H2Error } from "./frame.ts";
import { HeaderBlockReader } from "./header_block.ts";
import { bodySizeOf, type FramePart, FrameScanner } from "./scanner.ts";
import { ResponseMask } from "./redaction.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision, H2Stream } from "./stream.ts";

/** Relays what the upstream sends. */
export class ResponseRelay<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #scanner = new FrameScanner();
  readonly #blocks: HeaderBlockReader;
  /** Absent: answers pass as they are. */
  readonly #mask: ResponseMask<D> | undefined;
  /** DATA that the client has no window for because of an answer of ours. */
  #waiting: FramePart | undefined;
  #settingsSeen = false;

  constructor(session: H2Session<D>) {
    this.#session = session;
    const { limits, redaction } = session.policy;
    this.#blocks = new HeaderBlockReader(limits);
    this.#mask = redaction && new ResponseMask(session, redaction);
    this.#scanner.gathersData = redaction !== undefined;
  }

  /**
   * Takes the next bytes of the upstream; `flush()` the output before the buffer is used again.
   *
   * @returns whether all were taken; if not, wait for the client's window and `resume()`.
   * @throws {H2Error} if the upstream breaks the protocol so that it cannot be followed.
   */
  receive(chunk: Uint8Array): boolean {
    this.#scanner.maxFrameSize = this.#session.clientSettings.maxFrameSize;
    this.#scanner.push(chunk);
    return this.resume();
  }

  /** Goes on after `receive()` or `resume()` returned `false`; the result means the same. */
  resume(): boolean {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (let part = waiting ?? this.#scanner.next(); part; part = this.#scanner.next()) {
      if (this.#mustWait(part)) {
        this.#waiting = part;
        return false;
      }
      this.#takePart(part);
    }
    return true;
  }

  #mustWait({ head, first }: FramePart): boolean {
    return first && head.type === FRAME.data && this.#session.window.mustWait(head.length);
  }

  #takePart(part: FramePart): void {
    const { head } = part;
    if (part.first) this.#checkFrame(part);
    this.#mask?.dropReset();
    switch (head.type) {
      case FRAME.data:
        return this.#takeData(part);
      case FRAME.headers:
      case FRAME.pushPromise:
      case FRAME.continuation:
        return this.#takeHeaders(part);
      case FRAME.rstStream:
        return this.#takeReset(part);
      case FRAME.settings:
        return this.#takeSettings(part);
      case FRAME.ping:
        if ((head.flags & FLAG.ack) !== 0) this.#countPong();
    }
    this.#session.toClient.relay(part, part.last);
  }

  #checkFrame({ head }: FramePart): void {
    this.#blocks.checkSequence(head);
    if (!this.#settingsSeen && head.type !== FRAME.settings) {
      throw new H2Error(H2_ERROR.protocolError, "the upstream's first frame is not SETTINGS");
    }
    const stream = this.#session.streams.get(head.streamId);
    if (stream !== undefined && stream.state !== "relayed") {
      throw new H2Error(H2_ERROR.protocolError, "the upstream uses a stream it was not given");
    }
  }

  #takeData(part: FramePart): void {
    const { head, first, last } = part;
    const stream = this.#session.streams.get(head.streamId);
    if (first) {
      const bodySize = bodySizeOf(part);
      this.#session.window.spend(head.length);
      if (stream !== undefined) {
        stream.responseBytes += bodySize;
        stream.spent += head.length;
      }
    }
    if (this.#mask === undefined) this.#session.toClient.relay(part, last);
    else this.#mask.relayData(part, stream);
    if (last && (head.flags & FLAG.endStream) !== 0) this.#end(stream);
  }

  #takeHeaders(part: FramePart): void {
    const block = this.#blocks.take(part);
    const { responseDecoder, streams, toClient } = this.#session;
    if (this.#mask === undefined) toClient.relay(part, block !== undefined);
    else this.#mask.relayHeaders(part, block, streams.get(part.head.streamId));
    if (block === undefined) return;
    const status = responseDecoder.decode(block);
    if (block.head.type === FRAME.pushPromise) return;
    const stream = streams.get(block.head.streamId);
    // Neither an interim response nor trailers.
    if (stream !== undefined && status !== undefined && status >= 200) stream.status = status;
    if ((block.head.flags & FLAG.endStream) !== 0) this.#end(stream);
  }

  #takeReset(part: FramePart): void {
    const { streams, toClient } = this.#session;
    const stream = streams.get(part.head.streamId);
    // curl 7.88 loses an answer that reaches it in one TLS record with the reset behind it.
    toClient.divide();
    toClient.relay(part, true);
    streams.noteReset(part.head.streamId);
    if (stream !== undefined) streams.finish(stream);
  }

  #takeSettings(part: FramePart): void {
    const { toClient, clientSettings, upstreamSettings } = this.#session;
    if ((part.head.flags & FLAG.ack) !== 0) {
      clientSettings.acknowledge();
      return toClient.relay(part, true);
    }
    toClient.relay(wholeOf(formatFrame(part.head, upstreamSettings.announce(part))), true);
    this.#settingsSeen = true;
    toClient.openGate();
  }

  #countPong(): void {
    this.#session.openPings = Math.max(0, this.#session.openPings - 1);
  }

  #end(stream: H2Stream<D> | undefined): void {
    if (stream === undefined) return;
    stream.serverEnded = true;
    this.#session.streams.settle(stream);
  }
}
