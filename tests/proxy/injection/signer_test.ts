import assert from "node:assert/strict";
import type { AccessKey } from "../../../lib/access_key.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { fieldValues } from "../../../lib/proxy/http1/head_lines.ts";
import { editHead } from "../../../lib/proxy/injection/injector.ts";
import { DEFAULT_LIMITS } from "../../../lib/proxy/limits.ts";
import { RefusedError } from "../../../lib/proxy/decision/refusal.ts";
import { parseRequestHead } from "../../../lib/proxy/http1/request_head.ts";
import { type SignedRequest, signHead } from "../../../lib/proxy/injection/signer.ts";
import { sha256, signRequest } from "../../../lib/sigv4.ts";
import { headerFields, readKey, S3_KEY, S3_KEY_TEXT, S3_SIGNER } from "../../support/sigv4.ts";
import { fromLatin1 } from "../../support/wire.ts";

const HOST = "examplebucket.s3.amazonaws.com";
const SCOPE = "20130524/us-east-1/s3/aws4_request";
const EMPTY = sha256("");
const NAMES = "host;range;x-amz-content-sha256;x-amz-date";

interface Wish {
  readonly key?: AccessKey;
  readonly body?: string;
  readonly target?: string;
}

async function sign(lines: readonly string[], wish: Wish = {}): Promise<
  SignedRequest & {
    readonly text: string;
  }
> {
  const head = parseRequestHead(fromLatin1([...lines, "", ""].join("\r\n")), DEFAULT_LIMITS);
  const signed = await signHead(head, {
    injection: { kind: "sigv4", key: wish.key ?? S3_KEY, extraHeaders: [] },
    source: { target: head.targetText, fieldValues: (name) => fieldValues(head.lines, name) },
    target: wish.target,
    holdBody: () => {
      if (wish.body === undefined) throw new Error("nobody asked for the body");
      return Promise.resolve(fromLatin1(wish.body));
    },
  });
  return { ...signed, text: String.fromCharCode(...editHead(head.lines, signed.edits)) };
}

function authorization(names: string, scope = SCOPE, id = "authsome-proxy-managed"): string {
  return `Authorization: AWS4-HMAC-SHA256 Credential=${id}/${scope}, ` +
    `SignedHeaders=${names}, Signature=${"0".repeat(64)}`;
}

const GET = [
  "GET /test.txt HTTP/1.1",
  `Host: ${HOST}`,
  "Range: bytes=0-9",
  "User-Agent: x",
  `X-Amz-Content-SHA256: ${EMPTY}`,
  `X-Amz-Date: ${S3_SIGNER.time}`,
];
const SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/" +
  `aws4_request, SignedHeaders=${NAMES}, ` +
  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";

Deno.test("signHead() signs the documentation's request in place, and changes nothing else", async () => {
  const { text, rewriter } = await sign([
    ...GET.slice(0, 3),
    authorization(NAMES),
    ...GET.slice(3),
  ]);
  const expected = [...GET.slice(0, 3), `Authorization: ${SIGNED}`, ...GET.slice(3), "", ""];
  assert.equal(text, expected.join("\r\n"));
  assert.equal(rewriter, undefined);
});

Deno.test("signHead() takes the placeholder of a session token out", async () => {
  const names = `${NAMES};x-amz-security-token`;
  const { text } = await sign([...GET, "X-Amz-Security-Token: placeholder", authorization(names)]);
  assert.equal(text, [...GET, `Authorization: ${SIGNED}`, "", ""].join("\r\n"));
});

Deno.test("signHead() puts a session token in, signed", async () => {
  const key = readKey(`${S3_KEY_TEXT}:token/==`);
  const { text } = await sign([...GET, authorization(NAMES)], { key });
  const headers = headerFields({
    host: HOST,
    range: "bytes=0-9",
    "x-amz-content-sha256": EMPTY,
    "x-amz-date": S3_SIGNER.time,
    "x-amz-security-token": "token/==",
  });
  const parts = { method: "GET", target: "/test.txt", headers, payloadHash: EMPTY };
  assert.match(text, /^x-amz-security-token: token\/==\r$/m);
  assert.match(text, new RegExp(`-token, Signature=${signRequest(parts, S3_SIGNER)}\r`));
});

Deno.test("signHead() leaves out what the proxy changes and what is not there", async () => {
  const names = `authorization;connection;${NAMES};x-absent`;
  const { text } = await sign([...GET, "Connection: keep-alive", authorization(names)]);
  assert.match(text, new RegExp(`^Authorization: ${SIGNED}\r$`, "m"));
});

