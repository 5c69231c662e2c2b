/**
 * The HTTP/1 requests of one client connection, one after the other.
 *
 * @module
 */

import type { AuditFact } from "../../audit.ts";
import type { HostAndPort } from "../../hostname.ts";
import { Exchange, type NextStep } from "./exchange.ts";
import { MalformedHeadError } from "./head_lines.ts";
import { awaitHead } from "./head_reader.ts";
import type { ProxyLimits } from "../limits.ts";
import type { Redaction } from "../redaction/redaction.ts";
import { formatRefusal, type Refusal, refusalOf, refuse } from "../decision/refusal.ts";
import { parseRequestHead, type RequestHead, wantsKeepAlive } from "./request_head.ts";
import type { RequestPlan, RequestPlanner } from "../decision/request_plan.ts";
import { type ClientEnd, ClientGoneError } from "./request_sender.ts";
import { ServedRequest, type ServedRequestOptions } from "./served_request.ts";
import type { UpstreamPool } from "../upstream/pool.ts";
import type { Watch } from "../stream/watchdog.ts";

/** What sessions share. */
export interface SessionServices {
  readonly pool: UpstreamPool;
  readonly limits: ProxyLimits;
  /** Takes a fact before a request to a routed host leaves, and gives its number. */
  readonly begin: (fact: AuditFact) => number | undefined;
  /** Called behind one or several `begin`, before anything of their requests leaves. */
  readonly commit: () => void;
  /** What is masked in answers. Absent: nothing. */
  readonly redaction?: Redaction | undefined;
  /** Takes one fact for every exchange with a routed host. */
  readonly record: (fact: AuditFact) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What one session is given. */
export interface SessionOptions {
  readonly services: SessionServices;
  readonly plan: RequestPlanner;
  readonly watch: Watch;
  /** Whether the client may take its time; before, nothing it does prolongs it. Absent: it may. */
  readonly isAdmitted?: () => boolean;
}

/** How long a client may take to read the last answer before its connection is closed. */
const LINGER_MS = 2_000;

/**
 * Serves requests until the connection ends, and closes it; or until the client asks for CONNECT.
 *
 * @returns where it wants to be connected, or `undefined` if all is over. Never rejects.
 */
export async function serveRequests(
  client: ClientEnd,
  options: SessionOptions,
): Promise<HostAndPort | undefined> {
  return await new Session(client, options).serve();
}

class Session {
  readonly #client: ClientEnd;
  readonly #options: SessionOptions;
  readonly #services: SessionServices;
  readonly #requestOptions: ServedRequestOptions;
  #exchange: Exchange | undefined;

  constructor(client: ClientEnd, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
    this.#services = options.services;
    const { services, watch } = options;
    this.#requestOptions = { client, services, touch: () => watch.touch() };
    void client.stream.closed.then(() => this.#exchange?.abort());
  }

  async serve(): Promise<HostAndPort | undefined> {
    let next: NextStep = "request";
    try {
      while (next === "request") {
        const head = await this.#readHead();
        if (head === undefined) break;
        const result = await this.#serveOne(head);
        if (typeof result === "object") return result;
        next = result;
      }
    } catch {
      // The client is gone, or its connection broke: there is nobody to tell.
      next = "cut";
    }
    await this.#end(next);
  }

  /** `undefined` at the end of the connection, or after an answer to what is no request. */
  async #readHead(): Promise<RequestHead | undefined> {
    const { reader } = this.#client;
    const { limits } = this.#services;
    this.#allow(limits.idleMs);
    if (reader.available.length === 0 && !await reader.fill()) return undefined;
    this.#allow(limits.headMs);
    try {
      const found = awaitHead(reader, limits.headBytes);
      const length = typeof found === "number" ? found : await found;
      return length === 0 ? undefined : parseRequestHead(reader.take(length), limits);
    } catch (error) {
      if (!(error instanceof MalformedHeadError)) throw error;
      const refusal = refuse(error.status, `The request cannot be read: ${error.message}.`);
      await this.#client.stream.write(formatRefusal(refusal, { close: true }));
      return undefined;
    } finally {
      this.#allow(limits.idleMs);
    }
  }

  #allow(milliseconds: number): void {
    const { watch, isAdmitted } = this.#options;
    if (isAdmitted?.() ?? true) watch.allow(milliseconds);
  }

  async #serveOne(head: RequestHead): Promise<NextStep | HostAndPort> {
    const request = new ServedRequest(head, this.#requestOptions);
    let refusal: Refusal | undefined;
    let exchange: Exchange | undefined;
    try {
      const planned = this.#options.plan(head, request);
      const plan = planned instanceof Promise ? await planned : planned;
      if (plan.kind === "connect") return plan.target;
      if (plan.kind === "forward") {
        exchange = this.#exchange = this.#open(request, plan);
        request.begin();
        return await exchange.run();
      }
      refusal = plan.refusal;
    } catch (error) {
      if (error instanceof ClientGoneError) return "cut";
      refusal = planRefusal(error);
    } finally {
      this.#exchange = undefined;
      request.record(refusal, exchange);
    }
    return await this.#refuse(refusal, head, exchange);
  }

  #open(request: ServedRequest, plan: RequestPlan & { kind: "forward" }): Exchange {
    const { client, services: { pool, limits }, touch } = this.#requestOptions;
    const { bytes, destination, rewriter, renew } = plan;
    const redaction = request.redacts ? request : undefined;
    return new Exchange(
      { head: request.head, bytes, destination, rewriter, renew },
      { client, pool, limits, touch, redaction },
    );
  }

  /** After an answer of ours, the connection goes on only if no body is left in it. */
  async #refuse(refusal: Refusal, head: RequestHead, exchange?: Exchange): Promise<NextStep> {
    const isRead = exchange?.requestRead ?? head.framing.kind === "none";
    const close = !isRead || !wantsKeepAlive(head);
    const answer = formatRefusal(refusal, { close, toHead: head.method === "HEAD" });
    await this.#client.stream.write(answer);
    return close ? "close" : "request";
  }

  /**
   * Closes the connection. A client that is still sending must not be cut off before it has read
   * our last bytes (RFC 9112, section 9.6), so these are waited for, not forever.
   */
  async #end(next: NextStep): Promise<void> {
    const { stream, reader } = this.#client;
    if (next === "cut") return stream.abort();
    this.#options.watch.allow(LINGER_MS);
    try {
      await stream.closeWrite();
      do reader.take(reader.available.length); while (await reader.fill());
    } catch {
      // Closed by the client in the meantime.
    }
    stream.close();
  }
}

function planRefusal(error: unknown): Refusal {
  if (!(error instanceof MalformedHeadError)) return refusalOf(error);
  return refuse(error.status, `The request cannot be forwarded: ${error.message}.`);
}
