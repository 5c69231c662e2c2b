/**
 * Signs the chunks of an upload anew while they pass: S3's `aws-chunked` body, in which every chunk
 * carries a signature that follows from the one before it. No I/O.
 *
 * Theory of operation: a chunk is `size;chunk-signature=<64 digits> CR LF data CR LF`, and its
 * signature covers its data, so a chunk is held until its end has come; the length of everything
 * stays the same. The last chunk is empty. With a trailer, header fields follow it and a signature
 * over them, in the field `x-amz-trailer-signature`.
 *
 * Sources: Amazon S3 API Reference, "Signature calculations … Transferring Payload in Multiple
 * Chunks" and "… Including Trailing Headers".
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { ALGORITHM, sha256, type Signer, signText } from "../../sigv4.ts";
import { concat, formatByteString } from "../stream/bytes.ts";
import { MalformedHeadError } from "../http1/head_lines.ts";
import type { BodyRewriter } from "../http1/request_sender.ts";

/** How a chunk signer begins. */
export interface ChunkSignerOptions {
  readonly signer: Signer;
  /** The signature of the request. */
  readonly seed: string;
  /** Whether signed header fields follow the last chunk. */
  readonly trailer: boolean;
}

/** Clients make chunks of 64 or 128 KiB; a chunk is held in memory. */
const LARGEST_CHUNK = 8 * 1024 * 1024;
/** A size, the name, the digits and the line end. */
const LONGEST_LINE = 128;
const LARGEST_TRAILER = 16 * 1024;

const CHUNK_LINE = /^([0-9A-Fa-f]{1,8});chunk-signature=[0-9A-Fa-f]{64}\r\n$/;
const TRAILER_SIGNATURE = /^x-amz-trailer-signature:[ \t]*([0-9A-Fa-f]{64})[ \t]*$/i;
const EMPTY = sha256("");
const LF = 10;
const LINE_END = 2;

/** Signs the chunks of one body. */
export class ChunkSigner implements BodyRewriter {
  readonly #options: ChunkSignerOptions;
  #previous: string;
  /** A chunk's first line, or all that follows the last chunk's. */
  #text = "";
  #chunk: HeldChunk | undefined;
  #isLast = false;

  constructor(options: ChunkSignerOptions) {
    this.#options = options;
    this.#previous = options.seed;
  }

  /** @throws {MalformedHeadError} if the body is not signed chunks, or a chunk is too large. */
  rewrite(bytes: Uint8Array, isEnd: boolean): Uint8Array {
    const ready: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      at += this.#chunk === undefined
        ? this.#takeText(bytes.subarray(at), ready)
        : this.#takeData(this.#chunk, bytes.subarray(at), ready);
    }
    if (isEnd) ready.push(this.#end());
    return concat(ready);
  }

  #takeText(bytes: Uint8Array, ready: Uint8Array[]): number {
    const lineEnd = this.#isLast ? -1 : bytes.indexOf(LF);
    const count = lineEnd < 0 ? bytes.length : lineEnd + 1;
    this.#text += formatByteString({ bytes, start: 0, end: count });
    if (this.#text.length > (this.#isLast ? LARGEST_TRAILER : LONGEST_LINE)) throw malformed();
    if (lineEnd >= 0) this.#beginChunk(ready);
    return count;
  }

  #beginChunk(ready: Uint8Array[]): void {
    const [line, digits = ""] = CHUNK_LINE.exec(this.#text) ?? [];
    if (line === undefined) throw malformed();
    const size = parseInt(digits, 16);
    if (size > LARGEST_CHUNK) throw new MalformedHeadError("its signed chunks are too large", 413);
    this.#text = "";
    this.#isLast = size === 0;
    if (!this.#isLast) this.#chunk = new HeldChunk(line, size);
    else ready.push(this.#signLine(line, EMPTY));
  }

  #takeData(chunk: HeldChunk, bytes: Uint8Array, ready: Uint8Array[]): number {
    const count = chunk.take(bytes);
    if (!chunk.isWhole) return count;
    this.#chunk = undefined;
    ready.push(this.#signLine(chunk.line, chunk.digest()), ...chunk.parts);
    return count;
  }

  #signLine(line: string, dataHash: string): Uint8Array {
    this.#previous = signText(
      `${ALGORITHM}-PAYLOAD`,
      [this.#previous, EMPTY, dataHash],
      this.#options.signer,
    );
    return encode(line.replace(/=[^=]*$/, `=${this.#previous}\r\n`));
  }

  #end(): Uint8Array {
    if (!this.#isLast || this.#chunk !== undefined) throw malformed();
    return encode(this.#options.trailer ? this.#signTrailer() : this.#text);
  }

  /** AWS's own example ends the fields with a bare LF before the CR LF, and clients differ. */
  #signTrailer(): string {
    const lines = this.#text.split("\n").map((line) => line.replace(/\r$/, ""));
    const found = lines.map((line) => TRAILER_SIGNATURE.exec(line)?.[1]).find(Boolean);
    if (found === undefined) throw malformed();
    const fields = lines.filter((line) => line !== "" && !TRAILER_SIGNATURE.test(line));
    const canonical = fields.map((line) => {
      const [name = "", ...value] = line.split(":");
      return `${name.trim().toLowerCase()}:${value.join(":").trim()}\n`;
    });
    const hash = sha256(canonical.sort().join(""));
    const signature = signText(
      `${ALGORITHM}-TRAILER`,
      [this.#previous, hash],
      this.#options.signer,
    );
    return this.#text.replace(found, signature);
  }
}

/** A chunk whose end has not come yet. */
class HeldChunk {
  readonly line: string;
  /** Data and the line end after it. */
  readonly parts: Uint8Array[] = [];
  readonly #hash: Hash = createHash("sha256");
  #dataLeft: number;
  #end = "";

  constructor(line: string, size: number) {
    this.line = line;
    this.#dataLeft = size;
  }

  get isWhole(): boolean {
    return this.#end.length === LINE_END;
  }

  /** Takes what belongs to the chunk and returns how much that is. */
  take(bytes: Uint8Array): number {
    const data = Math.min(bytes.length, this.#dataLeft);
    const end = Math.min(bytes.length - data, LINE_END - this.#end.length);
    const part = bytes.slice(0, data + end);
    if (data > 0) this.#hash.update(part.subarray(0, data));
    this.#dataLeft -= data;
    this.#end += formatByteString({ bytes: part, start: data, end: part.length });
    this.parts.push(part);
    return part.length;
  }

  digest(): string {
    if (this.#end !== "\r\n") throw malformed();
    return this.#hash.digest("hex");
  }
}

function malformed(): MalformedHeadError {
  return new MalformedHeadError("it is not made of signed chunks");
}

function encode(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
