/**
 * The client's frames that carry no message: settings, windows, priorities, resets, PING. They are
 * the upstream's unless they are about a stream it has not seen. No I/O.
 *
 * @module
 */

import { wholeOf } from "../stream/bytes.ts";
import { FLAG, formatFrame, formatWindowUpdate, H2_ERROR, H2Error, readUint31 } from "./frame.ts";
import type { H2Openings } from "./openings.ts";
import type { FramePart } from "./scanner.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision, H2Stream } from "./stream.ts";
import type { StreamRules } from "./stream_rules.ts";

/** Takes the control frames of one client. Each method throws {@link H2Error} at a violation. */
export class ClientControls<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #openings: H2Openings<D>;
  readonly #rules: StreamRules<D>;

  constructor(
    session: H2Session<D>,
    parts: { readonly openings: H2Openings<D>; readonly rules: StreamRules<D> },
  ) {
    this.#session = session;
    this.#openings = parts.openings;
    this.#rules = parts.rules;
  }

  /** A stream that the upstream has not seen has no place in its tree. */
  takePriority(part: FramePart): void {
    const { streamId } = part.head;
    if (readUint31(part.bytes, part.payloadStart) === streamId) throw selfDependency();
    const state = this.#session.streams.get(streamId)?.state ?? "relayed";
    if (state === "relayed") this.#session.toUpstream.relay(part, true);
    else this.#rules.countIdleFrame();
  }

  /** Ends a stream, whoever serves it. */
  takeReset(part: FramePart): void {
    this.#rules.countReset();
    const { streamId } = part.head;
    const stream = this.#session.streams.get(streamId);
    if (streamId % 2 === 0) return this.#session.toUpstream.relay(part, true);
    if (stream === undefined) return this.#rules.checkIdle(streamId);
    if (stream.state === "relayed") this.#session.toUpstream.relay(part, true);
    this.#openings.abandon(stream);
  }

  /** Reads the client's settings along, or its acknowledgement of the upstream's. */
  takeSettings(part: FramePart): void {
    const { toUpstream, clientSettings, upstreamSettings, answers } = this.#session;
    if ((part.head.flags & FLAG.ack) !== 0) {
      upstreamSettings.acknowledge();
      return toUpstream.relay(part, true);
    }
    const before = clientSettings.initialWindow;
    toUpstream.relay(wholeOf(formatFrame(part.head, clientSettings.announce(part))), true);
    answers.shiftWindows(clientSettings.initialWindow - before);
  }

  /** Counts what the upstream has to answer. */
  takePing(part: FramePart): void {
    if ((part.head.flags & FLAG.ack) === 0) this.#session.openPings++;
    if (this.#session.openPings > this.#session.policy.limits.unacknowledged) {
      throw new H2Error(H2_ERROR.enhanceYourCalm, "too many PINGs");
    }
    this.#session.toUpstream.relay(part, true);
  }

  /** Grants go to whom they are meant for: the upstream, or an answer of ours. */
  takeWindowUpdate(part: FramePart): void {
    const { streamId } = part.head;
    const increment = readUint31(part.bytes, part.payloadStart);
    if (streamId === 0) return this.#widenConnection(part, increment);
    if (streamId % 2 === 0) return this.#session.toUpstream.relay(part, true);
    const stream = this.#session.streams.get(streamId);
    if (stream === undefined) {
      this.#rules.checkIdle(streamId);
      return this.#rules.countIdleFrame();
    }
    if (increment === 0) return this.#openings.reset(stream, H2_ERROR.protocolError);
    this.#widenStream(stream, part, increment);
  }

  #widenStream(stream: H2Stream<D>, part: FramePart, increment: number): void {
    stream.granted += increment;
    switch (stream.state) {
      case "relayed":
        return this.#session.toUpstream.relay(part, true);
      case "held":
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
}

function selfDependency(): H2Error {
  return new H2Error(H2_ERROR.protocolError, "a stream depends on itself");
}
