import assert from "node:assert/strict";
import type { Injection } from "../../../lib/injection.ts";
import { createRouteTable } from "../../../lib/proxy/decision/route.ts";
import { sha256, signRequest, signText } from "../../../lib/sigv4.ts";
import { headerOf } from "../../support/api_origin.ts";
import { type Origin, startOrigin } from "../../support/origin.ts";
import {
  bearer,
  ROUTED_HOST,
  startTestProxy,
  type TestProxy,
  testRoute,
} from "../../support/proxy.ts";
import { headerFields, S3_KEY, S3_SIGNER } from "../../support/sigv4.ts";
import type { Wire } from "../../support/wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const DATE = `X-Amz-Date: ${S3_SIGNER.time}\r\n`;
const KEY: Injection = { kind: "sigv4", key: S3_KEY, extraHeaders: [] };

interface Bench {
  readonly origin: Origin;
  readonly proxy: TestProxy;
  readonly wire: Wire;
  /** Half of the first body has reached the origin. */
  readonly halfway: Promise<void>;
}

/**
 * A client before an origin that reads requests whole. `signing` signs what goes to the origin;
 * unless it is alone, `bearing` puts a token into what goes to any host of its domain.
 */
function scene(
  name: string,
  play: (bench: Bench) => Promise<void>,
  { alone = false }: { readonly alone?: boolean } = {},
): void {
  Deno.test(name, async () => await withBench(play, alone));
}

async function withBench(play: (bench: Bench) => Promise<void>, alone: boolean): Promise<void> {
  const halfway = Promise.withResolvers<void>();
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        const head = await wire.takeHead();
        const length = Number(headerOf(head, "content-length") ?? "0");
        const half = Math.floor(length / 2);
        await wire.takeBytes(half);
        halfway.resolve();
        await wire.takeBytes(length - half);
        await wire.send(OK);
      }
    },
    alpn: ["h2", "http/1.1"],
  });
  const signing = testRoute(ROUTED_HOST, { kind: "sigv4" }, "signing");
  const bearing = testRoute("*.example.com", undefined, "bearing");
  const table = createRouteTable(alone ? [signing] : [signing, bearing]);
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port },
    routes: () => table,
    limits: { heldBodyBytes: 100_000 },
    resolve: ({ provider }) => Promise.resolve(provider === "signing" ? KEY : bearer("token")),
  });
  const wire = await proxy.connectTls(ROUTED_HOST, { alpn: ["h2", "http/1.1"] });
  await play({ origin, proxy, wire, halfway: halfway.promise });
  wire.close();
  await proxy.close();
  await origin.close();
}

/** A signature of the child's own, with the placeholder. */
function authorization(id = "authsome-proxy-managed", algorithm = "AWS4-HMAC-SHA256"): string {
  return `Authorization: ${algorithm} Credential=${id}/20130524/us-east-1/s3/aws4_request, ` +
    "SignedHeaders=host;x-amz-date, Signature=00\r\n";
}

/** A request with a body whose hash is not announced. */
function post(framing: string, credential = authorization()): string {
  return `POST /m HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n${DATE}${credential}${framing}\r\n\r\n`;
}

function signatureOf(payloadHash: string): string {
  const headers = headerFields({ host: ROUTED_HOST, "x-amz-date": S3_SIGNER.time });
  return signRequest({ method: "POST", target: "/m", headers, payloadHash }, S3_SIGNER);
}

/** What the origin received, request by request, as far as signatures go. */
function signatures(origin: Origin): string[] {
  return [...origin.received().matchAll(/^Authorization: .*Signature=([0-9a-f]+)\r$/gm)]
    .map(([, signature = ""]) => signature);
}

scene("a body is signed however it arrives, and then the next", async ({ origin, wire }) => {
  const bodies = ["{}", "x".repeat(100_000), "", "y".repeat(20_000)];
  for (const body of bodies) {
    const request = post(`Content-Length: ${body.length}`) + body;
    const cut = request.length - Math.ceil(body.length / 2);
    await wire.send(request.slice(0, cut));
    await wire.send(request.slice(cut));
    assert.equal(await wire.takeBytes(OK.length), OK);
  }
  assert.deepEqual(signatures(origin), bodies.map((body) => signatureOf(sha256(body))));
  const sent = bodies.map((body) => post(`Content-Length: ${body.length}`) + body).join("");
  assert.equal(masked(origin.received()), masked(sent));
});

/** Everything but the value of `Authorization`. */
function masked(text: string): string {
  return text.replaceAll(/^Authorization: .*\r$/gm, "Authorization: …\r");
}

scene("a client that waits for 100 Continue gets it, as its body must come first", async ({
  origin,
  wire,
}) => {
  await wire.send(post("Content-Length: 2\r\nExpect: 100-continue"));
  assert.equal(await wire.takeHead(), "HTTP/1.1 100 Continue\r\n\r\n");
  await wire.send("{}");
  assert.equal(await wire.takeBytes(OK.length), OK);
  assert.deepEqual(signatures(origin), [signatureOf(sha256("{}"))]);
});

scene("a body that is too large to hold is refused before it comes", async ({ origin, wire }) => {
  await wire.send(post("Content-Length: 100001"));
  const answer = await wire.takeRest();
  assert.match(answer, /^HTTP\/1\.1 413 Content Too Large\r\n/);
  assert.match(answer, /100001 bytes are more than the 100000/);
  assert.equal(origin.received(), "");
});

