/**
 * Answers that the proxy gives itself, on streams the upstream never sees, and the flow control
 * that makes room for them in a connection whose windows belong to the upstream.
 *
 * Theory of operation: the client grants windows to "the server", and its WINDOW_UPDATE frames pass
 * to the upstream. DATA of ours uses up window that the upstream still counts on. So our bytes are
 * a debt: the next connection grants of the client are withheld until it is paid, and while there
 * is debt the upstream's DATA waits if the client's window has no room for it. Without debt both
 * views agree and nothing is ever held.
 *
 * @module
 */

import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  FLAG,
  formatFrame,
  formatHeaders,
  FRAME,
  H2_ERROR,
  H2Error,
  MAX_WINDOW,
} from "./frame.ts";
import type { FrameOutput } from "./output.ts";
import { encodeHeaderBlock } from "../hpack/encoder.ts";
import type { HpackField } from "../hpack/tables.ts";
import { formatRefusalBody, type Refusal } from "../decision/refusal.ts";
import { Signal } from "../stream/signal.ts";

/** The client's connection window, in bytes: what it accepts, against what the upstream believes. */
export class ClientWindow {
  /** Notified whenever the window grows. */
  readonly grew: Signal = new Signal();
  #available = DEFAULT_WINDOW;
  #debt = 0;

  /** Bytes the client accepts now. */
  get available(): number {
    return this.#available;
  }

  /** Whether `bytes` of the upstream's DATA must wait for the client to grant more. */
  mustWait(bytes: number): boolean {
    return this.#debt > 0 && bytes > this.#available;
  }

  /** Counts the upstream's DATA. */
  spend(bytes: number): void {
    this.#available -= bytes;
  }

  /** Counts DATA of our own. */
  borrow(bytes: number): void {
    this.#available -= bytes;
    this.#debt += bytes;
  }

  /**
   * Takes a connection-level WINDOW_UPDATE of the client.
   *
   * @returns how much of it is the upstream's, possibly 0.
   * @throws {H2Error} if the window overflows.
   */
  grant(increment: number): number {
    this.#available += increment;
    if (this.#available > MAX_WINDOW) throw windowOverflow();
    const paid = Math.min(this.#debt, increment);
    this.#debt -= paid;
    this.grew.notify();
    return increment - paid;
  }
}

/** How an answer is framed. */
export interface AnswerFraming {
  /** The answer is to a HEAD request: no body follows. */
  readonly toHead: boolean;
  /** What the client accepts on the stream, in bytes. */
  readonly window: number;
  /** The table size that the client expects the next header block to set, if any. */
  readonly tableShrink: number | undefined;
  /** Called with the body's length when all has left, which may be before `begin` returns. */
  readonly sent: (bodyBytes: number) => void;
}

/** An answer whose body has not left completely. */
interface OpenAnswer {
  body: Uint8Array;
  /** What the client accepts on the stream, in bytes; may be negative (RFC 9113, 6.9.2). */
  window: number;
  readonly sent: () => void;
}

/** Gives the proxy's own answers. */
export class OwnAnswers {
  readonly #output: FrameOutput;
  readonly #window: ClientWindow;
  readonly #open = new Map<number, OpenAnswer>();

  constructor(output: FrameOutput, window: ClientWindow) {
    this.#output = output;
    this.#window = window;
  }

  /** Begins an answer; the body follows as windows allow. */
  begin(streamId: number, refusal: Refusal, framing: AnswerFraming): void {
    const body = new TextEncoder().encode(formatRefusalBody(refusal));
    const block = encodeHeaderBlock(answerFields(refusal, body.length), framing.tableShrink);
    const endStream = framing.toHead;
    this.#output.insert(formatHeaders({ streamId, endStream, priority: undefined, block }));
    if (endStream) return framing.sent(0);
    const sent = (): void => framing.sent(body.length);
    const open = { body, window: framing.window, sent };
    this.#open.set(streamId, open);
    this.#send(streamId, open);
  }

  /** Sends what the windows allow now. */
  resume(): void {
    for (const [streamId, open] of [...this.#open]) this.#send(streamId, open);
  }

  /**
   * Takes a WINDOW_UPDATE for a stream we answer.
   *
   * @returns whether the window stayed within bounds.
   */
  grant(streamId: number, increment: number): boolean {
    const open = this.#open.get(streamId);
    if (open === undefined) return true;
    open.window += increment;
    if (open.window > MAX_WINDOW) return false;
    this.#send(streamId, open);
    return true;
  }

  /** Takes a change of the client's initial window, in bytes. */
  shiftWindows(change: number): void {
    for (const open of this.#open.values()) {
      open.window += change;
      if (open.window > MAX_WINDOW) throw windowOverflow();
    }
    this.resume();
  }

  /** Drops what has not left of an answer. */
  cancel(streamId: number): void {
    this.#open.delete(streamId);
  }

  #send(streamId: number, open: OpenAnswer): void {
    while (open.body.length > 0) {
      const room = Math.min(open.window, this.#window.available, DEFAULT_FRAME_SIZE);
      if (room <= 0) return;
      const part = open.body.subarray(0, room);
      open.body = open.body.subarray(part.length);
      open.window -= part.length;
      this.#window.borrow(part.length);
      const flags = open.body.length === 0 ? FLAG.endStream : 0;
      this.#output.insert(formatFrame({ type: FRAME.data, flags, streamId }, part));
    }
    this.#open.delete(streamId);
    open.sent();
  }
}

function windowOverflow(): H2Error {
  return new H2Error(H2_ERROR.flowControlError, "a flow-control window overflows");
}

function answerFields(refusal: Refusal, contentLength: number): HpackField[] {
  return Object.entries({
    ":status": refusal.status,
    "content-type": "application/json",
    "content-length": contentLength,
    "cache-control": "no-store",
    "x-authsome-error": refusal.code,
  }).map(([name, value]) => ({ name, value: String(value), neverIndexed: false }));
}
