import assert from "node:assert/strict";
import type { FieldInjection } from "../../../lib/injection.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { editHead, hopEdits, injectionEdits } from "../../../lib/proxy/injection/injector.ts";
import { parseRequestHead } from "../../../lib/proxy/http1/request_head.ts";
import { Secret } from "../../../lib/secret.ts";
import { bearer } from "../../support/proxy.ts";
import { fromLatin1 } from "../../support/wire.ts";

const LIMITS = { headBytes: 64 * 1024, headFields: 256 };
const NO_EXTRA = { extraHeaders: [] } as const;

function inject(text: string, injection: FieldInjection): string {
  const head = parseRequestHead(fromLatin1(text), LIMITS);
  const edits = injectionEdits(head, injection);
  const fields = [...hopEdits(head), ...edits.fields];
  return String.fromCharCode(...editHead(head.lines, { ...edits, fields }));
}

function query(name: string, value: string): FieldInjection {
  return { kind: "query", name, value: new Secret(value), secret: new Secret(value), ...NO_EXTRA };
}

/** Each case: what the client sends and what goes upstream, both without the Host line's repeat. */
const CASES: readonly [
  name: string,
  injection: FieldInjection,
  sent: string[],
  forwarded: string[],
][] = [
  [
    "an absent credential comes last",
    bearer("key"),
    ["GET / HTTP/1.1", "Host: a", "X: y"],
    ["GET / HTTP/1.1", "Host: a", "X: y", "Authorization: Bearer key"],
  ],
  [
    "a placeholder is replaced in its place",
    bearer("key"),
    ["GET / HTTP/1.1", "authorization: Bearer x", "Host: a"],
    ["GET / HTTP/1.1", "Authorization: Bearer key", "Host: a"],
  ],
  [
    "every copy goes, in any case",
    bearer("key"),
    [
      "GET / HTTP/1.1",
      "Host: a",
      "AUTHORIZATION: 1",
      "X: y",
      "authorization:2",
      "Authorization:",
    ],
    ["GET / HTTP/1.1", "Host: a", "Authorization: Bearer key", "X: y"],
  ],
  [
    "similar names stay",
    bearer("key"),
    ["GET / HTTP/1.1", "Host: a", "Authorizatio: 1", "X-Authorization: 2", "Authorizations: 3"],
    [
      "GET / HTTP/1.1",
      "Host: a",
      "Authorizatio: 1",
      "X-Authorization: 2",
      "Authorizations: 3",
      "Authorization: Bearer key",
    ],
  ],
  [
    "odd but valid bytes stay",
    bearer("key"),
    ["GET /%7e?a=[b] HTTP/1.1", "hOsT:a", "X:\t \xff y  ", "X:", "x: z"],
    [
      "GET /%7e?a=[b] HTTP/1.1",
      "hOsT:a",
      "X:\t \xff y  ",
      "X:",
      "x: z",
      "Authorization: Bearer key",
    ],
  ],
  [
    "what is for the proxy goes",
    bearer("key"),
    [
      "GET / HTTP/1.1",
      "Proxy-Authorization: Basic x",
      "Host: a",
      "PROXY-AUTHORIZATION: y",
      "Proxy-Connection: keep-alive",
      "Connection: keep-alive",
    ],
    ["GET / HTTP/1.1", "Host: a", "Connection: keep-alive", "Authorization: Bearer key"],
  ],
  [
    "a wish to close is ours, other options pass",
    bearer("key"),
    ["GET / HTTP/1.1", "Host: a", "Connection: close, TE", "TE: trailers", "Connection: x-y"],
    [
      "GET / HTTP/1.1",
      "Host: a",
      "Connection: te, x-y",
      "TE: trailers",
      "Authorization: Bearer key",
    ],
  ],
  [
    "a wish to close alone goes",
    bearer("key"),
    ["GET / HTTP/1.1", "Connection: close", "Host: a"],
    ["GET / HTTP/1.1", "Host: a", "Authorization: Bearer key"],
  ],
  [
    "HTTP/1.0 keeps its wish to close",
    bearer("key"),
    ["GET / HTTP/1.0", "Connection: close", "Host: a"],
    ["GET / HTTP/1.0", "Connection: close", "Host: a", "Authorization: Bearer key"],
  ],
  [
    "TE, Trailer, Upgrade and Transfer-Encoding pass",
    bearer("key"),
    [
      "POST / HTTP/1.1",
      "Host: a",
      "TE: x",
      "Trailer: y",
      "Upgrade: z",
      "Transfer-Encoding: chunked",
    ],
    [
      "POST / HTTP/1.1",
      "Host: a",
      "TE: x",
      "Trailer: y",
      "Upgrade: z",
      "Transfer-Encoding: chunked",
      "Authorization: Bearer key",
    ],
  ],
  [
    "extra headers replace the client's",
    { ...bearer("key"), extraHeaders: [{ name: "X-Version", value: "2" }] },
    ["GET / HTTP/1.1", "x-version: 1", "Host: a", "X-VERSION: 3"],
    ["GET / HTTP/1.1", "X-Version: 2", "Host: a", "Authorization: Bearer key"],
  ],
  [
    "a query parameter is added",
    query("key", "a b&c"),
    ["GET /v1 HTTP/1.1", "Host: a"],
    ["GET /v1?key=a%20b%26c HTTP/1.1", "Host: a"],
  ],
  [
    "every copy of a query parameter goes, however it is spelled",
    query("key", "k"),
    ["GET /v1?a=1&key=x&b=%20+&KEY=y&k%65y=z&key HTTP/1.1", "Host: a"],
    ["GET /v1?a=1&b=%20+&KEY=y&key=k HTTP/1.1", "Host: a"],
  ],
];

for (const [name, injection, sent, forwarded] of CASES) {
  Deno.test(`injection: ${name}`, () => {
    const text = (lines: string[]): string => `${lines.join("\r\n")}\r\n\r\n`;
    assert.equal(inject(text(sent), injection), text(forwarded));
  });
}

Deno.test("a Connection field must not make the next hop drop the credential", () => {
  const injection = { ...bearer("key"), extraHeaders: [{ name: "X-Version", value: "2" }] };
  const head = (option: string): string =>
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${option}\r\n\r\n`;
  assert.throws(() => inject(head("X-VERSION"), injection), MalformedHeadError);
  const key: FieldInjection = {
    kind: "header",
    name: "X-Key",
    value: new Secret("k"),
    secret: new Secret("k"),
    ...NO_EXTRA,
  };
  assert.throws(() => inject(head("close, x-key"), key), MalformedHeadError);
  assert.match(inject(head("x-other"), key), /X-Key: k/);
});

Deno.test("a credential that would end its line is never sent", () => {
  assert.throws(() => inject("GET / HTTP/1.1\r\nHost: a\r\n\r\n", bearer("a\r\nX: y")), TypeError);
});
