import assert from "node:assert/strict";
import type { Injection } from "../../lib/injection.ts";
import { createRouteTable } from "../../lib/proxy/decision/route.ts";
import { Secret } from "../../lib/secret.ts";
import { answerAlways, type Origin, startOrigin } from "../support/origin.ts";
import {
  AUTHORIZED,
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  type TestProxyOptions,
  testRoute,
} from "../support/proxy.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What the origin gets when `request` is sent to the proxy, and what the client gets. */
async function forward(
  request: string,
  options: { host?: string; proxy?: (origin: Origin) => TestProxyOptions } = {},
): Promise<{ sent: string; answer: string }> {
  const host = options.host ?? "other.example";
  const origin = await startOrigin({ host, respond: answerAlways(OK), plain: true });
  const extra = options.proxy?.(origin) ?? {};
  const proxy = await startTestProxy({ origins: { [host]: origin.port }, ...extra });
  const wire = await proxy.open();
  await wire.send(request);
  const answer = await wire.takeHead();
  wire.close();
  await proxy.close();
  await origin.close();
  return { sent: origin.received(), answer };
}

Deno.test("an http:// request is forwarded in origin form, without what is the proxy's", async () => {
  const { sent, answer } = await forward(
    `GET http://other.example/a?b=%2f HTTP/1.1\r\nhost: other.example\r\n${AUTHORIZED}` +
      "Proxy-Connection: keep-alive\r\nAuthorization: Bearer mine\r\n\r\n",
  );
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(
    sent,
    "GET /a?b=%2f HTTP/1.1\r\nhost: other.example\r\nAuthorization: Bearer mine\r\n\r\n",
  );
});

const TARGETS: readonly [method: string, target: string, origin: string][] = [
  ["GET", "http://other.example", "/"],
  ["GET", "HTTP://Other.Example/x", "/x"],
  ["GET", "http://other.example?q", "/?q"],
  ["OPTIONS", "http://other.example", "*"],
];

for (const [method, target, wanted] of TARGETS) {
  Deno.test(`${method} ${target} is forwarded as ${method} ${wanted}`, async () => {
    const head = `${method} ${target} HTTP/1.1\r\nHost: other.example\r\n${AUTHORIZED}\r\n`;
    const { sent } = await forward(head);
    assert.equal(sent, `${method} ${wanted} HTTP/1.1\r\nHost: other.example\r\n\r\n`);
  });
}

Deno.test("http:// to a routed host gets no credential", async () => {
  const request = `GET http://${ROUTED_HOST}/ HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n` +
    `Authorization: Bearer authsome-proxy-managed\r\n${AUTHORIZED}\r\n`;
  const { sent } = await forward(request, { host: ROUTED_HOST });
  assert.match(sent, /Authorization: Bearer authsome-proxy-managed\r\n/);
  assert.ok(!sent.includes(CANARY));
});

Deno.test("a loopback http:// definition is injected, absolute or through CONNECT", async () => {
  const origin = await startOrigin({ host: "localhost", respond: answerAlways(OK), plain: true });
  const authority = `localhost:${origin.port}`;
  const table = createRouteTable([testRoute(`http://${authority}`)]);
  const proxy = await startTestProxy({ routes: () => table });
  const absolute = await proxy.open();
  await absolute.send(
    `GET http://${authority}/x HTTP/1.1\r\nHost: ${authority}\r\n${AUTHORIZED}\r\n`,
  );
  await absolute.takeHead();
  const tunnelled = await proxy.connect(authority);
  await tunnelled.send(`GET /x HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  await tunnelled.takeHead();
  const injected =
    `GET /x HTTP/1.1\r\nHost: ${authority}\r\nAuthorization: Bearer ${CANARY}\r\n\r\n`;
  assert.equal(origin.received(), injected + injected);
  const elsewhere = await proxy.open();
  await elsewhere.send(`GET http://${authority}/ HTTP/1.1\r\nHost: evil:1\r\n${AUTHORIZED}\r\n`);
  assert.match(await elsewhere.takeHead(), /^HTTP\/1\.1 421 /);
  for (const wire of [absolute, tunnelled, elsewhere]) wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("--only refuses what has no route, http:// to a routed host included", async () => {
  const only = { proxy: () => ({ onlyRouted: true }) };
  for (const host of ["other.example", ROUTED_HOST]) {
    const request = `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${AUTHORIZED}\r\n`;
    const { sent, answer } = await forward(request, { host, ...only });
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.equal(sent, "");
  }
  const connect = `CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`;
  const { sent, answer } = await forward(connect, only);
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.equal(sent, "");
});

for (const method of ["TRACE", "Trace"]) {
  Deno.test(`${method} is not forwarded: the parent's proxy would echo its password`, async () => {
    const request = `${method} http://other.example/ HTTP/1.1\r\nHost: other.example\r\n` +
      `${AUTHORIZED}\r\n`;
    const throughProxy = (origin: Origin): TestProxyOptions => ({
      upstreamProxy: {
        httpProxy: { variable: "http_proxy", url: `http://u:hunter2@127.0.0.1:${origin.port}` },
      },
    });
    for (const options of [{}, { proxy: throughProxy }]) {
      const { sent, answer } = await forward(request, options);
      assert.match(answer, /^HTTP\/1\.1 501 /);
      assert.equal(sent, "");
    }
  });
}

Deno.test("a query credential replaces the parameter, and nothing else changes", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const injection: Injection = {
    kind: "query",
    name: "key",
    value: new Secret(CANARY),
    secret: new Secret(CANARY),
    extraHeaders: [{ name: "X-Api-Version", value: "3" }],
  };
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port },
    resolve: () => Promise.resolve(injection),
  });
  const wire = await proxy.connectTls();
  await wire.send(
    `GET /v1?key=placeholder&q=%2F+x HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nAccept: */*\r\n\r\n`,
  );
  await wire.takeHead();
  assert.equal(
    origin.received(),
    `GET /v1?q=%2F+x&key=${CANARY} HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nAccept: */*\r\n` +
      "X-Api-Version: 3\r\n\r\n",
  );
  assert.equal(proxy.facts[0]?.path, "/v1");
  assert.ok(!JSON.stringify(proxy.facts).includes(CANARY));
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("the child's placeholder selects the connection, request by request", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  const send = async (authorization: string): Promise<string> => {
    await wire.send(
      `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    const head = await wire.takeHead();
    await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
    return head;
  };
  await send("Bearer authsome-proxy-managed:work");
  await send("Bearer authsome-proxy-managed");
  await send(`Basic ${btoa("authsome-proxy-managed:home:")}`);
  const keys = [...origin.received().matchAll(/Authorization: Bearer (\S+)/g)].map((m) => m[1]);
  assert.deepEqual(keys, [`${CANARY}-work`, CANARY, `${CANARY}-home`]);
  const refused = await send("Bearer authsome-proxy-managed:gone");
  assert.match(refused, /^HTTP\/1\.1 502 .*x-authsome-error: connection_not_found/s);
  assert.match(await send("Bearer authsome-proxy-managed:a/b"), /^HTTP\/1\.1 400 /);
  assert.equal([...origin.received().matchAll(/^GET/gm)].length, 3);
  assert.deepEqual(proxy.facts.map((fact) => fact.connection), [
    "work",
    "default",
    "home",
    "gone",
    undefined,
  ]);
  wire.close();
  await proxy.close();
  await origin.close();
});
