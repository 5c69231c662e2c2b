import assert from "node:assert/strict";
import { parseConnectTo } from "../../../lib/proxy/upstream/connect_to.ts";
import { startChainProxy } from "../../support/chain_proxy.ts";
import { answerAlways, startOrigin } from "../../support/origin.ts";
import { AUTHORIZED, CANARY, ROUTED_HOST, startTestProxy } from "../../support/proxy.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`;
/** A host whose name does not resolve and that is not loopback, so that proxies are used. */
const FAR = "api.example.com";

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

for (const tlsHost of [undefined, "localhost"]) {
  const scheme = tlsHost === undefined ? "http" : "https";
  Deno.test(`a routed host is reached through an ${scheme}:// proxy with user info`, async () => {
    const origin = await startOrigin({ host: FAR, respond: answerAlways(OK) });
    const chain = await startChainProxy({
      to: origin.port,
      ...(tlsHost === undefined ? {} : { tlsHost }),
    });
    const url = `${scheme}://user:p%40ss@${tlsHost ?? "127.0.0.1"}:${chain.port}`;
    const proxy = await startTestProxy({
      upstreamProxy: { httpsProxy: { variable: "https_proxy", url } },
    });
    const wire = await proxy.connectTls();
    for (let round = 0; round < 2; round++) {
      await wire.send(GET);
      assert.equal(await wire.takeBytes(OK.length), OK);
    }
    const basic = btoa("user:p@ss");
    assert.deepEqual(chain.heads, [
      `CONNECT ${FAR}:443 HTTP/1.1\r\nHost: ${FAR}:443\r\nProxy-Authorization: Basic ${basic}\r\n\r\n`,
    ]);
    assert.equal(origin.received().match(new RegExp(CANARY, "g"))?.length, 2);
    wire.close();
    await proxy.close();
    await chain.close();
    await origin.close();
  });
}

Deno.test("a blind tunnel goes through the proxy too, and NO_PROXY is honoured", async () => {
  const origin = await startOrigin({ host: FAR, respond: answerAlways(OK), plain: true });
  const chain = await startChainProxy({ to: origin.port });
  const url = `http://127.0.0.1:${chain.port}`;
  for (const noProxy of ["", "other.example"]) {
    const proxy = await startTestProxy({
      origins: { "other.example": origin.port },
      upstreamProxy: {
        httpsProxy: { variable: "HTTPS_PROXY", url },
        noProxy: `127.0.0.1,${noProxy}`,
      },
    });
    const wire = await proxy.connect("far.example:22");
    await wire.send(GET);
    assert.equal(await wire.takeBytes(OK.length), OK);
    const near = await proxy.connect("other.example:22");
    await near.send(GET);
    assert.equal(await near.takeBytes(OK.length), OK);
    wire.close();
    near.close();
    await proxy.close();
  }
  assert.deepEqual(chain.heads.map((head) => head.split("\r\n")[0]), [
    "CONNECT far.example:22 HTTP/1.1",
    "CONNECT far.example:22 HTTP/1.1",
  ]);
  await chain.close();
  await origin.close();
});

Deno.test("an http:// request goes to the proxy in absolute form, with its credentials", async () => {
  const chain = await startChainProxy({ to: 1 });
  const proxy = await startTestProxy({
    upstreamProxy: {
      httpProxy: { variable: "http_proxy", url: `http://user:pass@127.0.0.1:${chain.port}` },
    },
  });
  const wire = await proxy.open();
  await wire.send(`GET http://far.example/x HTTP/1.1\r\nHost: far.example\r\n${AUTHORIZED}\r\n`);
  assert.match(await wire.takeUntil("chain"), /^HTTP\/1\.1 200 /);
  assert.deepEqual(chain.heads, [
    "GET http://far.example/x HTTP/1.1\r\nHost: far.example\r\n" +
    `Proxy-Authorization: Basic ${btoa("user:pass")}\r\n\r\n`,
  ]);
  wire.close();
  await proxy.close();
  await chain.close();
});

