/**
 * One HTTP/1 exchange: a request to an upstream and its response back.
 *
 * Theory of operation: both directions run at the same time, because an upstream may answer before
 * it has read everything, and interim responses steer what the client sends. Bytes pass as they
 * came, heads and bodies in as few writes as they arrived in. Whatever ends early on one side ends
 * early on the other: an end of the client's direction is passed on as such (a server that treats it
 * as an abort does so here too), a cut response is cut. The upstream goes back to the pool only
 * after a response that leaves no doubt about where it ended. One that came before the whole request
 * had left is the last on both connections: the rest of the body could be read as a request.
 *
 * @module
 */

import { andThen, type Awaitable } from "../../awaitable.ts";
import { formatHostAndPort } from "../../hostname.ts";
import { concat } from "../stream/bytes.ts";
import { MalformedHeadError } from "./head_lines.ts";
import { awaitHead } from "./head_reader.ts";
import { editHead, formatLine, type HeadEdits } from "../injection/injector.ts";
import { RefusedError, unreachable } from "../decision/refusal.ts";
import { wantsKeepAlive } from "./request_head.ts";
import {
  keepAliveHint,
  keepsAlive,
  parseResponseHead,
  type ResponseHead,
  switchesToHttp,
} from "./response_head.ts";
import {
  ClientGoneError,
  type ForwardedRequest,
  RequestSender,
  type SenderOptions,
} from "./request_sender.ts";
import {
  type AnswerRedaction,
  maskHead,
  openResponseBody,
  type ResponseBody,
} from "./response_body.ts";
import { tunnel } from "../tunnel.ts";
import type { UpstreamConnection, UpstreamPool } from "../upstream/pool.ts";

/** What an exchange is given. */
export interface ExchangeOptions extends SenderOptions {
  readonly pool: UpstreamPool;
  /** Absent: the answer passes as it is. */
  readonly redaction?: AnswerRedaction | undefined;
}

/** What the client's connection is good for after an exchange. */
export type NextStep =
  /** Another request. */
  | "request"
  /** Nothing: to be closed once the client has read all. */
  | "close"
  /** Nothing: to be closed at once, as something is missing. */
  | "cut";

/** May be sent twice without harm (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
const CONNECTION = "Connection";
const CLOSE: HeadEdits = {
  fields: [{ name: CONNECTION, line: formatLine("Connection", "close") }],
};

/** One exchange. Call {@link Exchange.run} once. */
export class Exchange {
  readonly #request: ForwardedRequest;
  readonly #options: ExchangeOptions;
  readonly #sender: RequestSender;
  #responseBody: ResponseBody | undefined;
  #upstream: UpstreamConnection | undefined;
  #sending: Promise<void> = Promise.resolve();
  #received = false;
  /** Whether the final response came before the whole request had left. */
  #isEarly = false;
  #aborted = false;
  /** Status of the final response, once its head is there. */
  status: number | undefined;
  /** Body bytes after an upgrade. */
  #tunnelled = { sent: 0, received: 0 };

  constructor(request: ForwardedRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    this.#sender = new RequestSender(request, options);
  }

  /** Body bytes from the client so far. */
  get requestBytes(): number {
    return this.#sender.bytes + this.#tunnelled.sent;
  }

