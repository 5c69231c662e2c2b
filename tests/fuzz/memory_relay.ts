/**
 * The HTTP/2 relay between two memories instead of two sockets.
 *
 * @module
 */

import type { ByteStream } from "../../lib/proxy/stream/byte_stream.ts";
import { concat } from "../../lib/proxy/stream/bytes.ts";
import { DEFAULT_H2_LIMITS } from "../../lib/proxy/http2/limits.ts";
import { H2Openings } from "../../lib/proxy/http2/openings.ts";
import type { H2Request } from "../../lib/proxy/http2/request.ts";
import { RequestRelay } from "../../lib/proxy/http2/requests.ts";
import { ResponseRelay } from "../../lib/proxy/http2/responses.ts";
import { H2Session } from "../../lib/proxy/http2/session.ts";
import type { H2Decision } from "../../lib/proxy/http2/stream.ts";
import { refuse } from "../../lib/proxy/decision/refusal.ts";
import { Secret } from "../../lib/secret.ts";

/** The credential, as it must leave. */
export const CANARY = "Bearer sk-canary";

const INJECT: H2Decision = {
  kind: "inject",
  injection: {
    kind: "header",
    name: "Authorization",
    value: new Secret(CANARY),
    secret: new Secret(CANARY.replace("Bearer ", "")),
    extraHeaders: [],
  },
};

const REFUSE: H2Decision = { kind: "refuse", refusal: refuse(403, "Not this one.") };

/** Remembers what is written to it. */
class Memory implements ByteStream {
  readonly parts: Uint8Array[] = [];
  readonly closed: Promise<void> = Promise.resolve();

  read(): Promise<Uint8Array | null> {
    return Promise.resolve(null);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.parts.push(bytes.slice());
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

/** Paths beginning with `/no` are refused, with `/slow` decided late, all others injected. */
export class MemoryRelay {
  readonly #client = new Memory();
  readonly #upstream = new Memory();
  readonly #session: H2Session<H2Decision>;
  readonly #requests: RequestRelay<H2Decision>;
  readonly #responses: ResponseRelay<H2Decision>;
  #undecided: (() => void)[] = [];
  /** What the upstream said while the client had no window for it. */
  #unread: Uint8Array[] = [];
  #isWaiting = false;
  #failure: unknown;

  constructor() {
    this.#session = new H2Session<H2Decision>(this.#client, this.#upstream, {
      prepare: (request) => () => this.#decideOne(request),
      record: () => {},
      now: () => 0,
      limits: { ...DEFAULT_H2_LIMITS, streams: 10, headBytes: 2000, headFields: 40 },
    });
    const failed = (error: unknown): void => void (this.#failure ??= error);
    const openings = new H2Openings(this.#session, { arrived: () => {}, failed });
    this.#requests = new RequestRelay(this.#session, openings);
    this.#responses = new ResponseRelay(this.#session);
  }

  /** Takes bytes of one side. */
  receive(speaker: "client" | "upstream", chunk: Uint8Array): void {
    if (speaker === "client") return this.#requests.receive(chunk);
    this.#unread.push(chunk);
    this.#readOn();
  }

  /** Makes the late decisions, and lets the upstream go on if the client has granted room. */
  async decide(): Promise<void> {
    if (this.#isWaiting) {
      this.#isWaiting = !this.#responses.resume();
      this.#readOn();
    }
    const undecided = this.#undecided;
    this.#undecided = [];
    for (const decide of undecided) decide();
    // A decision takes a few turns of the promise queue to arrive.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Everything written so far. */
  async outputs(): Promise<{ readonly toClient: Uint8Array; readonly toUpstream: Uint8Array }> {
    await Promise.all([this.#session.toClient.flush(), this.#session.toUpstream.flush()]);
    return { toClient: concat(this.#client.parts), toUpstream: concat(this.#upstream.parts) };
  }

  #readOn(): void {
    while (!this.#isWaiting && this.#unread.length > 0) {
      this.#isWaiting = !this.#responses.receive(this.#unread.shift()!);
    }
  }

  #decideOne({ path }: H2Request): H2Decision | Promise<H2Decision> {
    const decision = path.includes("no") ? REFUSE : INJECT;
    if (!path.startsWith("/slow")) return decision;
    return new Promise((resolve) => this.#undecided.push(() => resolve(decision)));
  }
}