/** The 502 that a request through `options` gets. */
async function failure(options: Parameters<typeof startTestProxy>[0]): Promise<string> {
  const proxy = await startTestProxy(options);
  const wire = await proxy.connectTls();
  await wire.send(GET);
  const head = await wire.takeHead();
  assert.match(head, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  assert.match(head, /\r\nx-authsome-error: endpoint_unreachable\r\n/);
  const body = await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
  const { error, message, hint } = JSON.parse(body);
  assert.equal(error, "endpoint_unreachable");
  assert.equal(proxy.facts[0]?.outcome, "endpoint_unreachable");
  wire.close();
  await proxy.close();
  return `${message} ${hint}`;
}

Deno.test("502 says that a host refuses connections", async () => {
  const origins = { [ROUTED_HOST]: freePort() };
  assert.match(await failure({ origins }), /^api\.example\.com:443 refuses connections\./);
});

Deno.test("502 says that a name cannot be resolved", async () => {
  const connectTo = [parseConnectTo("::nowhere.invalid:")];
  assert.match(await failure({ connectTo }), /^The name .* cannot be resolved\./);
});

Deno.test("502 says that a certificate is not trusted, and how to trust it", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const origins = { [ROUTED_HOST]: origin.port };
  assert.match(await failure({ origins, caCerts: () => [] }), /not trusted.*--upstream-ca/);
  assert.equal(origin.received(), "");
  await origin.close();
});

Deno.test("a certificate for another host is not accepted after --connect-to", async () => {
  const origin = await startOrigin({ host: "other.example", respond: answerAlways(OK) });
  assert.match(await failure({ origins: { [ROUTED_HOST]: origin.port } }), /not trusted/);
  assert.equal(origin.received(), "");
  await origin.close();
});

Deno.test("502 says that an upstream does not answer in time", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    plain: true,
    respond: (wire) => wire.drain().then(() => {}),
  });
  const limits = { connectMs: 200 };
  const text = await failure({ origins: { [ROUTED_HOST]: origin.port }, limits });
  assert.match(text, /did not answer within 0\.2 seconds/);
  await origin.close();
});

Deno.test("502 says what the parent's proxy answered", async () => {
  const chain = await startChainProxy({ to: 1, refuse: "407 Who are you" });
  const url = `http://u:hunter2@127.0.0.1:${chain.port}`;
  const text = await failure({ upstreamProxy: { httpsProxy: { variable: "https_proxy", url } } });
  assert.match(text, /^The proxy 127\.0\.0\.1:\d+ \(from https_proxy\) answered 407 for api/);
  assert.match(text, /Put user and password into https_proxy\.$/);
  assert.doesNotMatch(text, /hunter2/);
  await chain.close();
});

const DEAD_PROXIES: readonly (readonly [what: string, url: string, message: RegExp])[] = [
  ["refuses connections", `http://u:hunter2@127.0.0.1:${freePort()}`, /^The proxy 127\.0\.0\.1:/],
  ["cannot be resolved", "http://u:hunter2@nowhere.invalid:1", /^The proxy nowhere\.invalid:1 /],
];

for (const [what, url, message] of DEAD_PROXIES) {
  Deno.test(`502 blames the parent's proxy, by its variable, if it ${what}`, async () => {
    const proxy = { variable: "HTTPS_PROXY", url };
    const text = await failure({ upstreamProxy: { httpsProxy: proxy } });
    assert.match(text, message);
    assert.match(text, new RegExp(`\\(from HTTPS_PROXY\\) .*${what}\\. .*unset HTTPS_PROXY$`));
    assert.doesNotMatch(text, /hunter2|api\.example/);
  });
}

Deno.test("502 says that the parent's proxy is no proxy, or does not answer", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    plain: true,
    respond: () => Promise.resolve(),
  });
  const silent = await startOrigin({
    host: ROUTED_HOST,
    plain: true,
    respond: (wire) => wire.drain().then(() => {}),
  });
  const through = (port: number): Parameters<typeof startTestProxy>[0] => ({
    upstreamProxy: { httpsProxy: { variable: "ALL_PROXY", url: `http://127.0.0.1:${port}` } },
    limits: { connectMs: 200 },
  });
  assert.match(
    await failure(through(origin.port)),
    /\(from ALL_PROXY\) .* does not answer as a proxy/,
  );
  assert.match(
    await failure(through(silent.port)),
    /^api\.example\.com:443, through the proxy .* \(from ALL_PROXY\), did not answer within 0\.2 seconds/,
  );
  await origin.close();
  await silent.close();
});

Deno.test("a blind tunnel that cannot be opened is answered before it begins", async () => {
  const proxy = await startTestProxy({ origins: { "other.example": freePort() } });
  const wire = await proxy.open();
  await wire.send(`CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`);
  assert.match(await wire.takeRest(), /^HTTP\/1\.1 502 .*refuses connections/s);
  wire.close();
  await proxy.close();
});