  /** Body bytes from the upstream so far. */
  get responseBytes(): number {
    return (this.#responseBody?.bytes ?? 0) + this.#tunnelled.received;
  }

  /** Whether the client's next bytes are a new request. */
  get requestRead(): boolean {
    return this.#sender.isRead;
  }

  /** The client is gone: ends the exchange. */
  abort(): void {
    this.#aborted = true;
    this.#upstream?.stream.close();
  }

  /**
   * Runs the exchange to its end.
   *
   * @throws {RefusedError} if no part of a final response has reached the client yet.
   * @throws {ClientGoneError} if the client is gone.
   */
  async run(): Promise<NextStep> {
    try {
      const first = await this.#awaitFirst();
      const response = first.status === 401 ? await this.#tryRenewed(first) : first;
      this.status = response.status;
      if (response.status === 101) return await this.#upgrade(response);
      return await this.#relayResponse(response);
    } catch (error) {
      this.#upstream?.stream.close();
      if (this.#aborted) throw new ClientGoneError();
      throw error;
    } finally {
      this.#sender.stopWatching();
    }
  }

  /** With another credential, if there is one and nothing of the request is lost. */
  async #tryRenewed(refused: ResponseHead): Promise<ResponseHead> {
    const head = await this.#request.renew?.();
    if (this.#sender.isRead) await this.#sending;
    if (head === undefined || !this.#sender.canRepeat || this.#aborted) return refused;
    this.#upstream?.stream.close();
    await this.#connect(true);
    const upstream = this.#upstream!;
    return await this.#awaitResponse(this.#sender.repeat(upstream, head));
  }

  async #awaitFirst(): Promise<ResponseHead> {
    const connecting = this.#connect(false);
    if (connecting instanceof Promise) await connecting;
    try {
      return await this.#awaitResponse(this.#sender.send(this.#upstream!));
    } catch (error) {
      if (!this.#mayRetry()) throw error;
      this.#upstream?.stream.close();
      await this.#connect(true);
      return await this.#awaitResponse(this.#sender.send(this.#upstream!));
    }
  }

  #connect(fresh: boolean): Awaitable<void> {
    const { pool } = this.#options;
    return andThen(pool.acquire(this.#request.destination, fresh), (upstream) => {
      this.#upstream = upstream;
      if (this.#aborted) throw new ClientGoneError();
    });
  }

  /** A kept connection may have been closed by the other side in the moment we chose it. */
  #mayRetry(): boolean {
    const { head } = this.#request;
    return this.#upstream?.used === true && !this.#received && !this.#aborted &&
      head.framing.kind === "none" && IDEMPOTENT.has(head.method);
  }

  /** The first head that is not interim, while the request leaves; it is left in the reader. */
  async #awaitResponse(sending: Promise<void>): Promise<ResponseHead> {
    const { client, limits } = this.#options;
    const { reader } = this.#upstream!;
    this.#sending = sending;
    try {
      for (;;) {
        if (reader.available.length === 0) await reader.fill();
        const found = awaitHead(reader, limits.headBytes);
        const response = this.#readHead(typeof found === "number" ? found : await found);
        if (response.status >= 200 || response.status === 101) {
          this.#isEarly = !(this.#sender.isSent || await this.#hasLeft());
          return response;
        }
        const bytes = reader.take(response.lines.bytes.length);
        // HTTP/1.0 knows no interim responses (RFC 9110, section 15.2).
        if (this.#request.head.minorVersion === 1) await client.stream.write(bytes);
      }
    } catch (error) {
      throw this.#sender.fault ?? this.#explain(error);
    }
  }

  /** Whether the whole request has left. The end of its last write may be known only a turn later. */
  async #hasLeft(): Promise<boolean> {
    if (this.#sender.isRead) {
      await Promise.race([this.#sending, new Promise<void>((resolve) => setTimeout(resolve))]);
    }
    return this.#sender.isSent;
  }

  /** Reads the head in the reader's first `length` bytes, and masks it. */
  #readHead(length: number): ResponseHead {
    if (length === 0) throw new Deno.errors.UnexpectedEof();
    const { limits, redaction, touch } = this.#options;
    this.#received = true;
    touch();
    const bytes = this.#upstream!.reader.available.subarray(0, length);
    const response = parseResponseHead(bytes, this.#request.head.method, limits);
    maskHead(bytes, redaction);
    return response;
  }

  #explain(error: unknown): unknown {
    if (error instanceof RefusedError || this.#aborted) return error;
    const name = formatHostAndPort(this.#request.destination.target);
    if (error instanceof MalformedHeadError) {
      const message = `The answer of ${name} cannot be read: ${error.message}.`;
      return new RefusedError(unreachable(message));
    }
    return new RefusedError(
      unreachable(`${name} closed the connection without an answer.`, "Try again."),
    );
  }

  async #relayResponse(response: ResponseHead): Promise<NextStep> {
    const { reader } = this.#upstream!;
    const body = openResponseBody(reader, response.framing, this.#options);
    this.#responseBody = body;
    // The head's bytes are gone once the reader has been filled again.
    this.#upstream!.keepAliveMs = keepAliveHint(response) ?? Infinity;
    const keepClient = this.#keepsClient(response);
    try {
      await this.#passOn(this.#takeHead(response, body, keepClient));
      while (!body.done && await reader.fill()) await this.#passOn(body.take());
      if (!body.done && response.framing.kind !== "until_close") return this.#cut();
      if (!body.done) await this.#passOn(body.takeRest());
    } catch {
      return this.#cut();
    }
    return this.#finish(response, keepClient);
  }

  /** The head, and what has come of the body with it. */
  #takeHead(response: ResponseHead, body: ResponseBody, keepClient: boolean): Uint8Array {
    const { bytes } = response.lines;
    const taken = body.take(bytes.length);
    // The client's wish to close was kept from the upstream, whose answer does not know of it.
    const mustSayClose = !keepClient && keepsAlive(response) &&
      this.#request.head.minorVersion === 1;
    if (!mustSayClose) return taken;
    return concat([editHead(response.lines, CLOSE), taken.subarray(bytes.length)]);
  }

  #passOn(bytes: Uint8Array): Promise<void> {
    this.#options.touch();
    return this.#options.client.stream.write(bytes);
  }

  /** Whether the client's connection is left open. */
  #keepsClient(response: ResponseHead): boolean {
    return !this.#isEarly && wantsKeepAlive(this.#request.head) && keepsAlive(response);
  }

  #cut(): NextStep {
    this.#upstream?.stream.close();
    return "cut";
  }

  #finish(response: ResponseHead, keepClient: boolean): NextStep {
    const upstream = this.#upstream!;
    if (!this.#isEarly && keepsAlive(response) && this.#request.head.minorVersion === 1) {
      this.#options.pool.release(upstream);
    } else {
      upstream.stream.close();
    }
    return keepClient ? "request" : "close";
  }

  /** 101: from here on the bytes are another protocol's (RFC 9110, section 7.8). */
  async #upgrade(response: ResponseHead): Promise<NextStep> {
    const upstream = this.#upstream!;
    const { client, touch } = this.#options;
    if (!this.#request.head.options.upgrade || switchesToHttp(response)) {
      const name = formatHostAndPort(this.#request.destination.target);
      throw new RefusedError(unreachable(`${name} switches to a protocol that was not asked for.`));
    }
    await this.#sending;
    this.#sender.stopWatching();
    await client.stream.write(upstream.reader.take(response.lines.bytes.length));
    const { stream, reader } = upstream;
    const body = openResponseBody(reader, { kind: "until_close" }, this.#options);
    this.#tunnelled = await tunnel(client, { stream, reader, body }, touch);
    return "close";
  }
}
