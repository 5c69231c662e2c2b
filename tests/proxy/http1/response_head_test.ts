import assert from "node:assert/strict";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import {
  keepAliveHint,
  keepsAlive,
  parseResponseHead,
  type ResponseHead,
} from "../../../lib/proxy/http1/response_head.ts";
import { fromLatin1 } from "../../support/wire.ts";

const LIMITS = { headBytes: 64 * 1024, headFields: 256 };

function parse(text: string, method = "GET"): ResponseHead {
  return parseResponseHead(fromLatin1(text), method, LIMITS);
}

const FRAMINGS: readonly [head: string, method: string, framing: string][] = [
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", "length"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "none"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", "chunked"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", "none"],
  ["HTTP/1.1 200 OK\r\n\r\n", "GET", "until_close"],
  ["HTTP/1.0 200 OK\r\n\r\n", "GET", "until_close"],
  ["HTTP/1.1 204 No Content\r\n\r\n", "GET", "none"],
  ["HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", "none"],
  ["HTTP/1.1 100 Continue\r\n\r\n", "GET", "none"],
  ["HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "GET", "none"],
  ["HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "GET", "none"],
  ["HTTP/1.1 299 \xe9\r\nContent-Length: 0\r\n\r\n", "GET", "none"],
];

for (const [head, method, framing] of FRAMINGS) {
  Deno.test(`${JSON.stringify(head)} to ${method} has a body of kind ${framing}`, () => {
    assert.equal(parse(head, method).framing.kind, framing);
  });
}

const REFUSED: readonly string[] = [
  "HTTP/1.1 20 OK\r\n\r\n",
  "HTTP/1.1 2000 OK\r\n\r\n",
  "HTTP/1.1 099 OK\r\n\r\n",
  "HTTP/1.1 2x0 OK\r\n\r\n",
  "HTTP/1.1  200 OK\r\n\r\n",
  "HTTP/2 200\r\n\r\n",
  "ICY 200 OK\r\n\r\n",
  "HTTP/1.1 200 O\0K\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
  "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  "HTTP/1.1 204 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
];

for (const head of REFUSED) {
  Deno.test(`parseResponseHead() refuses ${JSON.stringify(head)}`, () => {
    assert.throws(() => parse(head), MalformedHeadError);
  });
}

const KEEP_ALIVE: readonly [head: string, keeps: boolean][] = [
  ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true],
  ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false],
  ["HTTP/1.1 200 OK\r\n\r\n", false],
  ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false],
  ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true],
];

for (const [head, keeps] of KEEP_ALIVE) {
  Deno.test(`after ${JSON.stringify(head)} the connection ${keeps ? "stays" : "ends"}`, () => {
    assert.equal(keepsAlive(parse(head)), keeps);
  });
}

Deno.test("keepAliveHint() reads the timeout of Keep-Alive in milliseconds", () => {
  const head = (value: string): string => `HTTP/1.1 200 OK\r\nKeep-Alive: ${value}\r\n\r\n`;
  assert.equal(keepAliveHint(parse(head("timeout=5, max=100"))), 5000);
  assert.equal(keepAliveHint(parse(head("max=100, timeout=75"))), 75_000);
  assert.equal(keepAliveHint(parse(head("notimeout=5"))), undefined);
  assert.equal(keepAliveHint(parse("HTTP/1.1 200 OK\r\n\r\n")), undefined);
});
