/**
 * How streams begin: each new request is checked, decided about and sent on with its credential, or
 * answered. Decisions may take their time; streams reach the upstream in order all the same. No I/O.
 *
 * @module
 */

import { FLAG, formatReset, H2_ERROR, H2Error, readUint31 } from "./frame.ts";
import type { HeaderBlock } from "./header_block.ts";
import { HeldStreams, type StreamOpening } from "./held.ts";
import { type RequestHead, RequestHeads } from "./heads.ts";
import { MalformedRequestError } from "./request.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision, H2Stream } from "./stream.ts";
import type { HpackField } from "../hpack/tables.ts";
import { refuse } from "../decision/refusal.ts";

/** What to do when a decision arrives outside `open()`. */
export interface LateDecisions {
  /** There may be something to write. */
  readonly arrived: () => void;
  /** The decision failed with an error that no answer stands for. */
  readonly failed: (error: unknown) => void;
}

/** Opens the streams of one connection. */
export class H2Openings<D extends H2Decision> {
  readonly held: HeldStreams<D> = new HeldStreams();
  readonly #session: H2Session<D>;
  readonly #heads: RequestHeads<D>;
  readonly #late: LateDecisions;

  constructor(session: H2Session<D>, late: LateDecisions) {
    this.#session = session;
    this.#heads = new RequestHeads(session.policy);
    this.#late = late;
  }

  /**
   * Begins the stream of a header block. `fields` is `undefined` if the list was too large.
   *
   * @throws {H2Error} if the stream depends on itself.
   */
  open(block: HeaderBlock, fields: readonly HpackField[] | undefined): void {
    const { streamId: id, flags } = block.head;
    const { streams, policy, toClient } = this.#session;
    if (block.priority !== undefined && readUint31(block.priority, 0) === id) {
      throw new H2Error(H2_ERROR.protocolError, "a stream depends on itself");
    }
    if (streams.size >= policy.limits.streams) {
      streams.skip(id);
      return toClient.insert(formatReset(id, H2_ERROR.refusedStream));
    }
    const endStream = (flags & FLAG.endStream) !== 0;
    const head = fields && this.#read(fields, endStream);
    const headline = head instanceof MalformedRequestError
      ? headlineOf(fields ?? [])
      : head?.request;
    const stream = streams.open(id, headline ?? headlineOf([]));
    stream.clientEnded = endStream;
    if (head === undefined) {
      return this.#session.answer(stream, refuse(431, "The request's header is too large."));
    }
    if (head instanceof MalformedRequestError) return this.#answerMalformed(stream, head);
    stream.requestLength = head.request.contentLength;
    this.#decide(stream, { head, priority: block.priority, endStream });
  }

  /** Sends on what may leave now, in order. Call it whenever the upstream may take a frame. */
  release(): void {
    if (this.held.isEmpty) return;
    const { toUpstream } = this.#session;
    for (let next = this.held.first; next !== undefined; next = this.held.first) {
      if (next.stream.decision === undefined || !toUpstream.atBoundary) return;
      this.held.remove(next.stream.id);
      this.#send(next.stream, next.opening);
      for (const { range, atBoundary } of next.following) toUpstream.relay(range, atBoundary);
    }
  }

  /** Ends a stream that the client gave up. */
  abandon(stream: H2Stream<D>): void {
    this.#drop(stream);
    this.#session.answers.cancel(stream.id);
    this.#session.streams.finish(stream);
    this.release();
  }

  /** Ends a stream that cannot go on, and tells every side that knows it. */
  reset(stream: H2Stream<D>, code: number): void {
    this.#drop(stream);
    this.#session.reset(stream, code);
    this.release();
  }

  #read(
    fields: readonly HpackField[],
    endStream: boolean,
  ): RequestHead<D> | MalformedRequestError {
    try {
      const head = this.#heads.parse(fields);
      const isCutOff = endStream && (head.request.contentLength ?? 0) > 0;
      return isCutOff ? new MalformedRequestError("it ends before its content") : head;
    } catch (error) {
      if (error instanceof MalformedRequestError) return error;
      throw error;
    }
  }

  #answerMalformed(stream: H2Stream<D>, { status, message }: MalformedRequestError): void {
    const code = status === 400 ? H2_ERROR.protocolError : H2_ERROR.noError;
    this.#session.answer(stream, refuse(status, message), code);
  }

  #decide(stream: H2Stream<D>, opening: StreamOpening<D>): void {
    const decision = opening.head.decide();
    if (decision instanceof Promise) {
      this.held.add(stream, opening);
      decision.then((settled) => {
        this.#settle(stream, settled);
        this.#late.arrived();
      }).catch(this.#late.failed);
    } else if (decision.kind === "refuse" || !this.#mayLeave) {
      this.held.add(stream, opening);
      this.#settle(stream, decision);
    } else {
      stream.decision = decision;
      this.#send(stream, opening);
    }
  }

  /** Whether a stream may leave now, because none before it waits. */
  get #mayLeave(): boolean {
    return this.held.isEmpty && this.#session.toUpstream.atBoundary;
  }

  #settle(stream: H2Stream<D>, decision: D): void {
    if (this.#session.streams.get(stream.id) !== stream) return;
    stream.decision = decision;
    if (decision.kind === "refuse") {
      this.#drop(stream);
      this.#session.answer(stream, decision.refusal);
    }
    this.release();
  }

  #send(stream: H2Stream<D>, opening: StreamOpening<D>): void {
    const { decision, id: streamId } = stream;
    const { head, priority, endStream } = opening;
    const injection = decision?.kind === "inject" ? decision.injection : undefined;
    const block = this.#heads.encode(head, injection);
    stream.request = this.#session.policy.begin?.(stream);
    stream.state = "relayed";
    this.#session.toUpstream.relayHeaders({ streamId, endStream, priority, block });
  }

  /** Takes a waiting stream out, if it waits. */
  #drop(stream: H2Stream<D>): void {
    this.#session.returnWindow(stream.id, this.held.remove(stream.id)?.dataBytes ?? 0);
  }
}

/** What can be said of a request before it is known to be well-formed. */
function headlineOf(fields: readonly HpackField[]): { method: string; path: string } {
  const valueOf = (name: string): string =>
    fields.find((field) => field.name === name)?.value ?? "";
  return { method: valueOf(":method"), path: valueOf(":path") };
}
