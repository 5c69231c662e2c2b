import assert from "node:assert/strict";
import type { AuditFact } from "../../../lib/audit.ts";
import { parseHostname } from "../../../lib/hostname.ts";
import { createRouteTable } from "../../../lib/proxy/decision/route.ts";
import type { ProxyOptions } from "../../../lib/proxy/server.ts";
import { Secret } from "../../../lib/secret.ts";
import { answerAlways, type Origin, startOrigin } from "../../support/origin.ts";
import { Wire } from "../../support/wire.ts";
import {
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  type TestProxy,
  testRoute,
} from "../../support/proxy.ts";

const BASE_TOKEN = "base-url-token-0123456789";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const BASE_URLS = {
  token: new Secret(BASE_TOKEN),
  targets: [{ target: { host: parseHostname(ROUTED_HOST), port: 443 }, scheme: "https" }],
} as const;

interface Setup {
  readonly proxy: TestProxy;
  readonly origin: Origin;
  /** The value of `Host`. */
  readonly host: string;
}

async function withBaseUrls(
  use: (setup: Setup) => Promise<void>,
  { respond = answerAlways(OK), ...options }: Partial<ProxyOptions> & {
    readonly respond?: Parameters<typeof startOrigin>[0]["respond"];
  } = {},
): Promise<void> {
  const origin = await startOrigin({ host: ROUTED_HOST, respond });
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port },
    baseUrls: BASE_URLS,
    ...options,
  });
  try {
    await use({ proxy, origin, host: `127.0.0.1:${proxy.port}` });
  } finally {
    await proxy.close();
    await origin.close();
  }
}

