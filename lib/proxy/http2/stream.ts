/**
 * The streams of one HTTP/2 connection: who serves each, what is known of it, and the fact that is
 * recorded once when it ends.
 *
 * @module
 */

import type { FieldInjection } from "../../injection.ts";
import type { FrameMask } from "./frame_mask.ts";
import type { Refusal } from "../decision/refusal.ts";

/** What is to happen with one request. */
export type H2Decision =
  | { readonly kind: "inject"; readonly injection: FieldInjection }
  | { readonly kind: "relay" }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

/** One finished request. `D` is the caller's own kind of decision. */
export interface H2Exchange<D extends H2Decision> {
  readonly method: string;
  /** The request target as it came, query included: cut it off before recording. */
  readonly path: string;
  /** Final status, or `undefined` if the stream ended before there was one. */
  readonly status: number | undefined;
  /** Body bytes, without padding. */
  readonly requestBytes: number;
  /** Body bytes, without padding. */
  readonly responseBytes: number;
  readonly milliseconds: number;
  /** `undefined` if the request was refused before it could be decided. */
  readonly decision: D | undefined;
  /** What `begin` gave for it; `undefined` if it was not forwarded. */
  readonly request: number | undefined;
}

/**
 * Who serves a stream: `held` until its decision is there and all streams before it have left;
 * `relayed` by the upstream; `answered` by the proxy, and unknown to the upstream.
 */
export type H2StreamState = "held" | "relayed" | "answered";

/** A stream under way; once it has ended, the exchange that is recorded. */
export interface H2Stream<D extends H2Decision> extends H2Exchange<D> {
  readonly id: number;
  /** On the caller's clock, in milliseconds. */
  readonly startedAt: number;
  state: H2StreamState;
  /** The client has said all it will. */
  clientEnded: boolean;
  /** The response is complete. */
  serverEnded: boolean;
  /** Window the client granted on the stream beyond its initial one, in bytes. */
  granted: number;
  /** Window that the upstream's DATA has used up, in bytes. */
  spent: number;
  /** What the request's content-length says, if it says anything. */
  requestLength: number | undefined;
  status: number | undefined;
  requestBytes: number;
  responseBytes: number;
  /** Known when it has ended. */
  milliseconds: number;
  /** Masks the answer's content, once that comes in several frames. */
  frames: FrameMask | undefined;
  /** Whether a secret was masked in the answer. */
  isRedacted: boolean;
  decision: D | undefined;
  /** Its number, once it is forwarded. */
  request: number | undefined;
}

/** How many ended streams are remembered as reset by our side. */
const REMEMBERED_RESETS = 1024;

/** Knows every stream that is under way. */
export class StreamTable<D extends H2Decision> {
  readonly #open = new Map<number, H2Stream<D>>();
  readonly #reset = new Set<number>();
  readonly #record: (exchange: H2Exchange<D>) => void;
  readonly #now: () => number;
  #highestId = 0;

  constructor(record: (exchange: H2Exchange<D>) => void, now: () => number) {
    this.#record = record;
    this.#now = now;
  }

  /** Number of streams under way. */
  get size(): number {
    return this.#open.size;
  }

  /** The highest identifier a client has used. */
  get highestId(): number {
    return this.#highestId;
  }

  /** The stream, or `undefined` if it has ended or never was. */
  get(id: number): H2Stream<D> | undefined {
    return this.#open.get(id);
  }

  /** Begins a stream. */
  open(id: number, request: { readonly method: string; readonly path: string }): H2Stream<D> {
    const stream: H2Stream<D> = {
      id,
      method: request.method,
      path: request.path,
      startedAt: this.#now(),
      state: "held",
      clientEnded: false,
      serverEnded: false,
      granted: 0,
      spent: 0,
      requestLength: undefined,
      status: undefined,
      requestBytes: 0,
      responseBytes: 0,
      milliseconds: 0,
      frames: undefined,
      isRedacted: false,
      decision: undefined,
      request: undefined,
    };
    this.#open.set(id, stream);
    this.#highestId = id;
    return stream;
  }

  /** Notes that a client used `id`, although no stream came of it. */
  skip(id: number): void {
    this.#highestId = id;
    this.noteReset(id);
  }

  /** Ends a stream if both sides have said all they will. */
  settle(stream: H2Stream<D>): void {
    if (stream.clientEnded && stream.serverEnded) this.finish(stream);
  }

  /** Ends and records a stream. Nothing happens if it has ended before. */
  finish(stream: H2Stream<D>): void {
    if (!this.#open.delete(stream.id)) return;
    stream.milliseconds = this.#now() - stream.startedAt;
    this.#record(stream);
  }

  /** Ends and records all streams, when the connection ends. */
  finishAll(): void {
    for (const stream of [...this.#open.values()]) this.finish(stream);
  }

  /** Remembers that our side reset a stream: frames still on their way to it are no error. */
  noteReset(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size <= REMEMBERED_RESETS) return;
    for (const oldest of this.#reset) {
      this.#reset.delete(oldest);
      return;
    }
  }

  /** Whether our side, the proxy or the upstream, reset the stream not long ago. */
  wasReset(id: number): boolean {
    return this.#reset.has(id);
  }
}
