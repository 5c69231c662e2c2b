/**
 * The way of one request from the client to the upstream, while the answer may already be coming.
 *
 * @module
 */

import { type BodyScanner, createBodyScanner } from "./body.ts";
import type { ByteReader } from "./byte_reader.ts";
import { concat } from "./bytes.ts";
import { MalformedHeadError } from "./head_lines.ts";
import type { ProxyLimits } from "./limits.ts";
import type { ClientStream } from "./node_stream.ts";
import { refuse, RefusedError } from "./refusal.ts";
import type { RequestHead } from "./request_head.ts";
import type { Destination, UpstreamConnection } from "./upstream_pool.ts";

/** The client's side of a connection. */
export interface ClientEnd {
  readonly stream: ClientStream;
  readonly reader: ByteReader;
}

/** A request that is to be forwarded. */
export interface ForwardedRequest {
  readonly head: RequestHead;
  /** The head as it goes upstream. */
  readonly bytes: Uint8Array;
  readonly destination: Destination;
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

/** Bytes of a body that are sent together with the head. */
const SMALL_BODY = 16 * 1024;

/** Sends one request; a second time only if it has no body. */
export class RequestSender {
  readonly #request: ForwardedRequest;
  readonly #options: SenderOptions;
  readonly #body: BodyScanner;
  #sent = false;
  #fault: Error | undefined;
  #watching = true;

  constructor(request: ForwardedRequest, options: SenderOptions) {
    this.#request = request;
    this.#options = options;
    this.#body = createBodyScanner(request.head.framing, options.limits);
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

  /** What the client did wrong while it sent, if anything. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /**
   * Sends. Resolves when all is sent, or when the upstream takes no more, or when the client failed;
   * then the upstream is closed, as what it has must not look like a whole request. Never rejects.
   */
  async send(upstream: UpstreamConnection): Promise<void> {
    try {
      await this.#send(upstream);
    } catch (error) {
      this.#fault = error instanceof Error ? error : new ClientGoneError();
      upstream.stream.close();
    }
  }

  /** The exchange is over: an end of the client's direction no longer concerns the upstream. */
  stopWatching(): void {
    this.#watching = false;
  }

  async #send(upstream: UpstreamConnection): Promise<void> {
    let bytes = this.#withSmallBody(this.#request.bytes);
    for (;;) {
      try {
        await upstream.stream.write(bytes);
      } catch {
        // It may have answered before it stopped reading: the answer tells.
        return;
      }
      if (this.#body.done) break;
      bytes = await this.#nextBodyPart();
    }
    this.#sent = true;
    this.#passOnEnd(upstream);
  }

  #withSmallBody(head: Uint8Array): Uint8Array {
    const { reader } = this.#options.client;
    if (this.#body.done || reader.available.length === 0) return head;
    const count = this.#scan(reader.available.subarray(0, SMALL_BODY));
    return concat([head, reader.take(count)]);
  }

  async #nextBodyPart(): Promise<Uint8Array> {
    const { reader } = this.#options.client;
    const isThere = reader.available.length > 0 || await reader.fill().catch(() => false);
    if (!isThere) throw new ClientGoneError();
    this.#options.touch();
    return reader.take(this.#scan(reader.available));
  }

  #scan(bytes: Uint8Array): number {
    try {
      return this.#body.scan(bytes);
    } catch (error) {
      if (!(error instanceof MalformedHeadError)) throw error;
      const message = `The request's body cannot be read: ${error.message}.`;
      throw new RefusedError(refuse(error.status, message));
    }
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