Deno.test("signHead() hashes a body whose hash is not given, for services other than S3", async () => {
  const scope = "20130524/us-east-1/bedrock/aws4_request";
  const head = [
    "POST /model/a%3A0/invoke HTTP/1.1",
    "Host: bedrock-runtime.us-east-1.amazonaws.com",
    "Content-Length: 2",
    `X-Amz-Date: ${S3_SIGNER.time}`,
    authorization("host;x-amz-date", scope),
  ];
  const [one, same, other] = await Promise.all(
    ["{}", "{}", "[]"].map(async (body) => (await sign(head, { body })).text),
  );
  assert.equal(one, same);
  assert.notEqual(one, other);
});

/** "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference. */
const PRESIGNED = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ID%2F20130524%2F" +
  "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400" +
  "&X-Amz-SignedHeaders=host";

Deno.test("signHead() signs the documentation's presigned address", async () => {
  const own = PRESIGNED.replace("ID", "authsome-proxy-managed");
  const token = "&X-Amz-Security-Token=authsome-proxy-managed";
  const expected = `${PRESIGNED.replace("ID", "AKIAIOSFODNN7EXAMPLE")}&X-Amz-Signature=` +
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  for (const target of [`${own}&X-Amz-Signature=00`, `${own}${token}&X-Amz-Signature=00`]) {
    const { text } = await sign([`GET ${target} HTTP/1.1`, `Host: ${HOST}`]);
    assert.equal(text, `GET ${expected} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  }
});

Deno.test("signHead() signs a presigned address in absolute form, and with a session token", async () => {
  const own = `https://${HOST}${PRESIGNED.replace("ID", "authsome-proxy-managed")}`;
  const key = readKey(`${S3_KEY_TEXT}:a/b`);
  const { text } = await sign([`GET ${own}&X-Amz-Signature=0 HTTP/1.1`, `Host: ${HOST}`], { key });
  const [line = ""] = text.split("\r\n");
  assert.ok(line.startsWith(`GET https://${HOST}/test.txt?X-Amz-Algorithm=`));
  assert.match(line, /&X-Amz-Security-Token=a%2Fb&X-Amz-Signature=[0-9a-f]{64} HTTP\/1\.1$/);
});

const DATE = `X-Amz-Date: ${S3_SIGNER.time}`;
const PUT = ["PUT /key HTTP/1.1", `Host: ${HOST}`, "Content-Length: 9", DATE];
const CHUNKS = "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

Deno.test("signHead() signs the chunks of a body only where they are signed", async () => {
  const cases = [
    [CHUNKS, true],
    [`${CHUNKS}-TRAILER`, true],
    ["X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", false],
    ["X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", false],
  ] as const;
  for (const [field, rewrites] of cases) {
    const { rewriter } = await sign([...PUT, field, authorization("host;x-amz-content-sha256")]);
    assert.equal(rewriter !== undefined, rewrites, field);
  }
});

const V4A = "AWS4-ECDSA-P256-SHA256";
const REFUSED: readonly (readonly [what: string, status: number, lines: readonly string[]])[] = [
  ["Signature Version 4A", 501, [...PUT, authorization("host").replace("AWS4-HMAC-SHA256", V4A)]],
  ["Signature Version 2", 501, [...PUT, "Authorization: AWS authsome-proxy-managed:c2ln"]],
  ["a malformed scope", 400, [...PUT, authorization("host", "20130524/s3/aws4_request")]],
  ["a signature without Host", 400, [...PUT, authorization("x-amz-date")]],
  ["no date", 400, [...PUT.filter((line) => line !== DATE), authorization("host")]],
  ["two dates", 400, [...PUT, DATE, authorization("host")]],
  ["an HTTP date", 400, [
    ...PUT.filter((line) => line !== DATE),
    "X-Amz-Date: Fri, 24 May 2013 00:00:00 GMT",
    authorization("host"),
  ]],
  ["a signed event stream", 501, [
    ...PUT,
    "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-EVENTS",
    authorization("host"),
  ]],
  ["signed chunks in a chunked transfer", 501, [
    ...PUT.filter((line) => !line.startsWith("Content-Length")),
    "Transfer-Encoding: chunked",
    CHUNKS,
    authorization("host"),
  ]],
];

for (const [what, status, lines] of REFUSED) {
  Deno.test(`signHead() refuses ${what}`, async () => {
    await assert.rejects(
      () => sign(lines),
      (error) => error instanceof RefusedError && error.refusal.status === status,
    );
  });
}

Deno.test("signHead() refuses a Connection field that would take the signature away", async () => {
  await assert.rejects(
    () => sign([...GET, "Connection: authorization", authorization(NAMES)]),
    MalformedHeadError,
  );
});
