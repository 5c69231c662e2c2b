/**
 * Makes up conversations between an HTTP/2 client and its upstream, mostly well-behaved.
 *
 * @module
 */

import { concat } from "../../lib/proxy/stream/bytes.ts";
import { CLIENT_PREFACE, FLAG, formatFrame, FRAME } from "../../lib/proxy/http2/frame.ts";
import type { HpackField } from "../../lib/proxy/hpack/tables.ts";
import type { Random } from "../support/random.ts";
import { ReferenceEncoder } from "./hpack_reference.ts";

/** What one side says without a pause. */
export interface ConversationTurn {
  readonly speaker: "client" | "upstream";
  readonly bytes: Uint8Array;
}

/** A conversation of a few turns. */
export function generateConversation(random: Random): ConversationTurn[] {
  const client = new Speaker(random, "client");
  const upstream = new Speaker(random, "upstream");
  const turns: ConversationTurn[] = [
    { speaker: "client", bytes: concat([CLIENT_PREFACE, client.settings(), client.say()]) },
    { speaker: "upstream", bytes: upstream.settings() },
  ];
  for (let left = 1 + random.below(6); left > 0; left--) {
    const isClient = random.chance(2);
    const bytes = (isClient ? client : upstream).say();
    turns.push({ speaker: isClient ? "client" : "upstream", bytes });
  }
  return turns;
}

const PATHS = ["/", "/no", "/slow", "/slow-no", "/yes", "/slow/2"];
const EXTRAS = ["authorization", "proxy-authorization", "cookie", "te", "x-a", "content-length"];

class Speaker {
  readonly #random: Random;
  readonly #isClient: boolean;
  readonly #encoder: ReferenceEncoder;
  #nextStream = 1;

  constructor(random: Random, side: ConversationTurn["speaker"]) {
    this.#random = random;
    this.#isClient = side === "client";
    this.#encoder = new ReferenceEncoder(random);
  }

  settings(): Uint8Array {
    const initialWindow = Uint8Array.of(0, 4, 0, 0, this.#random.below(256), 40);
    return formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, initialWindow);
  }

  say(): Uint8Array {
    const frames = Array.from({ length: 1 + this.#random.below(6) }, () => this.#frames());
    return concat(frames);
  }

  #frames(): Uint8Array {
    const random = this.#random;
    const streamId = this.#someStream();
    switch (random.below(12)) {
      case 0:
        return formatFrame(
          { type: FRAME.rstStream, flags: 0, streamId },
          Uint8Array.of(0, 0, 0, 8),
        );
      case 1:
        return this.#windowUpdate(random.chance(2) ? 0 : streamId);
      case 2:
        return formatFrame(
          { type: FRAME.ping, flags: random.below(2), streamId: 0 },
          random.bytes(8),
        );
      case 3:
        return formatFrame(
          { type: FRAME.settings, flags: FLAG.ack, streamId: 0 },
          new Uint8Array(0),
        );
      case 4:
        return formatFrame(
          { type: FRAME.priority, flags: 0, streamId },
          Uint8Array.of(0, 0, 0, 9, 1),
        );
      case 5:
        return formatFrame({ type: 0x20 + random.below(9), flags: 0, streamId }, random.bytes(30));
      case 6:
      case 7:
      case 8:
        return this.#data(streamId);
      default:
        return this.#headers();
    }
  }

  #someStream(): number {
    return 1 + 2 * this.#random.below(Math.max(1, (this.#nextStream - 1) / 2));
  }

  #windowUpdate(streamId: number): Uint8Array {
    const increment = Uint8Array.of(0, 0, this.#random.below(4), 1 + this.#random.below(255));
    return formatFrame({ type: FRAME.windowUpdate, flags: 0, streamId }, increment);
  }

  #data(streamId: number): Uint8Array {
    const random = this.#random;
    const padding = random.chance(3) ? random.below(9) : undefined;
    const body = random.bytes(random.below(random.chance(4) ? 2000 : 50));
    const flags = (random.chance(3) ? FLAG.endStream : 0) |
      (padding === undefined ? 0 : FLAG.padded);
    const payload = padding === undefined
      ? body
      : concat([Uint8Array.of(padding), body, new Uint8Array(padding)]);
    return formatFrame({ type: FRAME.data, flags, streamId }, payload);
  }

  #headers(): Uint8Array {
    const random = this.#random;
    const isNew = !random.chance(4);
    const streamId = isNew ? this.#nextStream : this.#someStream();
    if (isNew) this.#nextStream += 2;
    const block = this.#encoder.encode(this.#fields(isNew));
    const cut = random.chance(3) ? random.below(block.length + 1) : block.length;
    const endStream = random.chance(2) ? FLAG.endStream : 0;
    const endHeaders = cut === block.length ? FLAG.endHeaders : 0;
    const head = { type: FRAME.headers, flags: endStream | endHeaders, streamId };
    const first = formatFrame(head, block.subarray(0, cut));
    if (endHeaders !== 0) return first;
    const rest = { type: FRAME.continuation, flags: FLAG.endHeaders, streamId };
    return concat([first, formatFrame(rest, block.subarray(cut))]);
  }

  #fields(isNew: boolean): HpackField[] {
    const random = this.#random;
    const field = (name: string, value: string): HpackField => ({
      name,
      value,
      neverIndexed: random.chance(9),
    });
    const extras = Array.from({ length: random.below(5) }, () => {
      return field(random.pick(EXTRAS), random.pick(["5", "trailers", random.text(20)]));
    });
    if (!isNew) return extras;
    if (!this.#isClient) return [field(":status", random.pick(["200", "103", "404"])), ...extras];
    return [
      field(":method", random.pick(["GET", "POST", "HEAD"])),
      field(":scheme", "https"),
      field(":authority", "api.example.com"),
      field(":path", random.pick(PATHS)),
      ...extras,
    ];
  }
}
