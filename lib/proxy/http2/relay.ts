/**
 * Relays one HTTP/2 connection between a client and its upstream, frame by frame.
 *
 * Theory of operation: both ends speak HTTP/2 with each other through us. Settings, flow control,
 * PING, GOAWAY, priorities, bodies and trailers are theirs and pass untouched; the proxy keeps no
 * window of its own and so buffers nothing: a slow reader holds the writer back through the
 * socket. Only request header blocks are opened, because the credential goes in there: they are
 * decoded, decided about and encoded afresh without compression state. The upstream's bytes are
 * read along, never changed, except that a header table larger than we keep is lowered in passing.
 *
 * A request that is refused is answered by the proxy on its stream; the upstream never hears of
 * that stream, whose number is simply skipped. `OwnAnswers` explains the flow control of that.
 *
 * Everything but this file is free of I/O. The two pumps here read, feed and flush; whichever ends
 * first ends both. Neither waits for the other's writes, or two full sockets would block for good.
 *
 * @module
 */

import type { ByteStream } from "../stream/byte_stream.ts";
import { wholeOf } from "../stream/bytes.ts";
import { formatFrame, formatGoaway, FRAME, H2_ERROR, H2Error } from "./frame.ts";
import { H2Openings } from "./openings.ts";
import { RequestRelay } from "./requests.ts";
import { ResponseRelay } from "./responses.ts";
import { type H2RelayPolicy, H2Session } from "./session.ts";
import type { H2Decision } from "./stream.ts";
import { HpackError } from "../hpack/hpack_error.ts";
import { waitAtMost } from "../stream/signal.ts";

/** Two connected streams whose handshakes are over and on which nothing was sent yet. */
export interface H2RelayEnds {
  readonly client: ByteStream;
  readonly upstream: ByteStream;
}

/** How long a connection that we end may take to read our last words, in milliseconds. */
const FAREWELL_MS = 1000;

/** Frames of our own that may queue up for a client that does not read, in bytes. */
const MAX_BACKLOG = 64 * 1024;

/** What ended a relay: an end closed or broke, or one of them broke the protocol. */
type Ending =
  | { readonly kind: "clientGone" }
  | { readonly kind: "upstreamGone" }
  | { readonly kind: "violation"; readonly error: H2Error };

/**
 * Relays until either end closes; then both are closed and every stream is recorded. Resolves then,
 * whatever the ends did. Rejects only if `policy` threw, which is a bug.
 */
export async function relayH2<D extends H2Decision>(
  ends: H2RelayEnds,
  policy: H2RelayPolicy<D>,
): Promise<void> {
  await new H2Relay(ends, policy).run();
}

class H2Relay<D extends H2Decision> {
  readonly #ends: H2RelayEnds;
  readonly #session: H2Session<D>;
  readonly #openings: H2Openings<D>;
  readonly #ending = Promise.withResolvers<Ending>();
  /** What the client sends is no longer relayed. */
  #isOver = false;
  #isClosed = false;
  /** The upstream's bytes make no sense any more. */
  #isCutOff = false;

