/**
 * HTTP/2 by hand: a peer that sends and sees single frames, and a relay between two such peers over
 * loopback sockets.
 *
 * @module
 */

import { wholeOf } from "../../lib/proxy/stream/bytes.ts";
import { DenoStream } from "../../lib/proxy/stream/deno_stream.ts";
import {
  CLIENT_PREFACE,
  FLAG,
  formatFrame,
  FRAME,
  type FrameHead,
  readFrameHead,
} from "../../lib/proxy/http2/frame.ts";
import { DEFAULT_H2_LIMITS, type H2Limits } from "../../lib/proxy/http2/limits.ts";
import type { H2Redaction } from "../../lib/proxy/http2/redaction.ts";
import { relayH2 } from "../../lib/proxy/http2/relay.ts";
import type { H2Request } from "../../lib/proxy/http2/request.ts";
import type { H2Decision, H2Exchange } from "../../lib/proxy/http2/stream.ts";
import { HpackDecoder } from "../../lib/proxy/hpack/decoder.ts";
import { encodeHeaderBlock } from "../../lib/proxy/hpack/encoder.ts";
import type { HpackField } from "../../lib/proxy/hpack/tables.ts";
import { Secret } from "../../lib/secret.ts";
import { CANARY } from "./proxy.ts";
import { fromLatin1, Wire } from "./wire.ts";

/** One received frame. `payload` is latin-1. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: string;
}

/** A header list as pairs. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** Fields from pairs, none of them sensitive. */
export function fieldsOf(headers: Headers): HpackField[] {
  return headers.map(([name, value]) => ({ name, value, neverIndexed: false }));
}

/** The pseudo-header fields of a GET for the relay's target, then `more`. */
export function get(path: string, more: Headers = []): Headers {
  return [
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "api.example.com"],
    [":path", path],
    ...more,
  ];
}

/** One end of an HTTP/2 connection that does nothing by itself. */
export class H2Peer {
  readonly wire: Wire;
  /** Decodes what the other side sends. */
  readonly decoder: HpackDecoder = new HpackDecoder();

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Sends one frame. */
  async send(frame: {
    readonly type: number;
    readonly flags?: number;
    readonly streamId?: number;
    readonly payload?: Uint8Array | string;
  }): Promise<void> {
    const { type, flags = 0, streamId = 0, payload = "" } = frame;
    const bytes = typeof payload === "string" ? fromLatin1(payload) : payload;
    await this.wire.send(formatFrame({ type, flags, streamId }, bytes));
  }

  /** Sends HEADERS as one frame; with END_STREAM unless `open`. */
  async sendHeaders(streamId: number, headers: Headers, open = false): Promise<void> {
    const flags = FLAG.endHeaders | (open ? 0 : FLAG.endStream);
    const payload = encodeHeaderBlock(fieldsOf(headers));
    await this.send({ type: FRAME.headers, flags, streamId, payload });
  }

  /** Sends DATA; with END_STREAM unless `open`. */
  async sendData(streamId: number, payload: Uint8Array | string, open = false): Promise<void> {
    await this.send({ type: FRAME.data, flags: open ? 0 : FLAG.endStream, streamId, payload });
  }

  /** The next frame; fails at the end of the connection. */
  async receive(): Promise<SeenFrame> {
    const head = parseFrameHead(fromLatin1(await this.wire.takeBytes(9)), 0);
    const { length, type, flags, streamId } = head;
    const payload = length === 0 ? "" : await this.wire.takeBytes(length);
    return { type, flags, streamId, payload };
  }

  /** The next frame of a type; those before it are dropped. */
  async receiveType(type: number): Promise<SeenFrame> {
    for (;;) {
      const frame = await this.receive();
      if (frame.type === type) return frame;
    }
  }

