import assert from "node:assert/strict";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import {
  parseRequestHead,
  type RequestHead,
  wantsKeepAlive,
} from "../../../lib/proxy/http1/request_head.ts";
import { fromLatin1 } from "../../support/wire.ts";

const LIMITS = { headBytes: 64 * 1024, headFields: 256 };
const HOST = "Host: api.example.com\r\n";

function parse(text: string): RequestHead {
  return parseRequestHead(fromLatin1(text), LIMITS);
}

const ACCEPTED: readonly [name: string, head: string, framing: string][] = [
  ["a plain request", `GET / HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["no fields in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "none"],
  ["an unknown method", `BREW /pot HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["an absolute target", `GET http://api.example.com/x HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["CONNECT", `CONNECT api.example.com:443 HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["obs-text in a value", `GET / HTTP/1.1\r\n${HOST}X: \xff\xe9\r\n\r\n`, "none"],
  ["obs-text in the target", `GET /caf\xc3\xa9 HTTP/1.1\r\n${HOST}\r\n`, "none"],
  ["an empty value", `GET / HTTP/1.1\r\n${HOST}X:\r\n\r\n`, "none"],
  ["white space around a value", `GET / HTTP/1.1\r\n${HOST}X: \t a b \t \r\n\r\n`, "none"],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "none"],
  ["a length", `POST / HTTP/1.1\r\n${HOST}Content-Length: 12\r\n\r\n`, "length"],
  ["a length of zero", `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, "none"],
  ["chunked", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, "chunked"],
  [
    "chunked in capitals",
    `POST / HTTP/1.1\r\n${HOST}TRANSFER-ENCODING: CHUNKED\r\n\r\n`,
    "chunked",
  ],
  [
    "gzip, chunked",
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    "chunked",
  ],
];

for (const [name, head, framing] of ACCEPTED) {
  Deno.test(`parseRequestHead() accepts ${name}`, () => {
    assert.equal(parse(head).framing.kind, framing);
  });
}

function withField(line: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`;
}

const REFUSED: readonly [name: string, head: string, status: number][] = [
  ["a bare CR in a value", withField("X: a\rb"), 400],
  ["a bare CR at a line's end", `GET / HTTP/1.1\r${HOST}\r\n`, 400],
  ["a bare CR in the request line", `GET /\r HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a bare LF", `GET / HTTP/1.1\n${HOST}\r\n`, 400],
  ["a NUL in a value", withField("X: a\0b"), 400],
  ["a NUL in a name", withField("X\0: a"), 400],
  ["a control character in a value", withField("X: \x01"), 400],
  ["DEL in a value", withField("X: \x7f"), 400],
  ["a folded line", withField("X: a\r\n b"), 400],
  ["a fold by tab", withField("X: a\r\n\tb"), 400],
  ["white space before the first field", `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400],
  ["a space before the colon", withField("X : a"), 400],
  ["a tab before the colon", withField("X\t: a"), 400],
  ["an empty name", withField(": a"), 400],
  ["no colon", withField("nonsense"), 400],
  ["a name with brackets", withField("X(1): a"), 400],
  ["a name beyond ASCII", withField("\xe9: a"), 400],
  ["no Host", "GET / HTTP/1.1\r\nX: a\r\n\r\n", 400],
  ["two Hosts", withField("host: api.example.com"), 400],
  ["two Hosts in HTTP/1.0", `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, 400],
  ["no method", ` / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method that is no token", `G@T / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no target", `GET HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an empty target", `GET  HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["two spaces before the target", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a space in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a tab in the request line", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a relative target", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a fragment", `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["* without OPTIONS", `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["user info in the target", `GET http://a@b/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["another scheme", `GET ftp://b/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["HTTP/0.9", `GET /\r\n${HOST}\r\n`, 400],
  ["HTTP/1.2", `GET / HTTP/1.2\r\n${HOST}\r\n`, 400],
  ["HTTP/2.0", `PRI * HTTP/2.0\r\n${HOST}\r\n`, 400],
  ["http in lower case", `GET / http/1.1\r\n${HOST}\r\n`, 400],
  ["a version with a leading zero", `GET / HTTP/01.1\r\n${HOST}\r\n`, 400],
  ["a length and chunked", withField("Content-Length: 1\r\nTransfer-Encoding: chunked"), 400],
  ["chunked and a length", withField("Transfer-Encoding: chunked\r\nContent-Length: 1"), 400],
  ["two different lengths", withField("Content-Length: 1\r\nContent-Length: 2"), 400],
  ["two equal lengths", withField("Content-Length: 1\r\ncontent-length: 1"), 400],
  ["a list of lengths", withField("Content-Length: 1, 1"), 400],
  ["a negative length", withField("Content-Length: -1"), 400],
  ["a length with a plus", withField("Content-Length: +1"), 400],
  ["a hexadecimal length", withField("Content-Length: 0x1"), 400],
  ["a length with a fraction", withField("Content-Length: 1.0"), 400],
  ["an empty length", withField("Content-Length:"), 400],
  ["a length beyond 2^53", withField("Content-Length: 9007199254740992"), 400],
  ["a length of 20 digits", withField(`Content-Length: ${"0".repeat(19)}1`), 400],
  ["chunked twice", withField("Transfer-Encoding: chunked, chunked"), 400],
  [
    "chunked twice in two fields",
    withField("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    400,
  ],
  ["chunked before gzip", withField("Transfer-Encoding: chunked, gzip"), 400],
  ["gzip alone", withField("Transfer-Encoding: gzip"), 400],
  ["identity", withField("Transfer-Encoding: identity"), 501],
  ["an unknown coding", withField("Transfer-Encoding: br, chunked"), 501],
  ["xchunked", withField("Transfer-Encoding: xchunked"), 501],
  ["chunked with a parameter", withField("Transfer-Encoding: chunked;q=1"), 501],
  ["quoted chunked", withField('Transfer-Encoding: "chunked"'), 501],
  ["chunked after an empty element", withField("Transfer-Encoding: , chunked"), 400],
  ["an empty coding", withField("Transfer-Encoding:"), 501],
  ["chunked in HTTP/1.0", `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, 400],
  ["CONNECT with a body", `CONNECT a:1 HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\n`, 400],
  ["Connection naming Content-Length", withField("Connection: Content-Length"), 400],
  ["Connection naming Host", withField("Connection: close, host"), 400],
  ["Connection naming Authorization", withField("Connection: authorization"), 400],
  ["Connection with no token", withField("Connection: a b"), 400],
  ["more fields than allowed", `GET / HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(256)}\r\n`, 431],
  ["more bytes than allowed", withField(`X: ${"y".repeat(64 * 1024)}`), 431],
];

for (const [name, head, status] of REFUSED) {
  Deno.test(`parseRequestHead() refuses ${name} with ${status}`, () => {
    assert.throws(() => parse(head), (error) => {
      assert.ok(error instanceof MalformedHeadError);
      assert.equal(error.status, status);
      return true;
    });
  });
}

Deno.test("parseRequestHead() keeps strings as they came, one character a byte", () => {
  const head = parse("PoSt /caf\xc3\xa9?q=%2F HTTP/1.1\r\nhOST: API.Example.com:8443\r\n\r\n");
  assert.equal(head.method, "PoSt");
  assert.equal(head.targetText, "/caf\xc3\xa9?q=%2F");
  assert.equal(head.host, "API.Example.com:8443");
});

const KEEP_ALIVE: readonly [version: string, connection: string, keeps: boolean][] = [
  ["1.1", "", true],
  ["1.1", "Connection: close\r\n", false],
  ["1.1", "Connection: TE, Close\r\n", false],
  ["1.1", "Connection: keep-alive\r\nConnection: close\r\n", false],
  ["1.0", "", false],
  ["1.0", "Connection: Keep-Alive\r\n", true],
];

for (const [version, connection, keeps] of KEEP_ALIVE) {
  const verb = keeps ? "keeps" : "ends";
  Deno.test(`HTTP/${version} with ${JSON.stringify(connection)} ${verb} the connection`, () => {
    const head = parse(`GET / HTTP/${version}\r\n${HOST}${connection}\r\n`);
    assert.equal(wantsKeepAlive(head), keeps);
  });
}
