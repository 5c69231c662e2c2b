import assert from "node:assert/strict";
import type { AskAnswer, AskPerson, AskQuestion } from "../../../lib/policy.ts";
import { parsePolicyConfig } from "../../../lib/policy_settings.ts";
import { createPermits, type FindPermit } from "../../../lib/proxy/decision/permit.ts";
import { createRouteTable } from "../../../lib/proxy/decision/route.ts";
import { issueTestLeaf, testAuthority } from "../../support/certificates.ts";
import { startOrigin } from "../../support/origin.ts";
import {
  bearer,
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  type TestProxyOptions,
  testRoute,
  TOKEN,
} from "../../support/proxy.ts";
import { S3_KEY, S3_SIGNER } from "../../support/sigv4.ts";

const NOW = Date.UTC(2026, 0, 1);

interface PermitSetup {
  readonly ask?: AskPerson;
  readonly now?: () => number;
}

function permits(policy: object, { ask = never, now = () => NOW }: PermitSetup = {}): FindPermit {
  const policies = parsePolicyConfig(policy, { where: "config.json", now: NOW });
  return createPermits({ policies, ask, now });
}

function never(): Promise<AskAnswer> {
  throw new Error("nobody is to be asked");
}

/** A request as a client sends it, and what comes of it. */
type Exchange = readonly [request: string, status: number, rule?: string];

/** Sends each request on one HTTP/1.1 connection; gives what reached the origin. */
async function exchange(
  exchanges: readonly Exchange[],
  options: TestProxyOptions,
): Promise<{ readonly received: string; readonly facts: readonly object[] }> {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        const head = await wire.takeHead();
        const status = head.includes("/denied") ? "401 No" : "200 OK";
        await wire.send(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
      }
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port }, ...options });
  const wire = await proxy.connectTls();
  try {
    for (const [request, status, rule] of exchanges) {
      const [line = "", ...fields] = request.split("\n");
      const head = [`${line} HTTP/1.1`, `Host: ${ROUTED_HOST}`, ...fields].join("\r\n");
      await wire.send(`${head}\r\n\r\n`);
      const answer = await wire.takeHead();
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${request}\n${answer}`);
      const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? "0");
      const body = line.startsWith("HEAD ") ? "" : await wire.takeBytes(length);
      if (rule === undefined) continue;
      assert.match(answer, /^x-authsome-error: refused\r$/m);
      assert.equal(JSON.parse(body).error, "refused");
      assert.match(JSON.parse(body).message, new RegExp(`'${rule}' for `));
    }
  } finally {
    wire.close();
    await proxy.close();
    await origin.close();
  }
  return { received: origin.received(), facts: proxy.facts };
}

Deno.test("what a policy does not cover is answered 403, recorded once and not forwarded", async () => {
  const policy = { example: { allow: ["GET,POST /v1/**"] }, other: { allow: [] } };
  const { received, facts } = await exchange([
    ["GET /v1/a", 200],
    ["DELETE /v1/a", 403, "allow"],
    ["GET /secret-path", 403, "allow"],
    ["GET /v1/../secret-path", 400, "allow"],
    ["GET /v1/..%2fsecret-path", 400, "allow"],
    ["GET /v1/%252e%252e/secret-path", 400, "allow"],
    ["GET /v1/..;/secret-path", 400, "allow"],
    ["GET /v1//secret-path", 400, "allow"],
    ["GET /v1\\..\\secret-path", 400, "allow"],
    [`GET https://${ROUTED_HOST}/v1/../secret-path`, 400, "allow"],
    [`GET https://${ROUTED_HOST}/secret-path`, 403, "allow"],
    ["GET /v1/a\nX-Original-URL: /secret-path", 403, "allow"],
    ["GET /v1/a\nX-HTTP-Method-Override: DELETE", 403, "allow"],
    ["GET /v1/a?_method=DELETE", 403, "allow"],
    ["POST /v1/b?q=/v1/../x", 200],
  ], { permitOf: permits(policy) });
  assert.deepEqual(received.match(/^[A-Z]+ \S+/gm), ["GET /v1/a", "POST /v1/b?q=/v1/../x"]);
  assert.doesNotMatch(received, /secret-path|Override/);
  const seen = facts.map((fact) => "event" in fact ? fact.event : "");
  assert.deepEqual(seen, ["request", ...Array(13).fill("refused"), "request"]);
});

