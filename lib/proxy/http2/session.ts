/**
 * What both directions of one relayed HTTP/2 connection share.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { ByteStream } from "../stream/byte_stream.ts";
import { ClientWindow, OwnAnswers } from "./answers.ts";
import { formatReset, formatWindowUpdate, H2_ERROR, MAX_FRAME_SIZE } from "./frame.ts";
import type { H2Limits } from "./limits.ts";
import type { H2Redaction } from "./redaction.ts";
import { MAX_GATHERED } from "./scanner.ts";
import { FrameOutput } from "./output.ts";
import type { H2Request } from "./request.ts";
import { PeerSettings } from "./settings.ts";
import { type H2Decision, type H2Exchange, type H2Stream, StreamTable } from "./stream.ts";
import { HpackDecoder } from "../hpack/decoder.ts";
import { StatusDecoder } from "../hpack/status_decoder.ts";
import type { Refusal } from "../decision/refusal.ts";

/** What a relay is given by the connection it serves. `D` is the caller's own kind of decision. */
export interface H2RelayPolicy<D extends H2Decision> {
  /**
   * Settles what follows from a request's head alone, its host included. The result decides about
   * one request with this head, as often as there is one, and must not reject. A decision that is
   * not a promise costs no wait.
   */
  readonly prepare: (request: H2Request) => () => Awaitable<D>;
  /** Called before a request is sent on; gives its number. */
  readonly begin?: (stream: H2Stream<D>) => number | undefined;
  /** Called before anything is written to the upstream. */
  readonly commit?: () => void;
  /** Called once for every stream when it has ended. */
  readonly record: (exchange: H2Exchange<D>) => void;
  /** What is masked in answers. Absent: nothing. */
  readonly redaction?: H2Redaction<D> | undefined;
  /** Milliseconds. */
  readonly now: () => number;
  readonly limits: H2Limits;
}

/** The state of one connection. */
export class H2Session<D extends H2Decision> {
  readonly policy: H2RelayPolicy<D>;
  readonly toClient: FrameOutput;
  readonly toUpstream: FrameOutput;
  readonly streams: StreamTable<D>;
  readonly window: ClientWindow = new ClientWindow();
  readonly answers: OwnAnswers;
  readonly requestDecoder: HpackDecoder = new HpackDecoder();
  readonly responseDecoder: StatusDecoder = new StatusDecoder();
  readonly clientSettings: PeerSettings;
  readonly upstreamSettings: PeerSettings;
  /** PING frames of the client that the upstream has not answered yet. */
  openPings = 0;

  constructor(client: ByteStream, upstream: ByteStream, policy: H2RelayPolicy<D>) {
    this.policy = policy;
    this.toClient = new FrameOutput(client, { gated: true });
    this.toUpstream = new FrameOutput(upstream, { beforeWrite: policy.commit });
    this.streams = new StreamTable(policy.record, policy.now);
    this.answers = new OwnAnswers(this.toClient, this.window);
    const { limits, redaction } = policy;
    const frameBytes = redaction === undefined ? MAX_FRAME_SIZE : MAX_GATHERED;
    this.clientSettings = new PeerSettings(this.responseDecoder.table, { ...limits, frameBytes });
    this.upstreamSettings = new PeerSettings(this.requestDecoder.table, {
      ...limits,
      frameBytes: MAX_FRAME_SIZE,
    });
  }

  /**
   * Answers a stream that the upstream has not seen. A client that has more to say may say it: some
   * lose the answer if it is followed by a reset. Only if `code` is an error the stream is reset
   * with it once the answer has left.
   */
  answer(stream: H2Stream<D>, refusal: Refusal, code: number = H2_ERROR.noError): void {
    const { id } = stream;
    stream.state = "answered";
    stream.status = refusal.status;
    const sent = (bodyBytes: number): void => {
      stream.responseBytes = bodyBytes;
      stream.serverEnded = true;
      if (code === H2_ERROR.noError) return this.streams.settle(stream);
      this.toClient.insert(formatReset(id, code));
      this.streams.noteReset(id);
      this.streams.finish(stream);
    };
    this.answers.begin(id, refusal, {
      toHead: stream.method === "HEAD",
      window: this.clientSettings.initialWindow + stream.granted,
      tableShrink: this.responseDecoder.table.awaitedShrink,
      sent,
    });
  }

  /**
   * Gives back the window of DATA that the upstream will never see: to the connection, and to the
   * stream if the client may go on with it.
   */
  returnWindow(streamId: number, bytes: number): void {
    if (bytes === 0) return;
    this.toClient.insert(formatWindowUpdate(0, bytes));
    const stream = this.streams.get(streamId);
    if (stream?.clientEnded === false) this.toClient.insert(formatWindowUpdate(streamId, bytes));
  }

  /** Ends a stream with an error on every side that knows it. */
  reset(stream: H2Stream<D>, code: number): void {
    if (stream.state === "relayed") this.toUpstream.insert(formatReset(stream.id, code));
    if (stream.state === "answered") this.answers.cancel(stream.id);
    this.toClient.insert(formatReset(stream.id, code));
    this.streams.noteReset(stream.id);
    this.streams.finish(stream);
  }
}
