import assert from "node:assert/strict";
import { startOrigin } from "../../support/origin.ts";
import { CANARY, ROUTED_HOST, startTestProxy } from "../../support/proxy.ts";
import { startTls } from "../../support/tls.ts";
import { Wire } from "../../support/wire.ts";

/** One exchange, byte by byte. The request holds the placeholder where the credential goes. */
interface Probe {
  readonly name: string;
  readonly request: string;
  readonly answer: string;
  /** The origin ends the connection after its answer. */
  readonly closes?: boolean;
  /** Whether credentials are masked in answers; default: yes. */
  readonly redact?: boolean;
}

const PLACEHOLDER = "authsome-proxy-managed";
const AUTH = `Authorization: Bearer ${PLACEHOLDER}\r\n`;
const HEAD = `HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n${AUTH}`;
const GET = `GET / ${HEAD}\r\n`;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LARGE = "x".repeat(300_000);

function request(target: string, ...lines: string[]): string {
  return `GET ${target} ${HEAD}${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

function post(body: string, ...lines: string[]): string {
  return `POST /v1 ${HEAD}${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

const PROBES: readonly Probe[] = [
  { name: "a plain GET", request: GET, answer: OK },
  {
    name: "header case and order",
    request: request("/", "zEd: 1", "aBc: 2", "ABC: 3"),
    answer: OK,
  },
  { name: "odd white space", request: request("/", "A:1", "B:\t 2 \t", "C:"), answer: OK },
  { name: "obs-text", request: request("/", "X: \xff\x80\xe9"), answer: OK },
  {
    name: "odd targets",
    request: request('/%7E/a%2fb/../c//d;e?q=1&q=%20+[]{}|"<>^`'),
    answer: OK,
  },
  { name: "raw bytes in the target", request: request("/caf\xc3\xa9"), answer: OK },
  { name: "an absolute target", request: request(`https://${ROUTED_HOST}/x`), answer: OK },
  { name: "a query alone", request: request("/?"), answer: OK },
  { name: "a long target", request: request(`/${"a".repeat(20_000)}`), answer: OK },
  { name: "large headers", request: request("/", `X: ${"y".repeat(40_000)}`), answer: OK },
  { name: "200 headers", request: request("/", ...Array(200).fill("X: y")), answer: OK },
  { name: "repeated cookies", request: request("/", "Cookie: a=1", "Cookie: b=2"), answer: OK },
  {
    name: "Accept-Encoding, without redaction",
    request: request("/", "Accept-Encoding: gzip, br;q=0.1"),
    answer: OK,
    redact: false,
  },
  { name: "TE and Trailer", request: request("/", "TE: trailers", "Connection: TE"), answer: OK },
  { name: "Connection: keep-alive", request: request("/", "Connection: keep-alive"), answer: OK },
  { name: "an unknown method", request: GET.replace("GET", "BrEw"), answer: OK },
  { name: "OPTIONS *", request: GET.replace("GET /", "OPTIONS *"), answer: OK },
  { name: "a body with a length", request: post("hello", "Content-Length: 5"), answer: OK },
  { name: "an empty body", request: post("", "Content-Length: 0"), answer: OK },
  { name: "a body of a GET", request: `GET / ${HEAD}Content-Length: 3\r\n\r\nabc`, answer: OK },
  {
    name: "a large body",
    request: post(LARGE, `Content-Length: ${LARGE.length}`),
    answer: OK,
  },
  {
    name: "chunks with extensions and trailers",
    request: post(
      '003;a=b;c="d"\r\nabc\r\n1\r\n\0\r\n0;z\r\nX-Sum: 1\r\n\r\n',
      "Transfer-Encoding: chunked",
    ),
    answer: OK,
  },
  {
    name: "a chunked body in capitals",
    request: post("A\r\n0123456789\r\n0\r\n\r\n", "TRANSFER-ENCODING:Chunked"),
    answer: OK,
  },
  {
    name: "a response with odd headers",
    request: GET,
    answer: OK.replace("\r\n", "\r\nX:\xff  \r\nx:\r\n"),
  },
  {
    name: "repeated Set-Cookie",
    request: GET,
    answer: OK.replace("\r\n", "\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"),
  },
  { name: "an unknown status", request: GET, answer: OK.replace("200 OK", "799 Odd \xe9") },
  { name: "no reason", request: GET, answer: OK.replace("200 OK", "200") },
  { name: "an empty reason", request: GET, answer: OK.replace("200 OK", "200 ") },
  { name: "Keep-Alive", request: GET, answer: OK.replace("\r\n", "\r\nKeep-Alive: timeout=5\r\n") },
  {
    name: "a chunked response with trailers",
    request: GET,
    answer: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nTrailer: Grpc-Status\r\n\r\n" +
      "4;ext\r\nbody\r\n00\r\nGrpc-Status: 0\r\n\r\n",
  },
  { name: "a 204", request: GET, answer: "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n" },
  {
    name: "a 304 with a length",
    request: GET,
    answer: "HTTP/1.1 304 NM\r\nContent-Length: 9\r\n\r\n",
  },
  {
    name: "an answer to HEAD",
    request: GET.replace("GET", "HEAD"),
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
  },
  {
    name: "a chunked answer to HEAD",
    request: GET.replace("GET", "HEAD"),
    answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  },
  {
    name: "103 Early Hints",
    request: GET,
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${OK}`,
  },
  { name: "100 without being asked", request: GET, answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}` },
  { name: "a redirect", request: GET, answer: OK.replace("200 OK", "302 F\r\nLocation: /x") },
  {
    name: "a 401 with a challenge",
    request: GET,
    answer: OK.replace("200 OK", "401 U\r\nWWW-Authenticate: Basic"),
  },
  {
    name: "compressed bytes",
    request: GET,
    answer:
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\0\xff\x01",
  },
  {
    name: "a large response",
    request: GET,
    answer: `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`,
  },
  {
    name: "a response until the end",
    request: GET,
    answer: "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    closes: true,
  },
  {
    name: "Connection: close in the response",
    request: GET,
    answer: OK.replace("\r\n", "\r\nConnection: close\r\n"),
    closes: true,
  },
  {
    name: "an HTTP/1.0 response",
    request: GET,
    answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    closes: true,
  },
  {
    name: "an HTTP/1.0 request",
    request: GET.replace("HTTP/1.1", "HTTP/1.0"),
    answer: "HTTP/1.0 200 OK\r\n\r\nold",
    closes: true,
  },
  {
    name: "an HTTP/1.0 request with Connection: close",
    request: request("/", "Connection: close").replace("HTTP/1.1", "HTTP/1.0"),
    answer: "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold",
    closes: true,
  },
];

/** What both ends of one exchange saw. */
interface Seen {
  readonly byOrigin: string;
  readonly byClient: string;
}

async function exchange(
  probe: Probe,
  sent: string,
  open: (port: number) => Promise<{ wire: Wire; done: () => Promise<void> }>,
): Promise<Seen> {
  const expected = probe.request.replace(PLACEHOLDER, CANARY).length;
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeBytes(expected);
      await wire.send(probe.answer);
      if (probe.closes !== true) await wire.takeRest();
    },
  });
  const { wire, done } = await open(origin.port);
  await wire.send(sent);
  const answer = await wire.takeBytes(probe.answer.length);
  const rest = probe.closes === true ? await wire.takeRest() : "";
  wire.close();
  await done();
  await origin.close();
  return { byOrigin: origin.received(), byClient: answer + rest };
}

for (const probe of PROBES) {
  Deno.test(`through the proxy as without it: ${probe.name}`, async () => {
    const withKey = probe.request.replace(PLACEHOLDER, CANARY);
    const direct = await exchange(probe, withKey, async (port) => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      const wire = await startTls(new Wire(conn), ROUTED_HOST);
      return { wire, done: () => Promise.resolve() };
    });
    const proxied = await exchange(probe, probe.request, async (port) => {
      const proxy = await startTestProxy({
        origins: { [ROUTED_HOST]: port },
        redact: probe.redact ?? true,
      });
      return { wire: await proxy.connectTls(), done: () => proxy.close() };
    });
    assert.deepEqual(proxied, direct);
    assert.deepEqual(direct, { byOrigin: withKey, byClient: probe.answer });
  });
}