Deno.test("read-only lets no other method pass, and no upgrade", async () => {
  const { received } = await exchange([
    ["HEAD /a", 200],
    ["GET /a\nConnection: Upgrade\nUpgrade: websocket", 403, "read_only"],
    ["get /a", 403, "read_only"],
    ["PUT /a", 403, "read_only"],
    ["GET /b", 200],
  ], { permitOf: permits({ "*": { read_only: true } }) });
  assert.deepEqual(received.match(/^[A-Z]+ \S+/gm), ["HEAD /a", "GET /b"]);
});

Deno.test("a policy holds for the connection that a request selects", async () => {
  const work = "Authorization: Bearer authsome-proxy-managed:work";
  await exchange([
    [`POST /a\n${work}`, 403, "read_only"],
    [`GET /a\n${work}`, 200],
    ["POST /a", 200],
    [`GET /a\n${work}`, 403, "max_requests"],
    ["GET /a", 200],
  ], { permitOf: permits({ "example/work": { read_only: true, max_requests: 1 } }) });
});

Deno.test("only what is forwarded counts, and a second try with another credential does not", async () => {
  const { received } = await exchange([
    ["GET /a\nAuthorization: Bearer authsome-proxy-managed:gone", 502],
    ["POST /a", 403, "read_only"],
    ["GET /denied", 401],
    ["GET /a", 200],
    ["GET /a", 403, "max_requests"],
  ], {
    permitOf: permits({ example: { max_requests: 2, read_only: true } }),
    renew: () => Promise.resolve(bearer(`${CANARY}-renewed`)),
  });
  assert.deepEqual(received.match(/^GET \S+/gm), ["GET /denied", "GET /denied", "GET /a"]);
});

Deno.test("a grant ends at its time", async () => {
  let time = NOW;
  const step = (): number => time += 20_000;
  await exchange([
    ["GET /a", 200],
    ["GET /a", 403, "expires"],
  ], { permitOf: permits({ example: { expires: "1m" } }, { now: step }) });
});

Deno.test("requests that are signed are under the policy too", async () => {
  const table = createRouteTable([testRoute(ROUTED_HOST, { kind: "sigv4" })]);
  const signed = `X-Amz-Date: ${S3_SIGNER.time}\n` +
    "Authorization: AWS4-HMAC-SHA256 Credential=authsome-proxy-managed/20130524/us-east-1/s3/" +
    "aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
  const { received } = await exchange([
    [`GET /bucket/a\n${signed}`, 200],
    [`DELETE /bucket/a\n${signed}`, 403, "allow"],
    [`GET /bucket/../b\n${signed}`, 400, "allow"],
    [`GET /bucket/b\n${signed}`, 403, "max_requests"],
  ], {
    routes: () => table,
    resolve: () => Promise.resolve({ kind: "sigv4", key: S3_KEY, extraHeaders: [] }),
    permitOf: permits({ example: { allow: ["GET /bucket/**"], max_requests: 1 } }),
  });
  assert.deepEqual(received.match(/^[A-Z]+ \/\S+/gm), ["GET /bucket/a"]);
});

interface H2Bench {
  /** Sends a request over HTTP/2 and gives status and body. */
  readonly call: (method: string, path: string, headers?: HeadersInit) => Promise<string>;
  /** Method and path of what reached the origin. */
  readonly seen: readonly string[];
  readonly facts: readonly object[];
}

