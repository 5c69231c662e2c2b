/**
 * Chunked bodies: the same end for every chunking, and the same as a second, plain reading.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createBodyScanner } from "../../../lib/proxy/http1/body.ts";
import { formatByteString, wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import type { Random } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";
import { chunksOf } from "../mutate.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const LIMITS = { headBytes: 2000 };
const MAX_EXTENSION = 4096;

/** What was made of a body: where it ends, how much content it has, or that it is refused. */
interface Reading {
  readonly taken: number;
  readonly content: number;
  readonly done: boolean;
}

/** The target. */
export const chunked: FuzzTarget = {
  name: "chunked",
  generate: (random) => fromLatin1(generateBody(random)),
  check: (input, random) => {
    const whole = read([input]);
    assert.deepEqual(read(chunksOf(input, random)), whole);
    const plain = readPlainly(formatByteString(wholeOf(input)));
    if (plain?.done === true || whole?.done === true) assert.deepEqual(whole, plain);
  },
};

function read(chunks: readonly Uint8Array[]): Reading | undefined {
  const outcome = outcomeOf(() => {
    const scanner = createBodyScanner({ kind: "chunked" }, LIMITS);
    let taken = 0;
    for (const chunk of chunks) {
      const count = scanner.scan(chunk);
      taken += count;
      assert.ok(count === chunk.length || scanner.done, "bytes are left but the body goes on");
      if (scanner.done) break;
    }
    return { taken, content: scanner.bytes, done: scanner.done };
  }, MalformedHeadError);
  return "value" in outcome ? outcome.value : undefined;
}

/** The grammar of RFC 9112, section 7.1, word for word on text. `undefined`: not a whole body. */
function readPlainly(text: string): Reading | undefined {
  let at = 0;
  let content = 0;
  for (;;) {
    const line = /^([0-9a-fA-F]{1,16})(?:;([\t\x20-\x7e\x80-\xff]*))?\r\n/.exec(text.slice(at));
    if (line === null || (line[2] ?? "").length > MAX_EXTENSION) return undefined;
    const size = parseInt(line[1] ?? "", 16);
    if (size > Number.MAX_SAFE_INTEGER) return undefined;
    at += line[0].length;
    if (size === 0) break;
    content += size;
    at += size;
    if (text.slice(at, at + 2) !== "\r\n") return undefined;
    at += 2;
  }
  const trailers = /^(?:[!-9;-~\x80-\xff][\t\x20-\x7e\x80-\xff]*\r\n)*\r\n/.exec(text.slice(at));
  if (trailers === null) return undefined;
  const trailerBytes = trailers[0].replaceAll("\r\n", "").length;
  if (trailerBytes > LIMITS.headBytes) return undefined;
  return { taken: at + trailers[0].length, content, done: true };
}

function generateBody(random: Random): string {
  let body = "";
  for (let left = random.below(6); left > 0; left--) {
    const data = random.text(1 + random.below(random.chance(5) ? 3000 : 20));
    const size = data.length.toString(16);
    const spelled = random.pick([size, size.toUpperCase(), size.padStart(random.below(18), "0")]);
    body += `${spelled}${
      random.chance(3) ? `;${random.text(random.below(9))}` : ""
    }\r\n${data}\r\n`;
  }
  const trailers = Array.from({ length: random.below(3) }, () => `X: ${random.text(9)}\r\n`);
  return `${body}0\r\n${trailers.join("")}\r\n${random.pick(["", "GET / HTTP/1.1\r\n"])}`;
}