  /** The next header block, in one frame, decoded. */
  async receiveHeaders(): Promise<{ readonly frame: SeenFrame; readonly fields: HpackField[] }> {
    const frame = await this.receiveType(FRAME.headers);
    const limits = { headBytes: 1 << 20, headFields: 10_000 };
    return { frame, fields: this.decoder.decode(wholeOf(fromLatin1(frame.payload)), limits) ?? [] };
  }

  /** Waits for the end of the connection and returns all frames until then. */
  async receiveRest(): Promise<SeenFrame[]> {
    const frames: SeenFrame[] = [];
    for (;;) {
      try {
        frames.push(await this.receive());
      } catch {
        return frames;
      }
    }
  }
}

/** What a test of the relay changes. */
export interface TestRelayOptions {
  /** Default: inject a bearer token of {@link CANARY}. */
  readonly decide?: (request: H2Request) => H2Decision | Promise<H2Decision>;
  readonly limits?: Partial<H2Limits>;
  readonly redaction?: H2Redaction<H2Decision>;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Called before a request is sent on, with its path. */
  readonly begin?: (path: string) => number;
  /** Called before anything is written to the upstream. */
  readonly commit?: () => void;
}

/** A relay with a peer on either side. */
export interface TestRelay {
  readonly client: H2Peer;
  readonly upstream: H2Peer;
  /** Finished exchanges, oldest first. */
  readonly exchanges: readonly H2Exchange<H2Decision>[];
  /** Resolves when the relay has ended. */
  readonly ended: Promise<void>;
  /** Closes both peers and waits for the relay's end. */
  close(): Promise<void>;
}

/** The decision that injects {@link CANARY}. */
export const INJECT_CANARY: H2Decision = {
  kind: "inject",
  injection: {
    kind: "header",
    name: "Authorization",
    value: new Secret(`Bearer ${CANARY}`),
    secret: new Secret(CANARY),
    extraHeaders: [],
  },
};

/** Starts a relay. The peers have sent nothing yet. */
export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const [client, clientEnd] = await connectedPair();
  const [upstream, upstreamEnd] = await connectedPair();
  const exchanges: H2Exchange<H2Decision>[] = [];
  const ends = { client: new DenoStream(clientEnd), upstream: new DenoStream(upstreamEnd) };
  const { decide = () => INJECT_CANARY } = options;
  const ended = relayH2<H2Decision>(ends, {
    prepare: (request) => () => decide(request),
    begin: ({ path }) => options.begin?.(path),
    commit: () => options.commit?.(),
    record: (exchange) => exchanges.push(exchange),
    now: options.now ?? (() => performance.now()),
    limits: { ...DEFAULT_H2_LIMITS, ...options.limits },
    redaction: options.redaction,
  });
  return {
    client: new H2Peer(client),
    upstream: new H2Peer(upstream),
    exchanges,
    ended,
    close: async () => {
      client.close();
      upstream.close();
      await ended;
    },
  };
}

/** A relay whose peers have exchanged prefaces and SETTINGS, nothing left to read. */
export async function startReadyRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const relay = await startTestRelay(options);
  await relay.client.wire.send(CLIENT_PREFACE);
  await relay.client.send({ type: FRAME.settings });
  await relay.upstream.send({ type: FRAME.settings });
  await relay.upstream.wire.takeBytes(CLIENT_PREFACE.length);
  await relay.upstream.receiveType(FRAME.settings);
  await relay.client.receiveType(FRAME.settings);
  return relay;
}

async function connectedPair(): Promise<[Wire, Deno.TcpConn]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [outer, inner] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  listener.close();
  for (const conn of [outer, inner]) conn.setNoDelay(true);
  return [new Wire(outer), inner];
}

/** The head of the frame that begins at `at`. */
export function parseFrameHead(bytes: Uint8Array, at: number): FrameHead {
  const head = { length: 0, type: 0, flags: 0, streamId: 0 };
  readFrameHead(bytes, at, head);
  return head;
}

/** Bytes from hexadecimal digits. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Hexadecimal digits of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