async function overH2(
  permitOf: FindPermit,
  play: (bench: H2Bench) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const { certPem: cert, keyPem: key } = await issueTestLeaf(ROUTED_HOST);
  const origin = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname}`);
      return new Response(
        request.headers.get("authorization") === `Bearer ${CANARY}` ? "in" : "out",
      );
    },
  );
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.addr.port }, permitOf });
  const { certPem } = await testAuthority();
  const client = Deno.createHttpClient({
    proxy: {
      url: `http://127.0.0.1:${proxy.port}`,
      basicAuth: { username: "authsome", password: TOKEN },
    },
    caCerts: [certPem],
    http1: false,
    http2: true,
  });
  const call = async (method: string, path: string, headers: HeadersInit = {}): Promise<string> => {
    const url = `https://${ROUTED_HOST}${path}`;
    const response = await fetch(url, { method, headers, client });
    const body = await response.text();
    const rule = /'([a-z_]+)' for /.exec(body)?.[1];
    return `${response.status} ${rule ?? body}`;
  };
  try {
    await play({ call, seen, facts: proxy.facts });
  } finally {
    client.close();
    await proxy.close();
    await origin.shutdown();
  }
}

Deno.test("streams of HTTP/2 are judged one by one", async () => {
  const permitOf = permits({ example: { allow: ["GET /v1/**"] } });
  await overH2(permitOf, async ({ call, seen, facts }) => {
    assert.equal(await call("GET", "/v1/a"), "200 in");
    assert.equal(await call("DELETE", "/v1/a"), "403 allow");
    assert.equal(await call("GET", "/v2"), "403 allow");
    assert.equal(await call("GET", "/v1/..%2fv2"), "400 allow");
    assert.equal(await call("GET", "/v1/a?_method=DELETE"), "403 allow");
    assert.equal(await call("GET", "/v1/a", { "x-http-method": "DELETE" }), "403 allow");
    assert.equal(await call("GET", "/v1/b"), "200 in");
    assert.deepEqual(seen, ["GET /v1/a", "GET /v1/b"]);
    const events = facts.map((fact) => "event" in fact ? fact.event : "");
    assert.deepEqual(events, ["request", ...Array(5).fill("refused"), "request"]);
  });
});

Deno.test("of many streams at once exactly as many pass as may", async () => {
  await overH2(permits({ example: { max_requests: 7 } }), async ({ call, seen }) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => call("GET", "/a")));
    assert.equal(answers.filter((answer) => answer === "200 in").length, 7);
    assert.equal(answers.filter((answer) => answer === "403 max_requests").length, 33);
    assert.equal(seen.length, 7);
  });
});

Deno.test("a person is asked one question at a time, and not again for what the run may do", async () => {
  const asked: AskQuestion[] = [];
  let open = 0;
  const ask: AskPerson = async (question) => {
    assert.equal(++open, 1, "two questions at once");
    asked.push(question);
    await new Promise((resolve) => setTimeout(resolve));
    open--;
    if (question.path === "/run") return { kind: "run" };
    return question.path === "/once" ? { kind: "once" } : { kind: "deny", reason: "denied" };
  };
  await overH2(permits({ example: { ask: true } }, { ask }), async ({ call, seen }) => {
    const paths = ["/run", "/run?again", "/deny", "/once", "/once", "/run"];
    const answers = await Promise.all(paths.map((path) => call("GET", path)));
    const [yes, no] = ["200 in", "403 ask"];
    assert.deepEqual(answers, [yes, yes, no, yes, yes, yes]);
    assert.equal(await call("POST", "/run"), yes);
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), [
      ...["GET /run", "GET /deny", "GET /once", "GET /once", "POST /run"],
    ]);
    assert.equal(seen.length, 6);
    const [{ provider, connection, host } = assert.fail("nothing was asked")] = asked;
    assert.deepEqual([provider, connection, host], ["example", "default", ROUTED_HOST]);
  });
});

Deno.test("questions beyond a bound are denied without asking", async () => {
  const answer = Promise.withResolvers<AskAnswer>();
  const permitOf = permits({ example: { ask: true } }, { ask: () => answer.promise });
  await overH2(permitOf, async ({ call }) => {
    const answers = Array.from({ length: 40 }, (_, index) => call("GET", `/${index}`));
    assert.equal(await answers[39], "403 ask");
    answer.resolve({ kind: "once" });
    const passed = (await Promise.all(answers)).filter((text) => text === "200 in");
    assert.equal(passed.length, 32);
  });
});