  constructor(ends: H2RelayEnds, policy: H2RelayPolicy<D>) {
    this.#ends = ends;
    this.#session = new H2Session(ends.client, ends.upstream, policy);
    this.#openings = new H2Openings(this.#session, {
      arrived: () => {
        this.#session.toClient.flush();
        this.#session.toUpstream.flush();
      },
      failed: (error) => this.#ending.reject(error),
    });
  }

  async run(): Promise<void> {
    const { toClient, toUpstream } = this.#session;
    void toClient.broken.wait().then(() => this.#end({ kind: "clientGone" }));
    void toUpstream.broken.wait().then(() => this.#end({ kind: "upstreamGone" }));
    const requests = this.#pumpRequests().catch(this.#ending.reject);
    const responses = this.#pumpResponses().catch(this.#ending.reject);
    try {
      await this.#sayFarewell(await this.#ending.promise, requests);
    } finally {
      this.#close();
      await Promise.all([requests, responses]);
    }
  }

  /** Goes on reading when all is over: closing on unread bytes would cut off our last words. */
  async #pumpRequests(): Promise<void> {
    const { client } = this.#ends;
    const { toClient, toUpstream, policy } = this.#session;
    const relay = new RequestRelay(this.#session, this.#openings);
    for (let chunk = await readOrEnd(client); chunk !== null; chunk = await readOrEnd(client)) {
      if (this.#isOver) continue;
      const bytes = chunk;
      this.#guard(() => relay.receive(bytes));
      const answered = toClient.flush();
      await toUpstream.flush();
      if (toClient.backlog > MAX_BACKLOG) await answered;
      if (this.#openings.held.bytes > policy.limits.heldBytes) await this.#letHeldLeave();
    }
    this.#end({ kind: "clientGone" });
  }

  async #pumpResponses(): Promise<void> {
    const { upstream } = this.#ends;
    const { toClient, window } = this.#session;
    const relay = new ResponseRelay(this.#session);
    for (let chunk = await readOrEnd(upstream); chunk !== null; chunk = await readOrEnd(upstream)) {
      const bytes = chunk;
      let taken = this.#guard(() => relay.receive(bytes));
      while (taken === false && !this.#isClosed) {
        const room = window.grew.wait();
        await toClient.flush();
        await room;
        taken = this.#guard(() => relay.resume());
      }
      this.#isCutOff = taken === undefined;
      await toClient.flush();
      if (this.#isCutOff) return;
    }
    this.#end({ kind: "upstreamGone" });
  }

  /** Runs a step of the protocol. Returns `undefined` if it ended the relay. */
  #guard<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.#end({ kind: "violation", error: asH2Error(error) });
      return undefined;
    }
  }

  /** A client that sends faster than its requests are decided must wait. */
  async #letHeldLeave(): Promise<void> {
    const { held } = this.#openings;
    const { heldBytes } = this.#session.policy.limits;
    while (held.bytes > heldBytes && !this.#isOver) await held.shrank.wait();
  }

  #end(ending: Ending): void {
    this.#isOver = true;
    this.#openings.held.shrank.notify();
    this.#ending.resolve(ending);
  }

  async #sayFarewell(ending: Ending, requests: Promise<void>): Promise<void> {
    if (ending.kind === "clientGone") return;
    if (ending.kind === "violation") await this.#goAway(ending.error.code);
    this.#ends.upstream.close();
    await this.#ends.client.closeWrite().catch(() => {});
    await waitAtMost(FAREWELL_MS, requests);
  }

  /**
   * GOAWAY goes between two frames: the response under way may have to reach its frame's end. An
   * upstream that broke off in the middle of one leaves no place for it.
   */
  async #goAway(code: number): Promise<void> {
    const { toClient, streams } = this.#session;
    if (this.#isCutOff && !toClient.atBoundary) return;
    const emptySettings = formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, NO_BYTES);
    if (toClient.isGated) toClient.relay(wholeOf(emptySettings), true);
    toClient.openGate();
    const released = toClient.released.wait();
    toClient.insert(formatGoaway(streams.highestId, code));
    await waitAtMost(FAREWELL_MS, released);
    await waitAtMost(FAREWELL_MS, Promise.resolve(toClient.flush()));
  }

  #close(): void {
    this.#isOver = true;
    this.#isClosed = true;
    this.#ends.client.close();
    this.#ends.upstream.close();
    this.#session.streams.finishAll();
    this.#session.window.grew.notify();
    this.#openings.held.shrank.notify();
  }
}

const NO_BYTES = new Uint8Array(0);

/** A stream that broke has ended. */
function readOrEnd(stream: ByteStream): Promise<Uint8Array | null> {
  return stream.read().catch(toEnd);
}

function toEnd(): null {
  return null;
}

/** @throws what is not about the protocol: it is a bug. */
function asH2Error(error: unknown): H2Error {
  if (error instanceof H2Error) return error;
  if (error instanceof HpackError) return new H2Error(H2_ERROR.compressionError, error.message);
  throw error;
}
