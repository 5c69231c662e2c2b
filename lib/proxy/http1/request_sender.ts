/**
 * The way of one request from the client to the upstream, while the answer may already be coming.
 *
 * @module
 */

import { type BodyScanner, createBodyScanner } from "./body.ts";
import type { ByteReader } from "../stream/byte_reader.ts";
import { concat } from "../stream/bytes.ts";
import { MalformedHeadError } from "./head_lines.ts";
import type { ProxyLimits } from "../limits.ts";
import type { ClientStream } from "../stream/node_stream.ts";
import { refuse, RefusedError } from "../decision/refusal.ts";
import type { RequestHead } from "./request_head.ts";
import type { Destination, UpstreamConnection } from "../upstream/pool.ts";

/** The client's side of a connection. */
export interface ClientEnd {
  readonly stream: ClientStream;
  readonly reader: ByteReader;
}

/** Changes a body while it passes, without changing its length. */
export interface BodyRewriter {
  /**
   * Takes the next bytes and gives those that may go on; `isEnd` says that none will follow.
   *
   * @throws {MalformedHeadError} if the body is not what it should be.
   */
  rewrite(bytes: Uint8Array, isEnd: boolean): Uint8Array;
}

/** A request that is to be forwarded. */
export interface ForwardedRequest {
  readonly head: RequestHead;
  /** The head as it goes upstream. */
  readonly bytes: Uint8Array;
  readonly destination: Destination;
  /** Absent: the body passes as it is. */
  readonly rewriter?: BodyRewriter | undefined;
  /** Asked once if the answer is 401: the head with another credential, or `undefined`. */
  readonly renew?: (() => Promise<Uint8Array | undefined>) | undefined;
}

/** What a sender is given. */
export interface SenderOptions {
  readonly client: ClientEnd;
  readonly limits: ProxyLimits;
  /** Called whenever bytes pass. */
  readonly touch: () => void;
}

/** The client went away; there is nobody to answer. */
export class ClientGoneError extends Error {}

/** Bytes of a body that are sent together with the head, or kept for a second try. */
const SMALL_BODY = 16 * 1024;

const NOTHING = new Uint8Array(0);
const succeeded = (): boolean => true;
const failed = (): boolean => false;

/** Sends one request; a second time only if its body, if any, was kept. */
export class RequestSender {
  readonly #request: ForwardedRequest;
  readonly #options: SenderOptions;
  readonly #body: BodyScanner;
  #sent = false;
  #fault: Error | undefined;
  #watching = true;
  /** The body as it went upstream, while it is small; only for requests that may be repeated. */
  #kept: Uint8Array | undefined;

  constructor(request: ForwardedRequest, options: SenderOptions) {
    this.#request = request;
    this.#options = options;
    this.#body = createBodyScanner(request.head.framing, options.limits);
    if (request.renew !== undefined) this.#kept = NOTHING;
  }

  /** Body bytes from the client so far. */
  get bytes(): number {
    return this.#body.bytes;
  }

  /** Whether the client's next bytes are a new request. */
  get isRead(): boolean {
    return this.#body.done;
  }

  /** Whether the whole request was handed to the upstream. */
  get isSent(): boolean {
    return this.#sent;
  }

  /** Whether the request can be sent again as it was. */
  get canRepeat(): boolean {
    return this.#sent && this.#kept !== undefined;
  }

  /** What the client did wrong while it sent, if anything. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /**
   * Sends. Resolves when all is sent, or when the upstream takes no more, or when the client failed;
   * then the upstream is closed, as what it has must not look like a whole request. Never rejects.
   */
  async send(upstream: UpstreamConnection): Promise<void> {
    this.#sent = false;
    try {
      let bytes = this.#withSmallBody(this.#request.bytes);
      // One that takes no more may have answered before: the answer tells.
      while (await upstream.stream.write(bytes).then(succeeded, failed)) {
        if (this.#body.done) return this.#noteSent(upstream);
        if (this.#request.rewriter === undefined) this.#options.client.reader.free(bytes);
        bytes = await this.#nextBodyPart();
      }
    } catch (error) {
      this.#fault = error instanceof Error ? error : new ClientGoneError();
      upstream.stream.close();
    }
  }

  /** Sends the same request with another head. Call it only if {@link canRepeat}. Never rejects. */
  async repeat(upstream: UpstreamConnection, head: Uint8Array): Promise<void> {
    this.#sent = false;
    try {
      await upstream.stream.write(concat([head, this.#kept ?? NOTHING]));
      this.#sent = true;
    } catch {
      // As above: the answer tells.
    }
  }

  /** The exchange is over: an end of the client's direction no longer concerns the upstream. */
  stopWatching(): void {
    this.#watching = false;
  }

  #noteSent(upstream: UpstreamConnection): void {
    this.#sent = true;
    this.#passOnEnd(upstream);
  }

  #withSmallBody(head: Uint8Array): Uint8Array {
    const { reader } = this.#options.client;
    if (this.#body.done || reader.available.length === 0) return head;
    return concat([head, this.#take(reader.available.subarray(0, SMALL_BODY))]);
  }

  async #nextBodyPart(): Promise<Uint8Array> {
    const { reader } = this.#options.client;
    const isThere = reader.available.length > 0 || await reader.fill().catch(() => false);
    if (!isThere) throw new ClientGoneError();
    this.#options.touch();
    return this.#take(reader.available);
  }

  /** Takes the part of `bytes` that belongs to the body, and gives what goes upstream of it. */
  #take(bytes: Uint8Array): Uint8Array {
    const { rewriter } = this.#request;
    try {
      const taken = this.#options.client.reader.take(this.#body.scan(bytes));
      const part = rewriter === undefined ? taken : rewriter.rewrite(taken, this.#body.done);
      this.#keep(part);
      return part;
    } catch (error) {
      if (!(error instanceof MalformedHeadError)) throw error;
      const message = `The request's body cannot be read: ${error.message}.`;
      throw new RefusedError(refuse(error.status, message));
    }
  }

  #keep(part: Uint8Array): void {
    if (this.#kept === undefined) return;
    const isSmall = this.#kept.length + part.length <= SMALL_BODY;
    this.#kept = isSmall ? concat([this.#kept, part]) : undefined;
  }

  /**
   * While the answer is awaited, the end of the client's direction is passed on as it comes. Not
   * with another request in the buffer: a client that sends ahead would make it grow.
   */
  #passOnEnd(upstream: UpstreamConnection): void {
    const { reader } = this.#options.client;
    if (reader.available.length > 0) return;
    const pass = (more: boolean): void => {
      if (!more && this.#watching) void upstream.endWrite();
    };
    reader.fill().then(pass, () => {});
  }
}
