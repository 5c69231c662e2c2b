/**
 * The head of an HTTP/1 request: the same end for every chunking, one documented error, and an
 * injection that changes nothing but its field.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat, formatByteString, wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import { HeadScanner, MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { editHead, injectionEdits } from "../../../lib/proxy/injection/injector.ts";
import { parseRequestHead, type RequestHead } from "../../../lib/proxy/http1/request_head.ts";
import { Secret } from "../../../lib/secret.ts";
import type { Random } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";
import { chunksOf } from "../mutate.ts";
import { type FuzzTarget, type Outcome, outcomeOf } from "../target.ts";

const LIMITS = { headBytes: 4096, headFields: 40 };
const INJECTION = {
  kind: "header",
  name: "Authorization",
  value: new Secret("Bearer canary"),
  secret: new Secret("canary"),
  extraHeaders: [],
} as const;

/** The target. */
export const requestHead: FuzzTarget = {
  name: "request_head",
  generate: (random) => fromLatin1(generateHead(random)),
  check: (input, random) => {
    const whole = findEnd([input]);
    const pieces = findEnd(chunksOf(input, random));
    // A head that is too long may be noticed earlier or later; that it is refused may not differ.
    if ("value" in whole || "value" in pieces) assert.deepEqual(pieces, whole);
    if (!("value" in whole) || whole.value === undefined) return;
    const bytes = input.slice(0, whole.value);
    const head = outcomeOf(() => parseRequestHead(bytes, LIMITS), MalformedHeadError);
    if ("value" in head) checkInjection(head.value);
  },
};

/** Where the head ends when its bytes arrive in these chunks. */
function findEnd(chunks: readonly Uint8Array[]): Outcome<number | undefined> {
  return outcomeOf(() => {
    const scanner = new HeadScanner(LIMITS.headBytes);
    let received: Uint8Array = new Uint8Array(0);
    for (const chunk of chunks) {
      received = concat([received, chunk]);
      const end = scanner.scan(received);
      if (end !== undefined) return end;
    }
    return undefined;
  }, MalformedHeadError);
}

function checkInjection(head: RequestHead): void {
  const edited = outcomeOf(
    () => editHead(head.lines, injectionEdits(head, INJECTION)),
    MalformedHeadError,
  );
  if (!("value" in edited)) return;
  const text = (bytes: Uint8Array): string => formatByteString(wholeOf(bytes));
  const others = (lines: string): string[] =>
    lines.split("\r\n").filter((line) => !/^authorization:/i.test(line));
  const after = text(edited.value);
  assert.deepEqual(others(after), others(text(head.lines.bytes)));
  assert.equal(after.match(/^authorization:/gim)?.length, 1);
  const roomy = { headBytes: 1 << 20, headFields: 1000 };
  const { framing, host, targetText } = parseRequestHead(edited.value, roomy);
  assert.deepEqual({ framing, host, targetText }, {
    framing: head.framing,
    host: head.host,
    targetText: head.targetText,
  });
}

const METHODS = ["GET", "POST", "OPTIONS", "CONNECT", "brew", ""];
const TARGETS = [
  "/",
  "/a?b=c",
  "*",
  "https://api.example.com/x",
  "api.example.com:443",
  "/%2e/",
  "",
];
const NAMES = [
  "Host",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Authorization",
  "aUTHORIZATION",
  "X-Y",
  "Proxy-Connection",
];
const VALUES = [
  "api.example.com",
  "5",
  "0",
  "chunked",
  "gzip, chunked",
  "close",
  "keep-alive, Authorization",
  "Bearer x",
  "",
];

function generateHead(random: Random): string {
  const version = random.chance(8) ? random.text(8) : random.pick(["HTTP/1.1", "HTTP/1.0"]);
  const lines = [`${random.pick(METHODS)} ${random.pick(TARGETS)} ${version}`];
  if (!random.chance(6)) lines.push("Host: api.example.com");
  for (let left = random.below(random.chance(10) ? 60 : 5); left > 0; left--) {
    const value = random.chance(3) ? random.text(random.below(40)) : random.pick(VALUES);
    lines.push(`${random.pick(NAMES)}:${random.pick(["", " ", "\t ", "  "])}${value}`);
  }
  const end = random.chance(12) ? random.pick(["\n", "\r", "\r\n "]) : "\r\n";
  return lines.map((line) => line + end).join("") + random.pick(["\r\n", "\r\nbody", ""]);
}
