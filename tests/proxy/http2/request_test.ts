import assert from "node:assert/strict";
import { MalformedRequestError } from "../../../lib/proxy/http2/request.ts";
import { checkTrailers, parseRequest } from "../../../lib/proxy/http2/request.ts";
import { fieldsOf, get, type Headers } from "../../support/h2.ts";

Deno.test("parseRequest() reads a request and keeps every field in order", () => {
  const headers = get("/v1/x?y=1", [["cookie", "a=1"], ["x", "1"], ["cookie", "b=2"], ["x", "1"]]);
  const { fields, ...request } = parseRequest(fieldsOf(headers));
  assert.deepEqual(request, {
    method: "GET",
    scheme: "https",
    authorities: ["api.example.com"],
    path: "/v1/x?y=1",
    protocol: undefined,
    contentLength: undefined,
  });
  assert.deepEqual(fields.map(({ name, value }) => [name, value]), headers);
});

Deno.test("parseRequest() gives every place that names a host", () => {
  const both = get("/", [["host", "other.example.com"]]);
  assert.deepEqual(parseRequest(fieldsOf(both)).authorities, [
    "api.example.com",
    "other.example.com",
  ]);
  const hostOnly = both.filter(([name]) => name !== ":authority");
  assert.deepEqual(parseRequest(fieldsOf(hostOnly)).authorities, ["other.example.com"]);
});

Deno.test("parseRequest() reads an extended CONNECT", () => {
  const headers: Headers = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", "/chat"],
    [":authority", "api.example.com"],
  ];
  assert.equal(parseRequest(fieldsOf(headers)).protocol, "websocket");
});

const FINE: readonly (readonly [what: string, headers: Headers])[] = [
  ["TE: trailers", get("/", [["te", "trailers"]])],
  ["obs-text in a value", get("/", [["x", "\x80\xff"]])],
  ["an empty value", get("/", [["x", ""]])],
  ["OPTIONS *", [[":method", "OPTIONS"], ...get("*").slice(1)]],
  ["a path with odd bytes", get('/a%2f..//\xe9;x|"<>')],
  ["an unknown method", [[":method", "BREW"], ...get("/").slice(1)]],
  ["pseudo-header fields in any order", [...get("/")].reverse()],
];

for (const [what, headers] of FINE) {
  Deno.test(`parseRequest() takes ${what}`, () => {
    assert.equal(parseRequest(fieldsOf(headers)).fields.length, headers.length);
  });
}

function without(name: string): Headers {
  return get("/").filter(([other]) => other !== name);
}

const MALFORMED: readonly (readonly [what: string, headers: Headers, status?: number])[] = [
  ["no method", without(":method")],
  ["no scheme", without(":scheme")],
  ["no path", without(":path")],
  ["no host at all", without(":authority")],
  ["an empty list", []],
  ["a method that is no token", [[":method", "G T"], ...without(":method")]],
  ["an empty path", get("")],
  ["a path without a slash", get("v1")],
  ["an absolute target", get("https://other.example.com/")],
  ["an asterisk for a path", get("*")],
  ["a path with a space", get("/a b")],
  ["a path with a fragment", get("/a#b")],
  ["a path with NUL", get("/a\0b")],
  ["a foreign scheme", [[":scheme", "ftp"], ...without(":scheme")]],
  ["a repeated pseudo-header field", [...get("/"), [":path", "/"]]],
  ["an unknown pseudo-header field", [...get("/"), [":proto", "x"]]],
  ["a response's pseudo-header field", [...get("/"), [":status", "200"]]],
  ["a pseudo-header field after others", [["x", "1"], ...get("/")]],
  ["a line break in :authority", [...without(":authority"), [":authority", "a\r\nb"]]],
  ["an upper-case name", get("/", [["X-Upper", "1"]])],
  ["a name with a space", get("/", [["x y", "1"]])],
  ["a name with a colon inside", get("/", [["x:y", "1"]])],
  ["an empty name", get("/", [["", "1"]])],
  ["a non-ASCII name", get("/", [["x\xe9", "1"]])],
  ["a line feed in a value", get("/", [["x", "a\nauthorization: b"]])],
  ["a carriage return in a value", get("/", [["x", "a\rb"]])],
  ["NUL in a value", get("/", [["x", "a\0b"]])],
  ["Connection", get("/", [["connection", "close"]])],
  ["Proxy-Connection", get("/", [["proxy-connection", "close"]])],
  ["Keep-Alive", get("/", [["keep-alive", "1"]])],
  ["Transfer-Encoding", get("/", [["transfer-encoding", "chunked"]])],
  ["Upgrade", get("/", [["upgrade", "websocket"]])],
  ["TE other than trailers", get("/", [["te", "gzip"]])],
  ["two hosts", get("/", [["host", "a"], ["host", "a"]])],
  ["two content-lengths", get("/", [["content-length", "1"], ["content-length", "1"]])],
  ["a content-length that is no number", get("/", [["content-length", "+1"]])],
  ["a list of content-lengths", get("/", [["content-length", "1, 1"]])],
  [":protocol without CONNECT", [[":protocol", "websocket"], ...get("/")]],
  ["a plain CONNECT", [[":method", "CONNECT"], [":authority", "api.example.com:443"]], 501],
];

for (const [what, headers, status = 400] of MALFORMED) {
  Deno.test(`parseRequest() refuses ${what}`, () => {
    const matches = (error: unknown): boolean =>
      error instanceof MalformedRequestError && error.status === status;
    assert.throws(() => parseRequest(fieldsOf(headers)), matches);
  });
}

Deno.test("checkTrailers() refuses what may not follow a body", () => {
  checkTrailers(fieldsOf([["grpc-status", "0"], ["x", "\xff"]]));
  const wrong = [[":path", "/"], ["X", "1"], ["connection", "x"], ["x", "\n"]] as const;
  for (const pair of wrong) {
    assert.throws(() => checkTrailers(fieldsOf([pair])), MalformedRequestError, pair[0]);
  }
});