Deno.test("a request below a base URL reaches its service as if it had been sent there", () =>
  withBaseUrls(async ({ proxy, origin, host }) => {
    const wire = await proxy.open();
    await wire.send(
      `POST /${BASE_TOKEN}/${ROUTED_HOST}/v1/chat?a=b HTTP/1.1\r\nX-First: 1\r\nHost: ${host}\r\n` +
        "authorization: Bearer authsome-proxy-managed\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    );
    await wire.send("0\r\n\r\n");
    assert.equal(await wire.takeBytes(OK.length), OK);
    await wire.send(`GET /${BASE_TOKEN}/${ROUTED_HOST} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(await wire.takeBytes(OK.length), OK);
    await wire.send(`GET /${BASE_TOKEN}/${ROUTED_HOST}?q HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(await wire.takeBytes(OK.length), OK);
    wire.close();
    assert.equal(
      origin.received(),
      `POST /v1/chat?a=b HTTP/1.1\r\nX-First: 1\r\nHost: ${ROUTED_HOST}\r\n` +
        `Authorization: Bearer ${CANARY}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` +
        `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nAuthorization: Bearer ${CANARY}\r\n\r\n` +
        `GET /?q HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nAuthorization: Bearer ${CANARY}\r\n\r\n`,
    );
    assert.deepEqual(
      proxy.facts.map((fact) => [fact.provider, fact.host, fact.path, fact.status]),
      ["/v1/chat", "/", "/"].map((path) => ["example", ROUTED_HOST, path, 200]),
    );
  }));

Deno.test("what is noted before a request leaves has its service's path", async () => {
  const begun: AuditFact[] = [];
  await withBaseUrls(async ({ proxy, host }) => {
    const wire = await proxy.open();
    await wire.send(`GET /${BASE_TOKEN}/${ROUTED_HOST}/v1?q HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(await wire.takeBytes(OK.length), OK);
    wire.close();
  }, { begin: (fact) => begun.push(fact) });
  assert.deepEqual(begun.map(({ host, path }) => [host, path]), [[ROUTED_HOST, "/v1"]]);
});

Deno.test("an event below a base URL arrives when it is sent", () =>
  withBaseUrls(async ({ proxy, host }) => {
    const wire = await proxy.open();
    await wire.send(`GET /${BASE_TOKEN}/${ROUTED_HOST}/v1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await wire.takeUntil("data: 1\n\n\r\n");
    wire.close();
  }, {
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
      // The answer does not end before the client has seen its event, and gone.
      await wire.takeHead();
    },
  }));

Deno.test("a placeholder with a connection's name chooses it below a base URL, too", () =>
  withBaseUrls(async ({ proxy, origin, host }) => {
    const wire = await proxy.open();
    await wire.send(
      `GET /${BASE_TOKEN}/${ROUTED_HOST}/v1 HTTP/1.1\r\nHost: ${host}\r\n` +
        "Authorization: Bearer authsome-proxy-managed:work\r\n\r\n",
    );
    assert.equal(await wire.takeBytes(OK.length), OK);
    assert.match(origin.received(), new RegExp(`Bearer ${CANARY}-work\r\n`));
    wire.close();
  }));

const BELOW = `/${BASE_TOKEN}/${ROUTED_HOST}`;

/** `PORT` stands for the proxy's port. */
const HOSTILE: readonly [name: string, status: number, head: string][] = [
  ["a wrong token of the same length", 407, `GET ${BELOW.replace("0", "1")}/v1`],
  ["a shorter token", 407, `GET /base/${ROUTED_HOST}/v1`],
  ["an escaped token", 407, `GET /%62${BELOW.slice(2)}/v1`],
  ["a slash before the token", 407, `GET /${BELOW}/v1`],
  ["dots before the token", 407, `GET /x/..${BELOW}/v1`],
  ["the token alone", 407, `GET /${BASE_TOKEN}`],
  ["no service", 404, `GET /${BASE_TOKEN}/`],
  ["another service", 404, `GET /${BASE_TOKEN}/other.example/v1`],
  ["a service in capitals", 404, `GET /${BASE_TOKEN}/API.EXAMPLE.COM/v1`],
  ["a service with a port", 404, `GET ${BELOW}:443/v1`],
  ["a service with user info", 404, `GET ${BELOW}@other.example/v1`],
  ["a service with more behind it", 404, `GET ${BELOW}.other.example/v1`],
  ["an escaped slash behind the service", 404, `GET ${BELOW}%2fv1`],
  ["a backslash behind the service", 404, `GET ${BELOW}\\v1`],
  ["an empty segment before the service", 404, `GET /${BASE_TOKEN}//${ROUTED_HOST}/v1`],
  ["dots in place of the service", 404, `GET /${BASE_TOKEN}/../${ROUTED_HOST}/v1`],
  ["a fragment", 400, `GET ${BELOW}/v1#x`],
  ["the service's own Host", 421, `GET ${BELOW}/v1 HTTP/1.1\r\nHost: ${ROUTED_HOST}`],
  ["a foreign Host", 421, `GET ${BELOW}/v1 HTTP/1.1\r\nHost: rebound.example:PORT`],
  ["another port in Host", 421, `GET ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:1`],
  ["no Host", 421, `GET ${BELOW}/v1 HTTP/1.0`],
  ["two Hosts", 400, `GET ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: ${ROUTED_HOST}`],
  [
    "the token in a header",
    400,
    `GET ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n` +
    `Referer: http://127.0.0.1:PORT${BELOW}/`,
  ],
  ["the token in a query", 400, `GET ${BELOW}/v1?next=${BASE_TOKEN}`],
  ["the absolute form", 407, `GET http://127.0.0.1:PORT${BELOW}/v1`],
  ["TRACE", 501, `TRACE ${BELOW}/v1`],
  ["CONNECT", 501, `CONNECT ${BELOW}/v1`],
  [
    "two framings",
    400,
    `POST ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n` +
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
  ],
  ["white space in the target", 400, `GET ${BELOW}/v1 HTTP/1.1\r\nX: y HTTP/1.1`],
  ["the preface of HTTP/2", 400, "PRI * HTTP/2.0"],
];

Deno.test("what is not exactly a request below a base URL is refused and goes nowhere", async (t) => {
  await withBaseUrls(async ({ proxy, origin, host }) => {
    for (const [name, status, text] of HOSTILE) {
      await t.step(name, async () => {
        const wire = await proxy.open();
        const head = text.includes(" HTTP/") ? text : `${text} HTTP/1.1\r\nHost: ${host}`;
        await wire.send(`${head.replaceAll("PORT", String(proxy.port))}\r\n\r\n`);
        const answer = await wire.takeHead();
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
        const body = await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(answer)?.[1]));
        assert.ok(!body.includes(BASE_TOKEN), body);
        wire.close();
      });
    }
    assert.equal(origin.received(), "");
    assert.ok(!JSON.stringify(proxy.facts).includes(BASE_TOKEN));
  });
});

Deno.test("path tricks below a base URL fare as in a tunnel", async (t) => {
  const path = "/v1/../admin/%2e%2e//x";
  const routes = createRouteTable([testRoute(`https://${ROUTED_HOST}/v1`)]);
  for (const [name, options] of [["no rule", {}], ["a rule", { routes: () => routes }]] as const) {
    await t.step(name, () =>
      withBaseUrls(async ({ proxy, origin, host }) => {
        const wire = await proxy.open();
        await wire.send(`GET ${BELOW}${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        const status = (await wire.takeHead()).split(" ")[1];
        assert.equal(status, name === "a rule" ? "400" : "200");
        assert.equal(origin.received().split(" ")[1], name === "a rule" ? undefined : path);
        wire.close();
      }, options));
  }
});

Deno.test("the base URLs' token is not the proxy's, and neither works for the other", () =>
  withBaseUrls(async ({ proxy }) => {
    const wire = await proxy.open();
    const authorization = btoa(`authsome:${BASE_TOKEN}`);
    await wire.send(
      `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${authorization}\r\n\r\n`,
    );
    assert.match(await wire.takeHead(), /^HTTP\/1\.1 407 /);
    wire.close();
  }));

Deno.test("without base URLs a path with any token is asked for the proxy's", async () => {
  const proxy = await startTestProxy();
  const wire = await proxy.open();
  await wire.send(`GET ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 407 /);
  wire.close();
  await proxy.close();
});

Deno.test("behind a socket file Host may name any port of loopback, and no other host", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = Deno.makeTempDirSync();
  const socketPath = `${folder}/proxy`;
  await withBaseUrls(async ({ proxy }) => {
    await proxy.listen();
    const wire = new Wire(await Deno.connect({ transport: "unix", path: socketPath }));
    await wire.send(`GET ${BELOW}/v1 HTTP/1.1\r\nHost: 127.0.0.1:7997\r\n\r\n`);
    assert.equal(await wire.takeBytes(OK.length), OK);
    await wire.send(`GET ${BELOW}/v1 HTTP/1.1\r\nHost: rebound.example:7997\r\n\r\n`);
    assert.match(await wire.takeHead(), /^HTTP\/1\.1 421 /);
    wire.close();
  }, { socketPath });
  Deno.removeSync(folder, { recursive: true });
});