scene("a body of unknown length is refused", async ({ origin, proxy, wire }) => {
  await wire.send(post("Transfer-Encoding: chunked"));
  assert.match(await wire.takeRest(), /^HTTP\/1\.1 411 [^]*Send it with a Content-Length/);
  assert.equal(origin.received(), "");
  assert.deepEqual(
    proxy.facts.map(({ outcome, provider, status }) => [outcome, provider, status]),
    [
      ["refused", "signing", 411],
    ],
  );
});

scene("a body with a hash of its own streams", async ({ origin, wire, halfway }) => {
  const hash = "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD";
  await wire.send(post(`${hash}\r\nContent-Length: 200000`) + "x".repeat(100_000));
  await halfway;
  await wire.send("x".repeat(100_000));
  assert.equal(await wire.takeBytes(OK.length), OK);
  assert.deepEqual(signatures(origin), [signatureOf("UNSIGNED-PAYLOAD")]);
});

scene("signed chunks are signed anew in the stream", async ({ origin, wire }) => {
  const hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  const line = (size: number): string =>
    `${size.toString(16)};chunk-signature=${"0".repeat(64)}\r\n`;
  const [chunk, last] = [`${line(70_000)}${"a".repeat(70_000)}\r\n`, `${line(0)}\r\n`];
  const length = 2 * chunk.length + last.length;
  await wire.send(post(`X-Amz-Content-Sha256: ${hash}\r\nContent-Length: ${length}`) + chunk);
  await wire.send(chunk + last);
  assert.equal(await wire.takeBytes(OK.length), OK);
  const [seed = ""] = signatures(origin);
  assert.equal(seed, signatureOf(hash));
  let previous = seed;
  const expected = ["a".repeat(70_000), "a".repeat(70_000), ""].map((data) => {
    const lines = [previous, sha256(""), sha256(data)];
    return previous = signText("AWS4-HMAC-SHA256-PAYLOAD", lines, S3_SIGNER);
  });
  const found = [...origin.received().matchAll(/chunk-signature=([0-9a-f]+)/g)];
  assert.deepEqual(found.map(([, signature]) => signature), expected);
});

scene("a body that is not the signed chunks it says is refused and cut off", async ({
  origin,
  wire,
}) => {
  const hash = "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  await wire.send(post(`${hash}\r\nContent-Length: 5`) + "hello");
  const answer = await wire.takeUntil("}\n");
  assert.match(answer, /^HTTP\/1\.1 400 [^]*it is not made of signed chunks/);
  assert.ok(!origin.received().includes("hello"));
});

const OWN_KEY = authorization("AKIAIOSFODNN7EXAMPLE");

scene("requests that are not signed with the placeholder pass to the next route", async ({
  origin,
  proxy,
  wire,
}) => {
  for (const credential of ["", "Authorization: Bearer authsome-proxy-managed\r\n", OWN_KEY]) {
    await wire.send(post("Content-Length: 0", credential));
    assert.equal(await wire.takeBytes(OK.length), OK);
  }
  const sent = [...origin.received().matchAll(/^Authorization: (.*)\r$/gm)];
  assert.deepEqual(sent.map(([, value]) => value), Array(3).fill("Bearer token"));
  assert.deepEqual(proxy.facts.map(({ provider }) => provider), Array(3).fill("bearing"));
});

scene("with no other route, they are relayed as they came, without a credential", async ({
  origin,
  wire,
}) => {
  const requests = ["", OWN_KEY].map((credential) => post("Content-Length: 0", credential));
  for (const request of requests) {
    await wire.send(request);
    assert.equal(await wire.takeBytes(OK.length), OK);
  }
  assert.equal(origin.received(), requests.join(""));
}, { alone: true });

scene("a signature of another kind is refused, not relayed", async ({ origin, wire }) => {
  const credential = authorization("authsome-proxy-managed", "AWS4-ECDSA-P256-SHA256");
  await wire.send(post("Content-Length: 0", credential));
  assert.match(await wire.takeUntil("}\n"), /^HTTP\/1\.1 501 [^]*Signature Version 4A/);
  assert.equal(origin.received(), "");
});

scene("the placeholder's connection signs", async ({ wire, proxy }) => {
  await wire.send(post("Content-Length: 0", authorization("authsome-proxy-managed:work")));
  assert.equal(await wire.takeBytes(OK.length), OK);
  assert.deepEqual(proxy.facts.map(({ connection }) => connection), ["work"]);
});

scene("HTTP/2 is not offered where requests may have to be signed", async ({ wire }) => {
  const { alpnProtocol } = await (wire.conn as Deno.TlsConn).handshake();
  assert.equal(alpnProtocol, "http/1.1");
});

scene("the secret leaves in no request, no answer and no fact", async ({
  origin,
  proxy,
  wire,
}) => {
  await wire.send(post("Content-Length: 2") + "{}");
  assert.equal(await wire.takeBytes(OK.length), OK);
  assert.equal(proxy.facts.length, 1);
  const seen = wire.received() + origin.received() + JSON.stringify(proxy.facts);
  assert.ok(!seen.includes(S3_KEY.secret.reveal()));
});
