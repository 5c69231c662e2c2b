/**
 * Masks secrets in the answers of one HTTP/2 connection, between the frames' reader and the client.
 * No I/O.
 *
 * Theory of operation: what is masked depends on the stream, whose request carried the credential.
 * Header blocks and DATA frames leave whole, because their ends decide whether they may leave as
 * they came. Frames of a stream that the client has reset are nobody's content any more, so their
 * content is masked entirely: otherwise a child could reset a stream and read what arrives for it.
 *
 * @module
 */

import { type ByteRange, wholeOf } from "../stream/bytes.ts";
import { FLAG, formatHeaders, formatWindowUpdate, FRAME, H2_ERROR, H2Error } from "./frame.ts";
import { FrameMask } from "./frame_mask.ts";
import type { HeaderBlock } from "./header_block.ts";
import { bodySizeOf, type FramePart } from "./scanner.ts";
import type { H2Session } from "./session.ts";
import type { H2Decision, H2Stream } from "./stream.ts";
import type { SecretSearch } from "../redaction/redaction.ts";
import { MASK } from "../redaction/secret_matcher.ts";

/** How answers are masked. `D` is the caller's own kind of decision. */
export interface H2Redaction<D extends H2Decision> {
  /** What the answer to a request with this decision is searched for, if anything. */
  readonly searchFor: (decision: D) => SecretSearch | undefined;
  /** Everything that any answer is searched for: what else could be in one that nobody awaits? */
  readonly searches: () => Iterable<SecretSearch>;
  /** Called when an answer was masked, once for each. */
  readonly onHit: (stream: H2Stream<D>) => void;
}

/** Relays the frames of answers, masked. */
export class ResponseMask<D extends H2Decision> {
  readonly #session: H2Session<D>;
  readonly #redaction: H2Redaction<D>;
  /** Streams with DATA that is held. */
  readonly #holding = new Set<H2Stream<D>>();
  /** The frames of a header block that is not complete. */
  #openBlock: Uint8Array[] = [];

  constructor(session: H2Session<D>, redaction: H2Redaction<D>) {
    this.#session = session;
    this.#redaction = redaction;
  }

  /** Relays a whole DATA frame, or holds it. */
  relayData(part: FramePart, stream: H2Stream<D> | undefined): void {
    this.#takeData(part, stream);
    if (this.#holding.size > 0 && this.#session.window.available <= 0) this.#giveUpHeld();
  }

  #takeData(part: FramePart, stream: H2Stream<D> | undefined): void {
    const { head, bytes, payloadStart } = part;
    const start = payloadStart + ((head.flags & FLAG.padded) === 0 ? 0 : 1);
    const content = { bytes, start, end: start + bodySizeOf(part) };
    if (stream === undefined) this.#maskUnawaited(head.streamId, content);
    else {
      if (stream.frames !== undefined) return this.#passFrame(stream, part, content);
      const search = this.#searchOf(stream);
      const isWhole = (head.flags & FLAG.endStream) !== 0;
      if (search !== undefined && !isWhole) {
        stream.frames = new FrameMask(search.matcher, () => this.#noteHit(stream));
        return this.#passFrame(stream, part, content);
      }
      // All of the content in one frame, as most answers are.
      if (search?.matcher.mask(content) === true) this.#noteHit(stream);
    }
    this.#relay(part);
  }

  /**
   * Forgets what is held of streams that were reset: it begins a secret, and nobody awaits it. The
   * upstream gets its window back, as the client will never count these bytes.
   */
  dropReset(): void {
    if (this.#holding.size === 0) return;
    for (const stream of this.#holding) {
      if (this.#session.streams.get(stream.id) === stream) continue;
      this.#holding.delete(stream);
      const { window, toUpstream } = this.#session;
      const granted = window.grant(stream.frames?.heldPayload ?? 0);
      if (granted > 0) toUpstream.insert(formatWindowUpdate(0, granted));
    }
  }

  /** Relays a frame of a header block; `block` is there if it is the last one. */
  relayHeaders(
    part: FramePart,
    block: HeaderBlock | undefined,
    stream: H2Stream<D> | undefined,
  ): void {
    if (block === undefined) {
      return void this.#openBlock.push(part.bytes.slice(part.start, part.end));
    }
    const before = this.#openBlock;
    this.#openBlock = [];
    if (stream !== undefined) this.#release(stream);
    const masked = this.#maskBlock(block, stream);
    if (masked !== undefined) return this.#relay(wholeOf(this.#reframe(block, masked)));
    for (const frame of before) this.#session.toClient.relay(wholeOf(frame), false);
    this.#relay(part);
  }

  /** Trailers end the content, and so decide about its end. */
  #release(stream: H2Stream<D>): void {
    this.#holding.delete(stream);
    this.#relay(stream.frames?.release());
  }

  /** Other streams have used up the window, which the client may never enlarge without this. */
  #giveUpHeld(): void {
    for (const stream of this.#holding) this.#relay(stream.frames?.giveUp());
    this.#holding.clear();
  }

  #relay(range: ByteRange | undefined): void {
    if (range !== undefined) this.#session.toClient.relay(range, true);
  }

  /** Pushed content is the client's, if it wants any. */
  #maskUnawaited(streamId: number, content: ByteRange): void {
    if (streamId % 2 === 1) return void content.bytes.fill(MASK, content.start, content.end);
    for (const { matcher } of this.#redaction.searches()) matcher.mask(content);
  }

  #maskBlock(block: ByteRange, stream: H2Stream<D> | undefined): Uint8Array | undefined {
    if (stream === undefined) return this.#maskUnawaitedBlock(block);
    const masked = this.#searchOf(stream)?.headerBlocks.mask(block);
    if (masked !== undefined) this.#noteHit(stream);
    return masked;
  }

  #maskUnawaitedBlock(block: ByteRange): Uint8Array | undefined {
    let masked: Uint8Array | undefined;
    for (const { headerBlocks } of this.#redaction.searches()) {
      masked = headerBlocks.mask(masked === undefined ? block : wholeOf(masked)) ?? masked;
    }
    return masked;
  }

  /** Its frames anew: it may be longer than before. */
  #reframe({ head, priority }: HeaderBlock, block: Uint8Array): Uint8Array {
    if (head.type === FRAME.pushPromise) {
      throw new H2Error(H2_ERROR.protocolError, "a push promise quotes a credential");
    }
    const endStream = (head.flags & FLAG.endStream) !== 0;
    return formatHeaders({ streamId: head.streamId, endStream, priority, block });
  }

  #passFrame(stream: H2Stream<D>, { head, start, end }: FramePart, content: ByteRange): void {
    const { bytes, start: contentStart, end: contentEnd } = content;
    const { window, clientSettings: { initialWindow } } = this.#session;
    const mayWait = window.available > 0 && initialWindow + stream.granted > stream.spent;
    const endStream = (head.flags & FLAG.endStream) !== 0;
    const frame = { bytes, start, end, contentStart, contentEnd, endStream, mayWait };
    this.#relay(stream.frames?.take(frame));
    if ((stream.frames?.heldPayload ?? 0) > 0) this.#holding.add(stream);
    else this.#holding.delete(stream);
  }

  #searchOf({ decision }: H2Stream<D>): SecretSearch | undefined {
    return decision && this.#redaction.searchFor(decision);
  }

  #noteHit(stream: H2Stream<D>): void {
    if (stream.isRedacted) return;
    stream.isRedacted = true;
    this.#redaction.onHit(stream);
  }
}
