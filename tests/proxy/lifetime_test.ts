import assert from "node:assert/strict";
import { answerAlways, startOrigin } from "../support/origin.ts";
import { AUTHORIZED, ROUTED_HOST, startTestProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import type { Wire } from "../support/wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOST = `Host: ${ROUTED_HOST}\r\n`;
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;

async function get(wire: Wire): Promise<void> {
  await wire.send(GET);
  assert.equal(await wire.takeBytes(OK.length), OK);
}

Deno.test("an upstream connection serves one client after the other", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  for (let client = 0; client < 3; client++) {
    const wire = await proxy.connectTls();
    await get(wire);
    await get(wire);
    wire.close();
  }
  assert.equal(origin.wires.length, 1);
  await proxy.close();
  await until("the idle upstream is closed with the proxy", () => origin.open === 0);
  await origin.close();
});

Deno.test("an upstream that was closed while idle is noticed and not used", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send(OK);
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  for (let round = 0; round < 3; round++) {
    await get(wire);
    await until("the origin has closed", () => origin.open === 0);
  }
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("an upstream that sent more than its answer is not used again", async () => {
  const more = OK.replace("ok", "no");
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK + more) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  for (let client = 1; client <= 3; client++) {
    const wire = await proxy.connectTls();
    await get(wire);
    await until("the upstream is closed", () => origin.open === 0);
    await get(wire);
    await until("the upstream is closed", () => origin.open === 0);
    assert.equal(origin.wires.length, 2 * client);
    wire.close();
  }
  await proxy.close();
  await origin.close();
});

for (const [method, status] of [["GET", 200], ["POST", 502]] as const) {
  Deno.test(`${method} on a kept connection that dies unanswered gives ${status}`, async () => {
    const origin = await startOrigin({
      host: ROUTED_HOST,
      respond: async (wire) => {
        await wire.takeHead();
        await wire.send(OK);
        // Answers the first request of each connection and takes the second one to the grave.
        await wire.takeHead();
      },
    });
    const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
    const wire = await proxy.connectTls();
    await get(wire);
    const body = method === "POST" ? "Content-Length: 1\r\n\r\nx" : "\r\n";
    await wire.send(`${method} / HTTP/1.1\r\n${HOST}${body}`);
    assert.match(await wire.takeHead(), new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.equal(origin.wires.length, method === "GET" ? 2 : 1);
    wire.close();
    await proxy.close();
    await origin.close();
  });
}

Deno.test("no more idle upstreams are kept than allowed, and none for too long", async () => {
  const answers: (() => void)[] = [];
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        await wire.takeHead();
        await new Promise<void>((resolve) => answers.push(resolve));
        await wire.send(OK);
      }
    },
  });
  const limits = { idleUpstreams: 2, idleUpstreamMs: 400 };
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port }, limits });
  const wires = await Promise.all(Array.from({ length: 5 }, () => proxy.connectTls()));
  await Promise.all(wires.map((wire) => wire.send(GET)));
  await until("all requests are there", () => answers.length === 5);
  answers.forEach((answer) => answer());
  await Promise.all(wires.map((wire) => wire.takeBytes(OK.length)));
  await until("two are left", () => origin.open <= 2);
  await until("none is left", () => origin.open === 0);
  wires.forEach((wire) => wire.close());
  await proxy.close();
  await origin.close();
});

Deno.test("50 aborted downloads leave no upstream connection open", async () => {
  const part = new Uint8Array(65536);
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
      for (;;) await wire.send(part);
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  for (let batch = 0; batch < 5; batch++) {
    const wires = await Promise.all(Array.from({ length: 10 }, () => proxy.connectTls()));
    await Promise.all(wires.map(async (wire) => {
      await wire.send(GET);
      await wire.takeHead();
      wire.close();
    }));
  }
  await until("all upstreams are closed", () => origin.open === 0, 1000);
  await proxy.close();
  await origin.close();
});

Deno.test("a client that goes away while it waits is noticed upstream within 100 ms", async () => {
  const asked = Promise.withResolvers<void>();
  const noticed = Promise.withResolvers<number>();
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeHead();
      asked.resolve();
      await wire.takeRest();
      noticed.resolve(performance.now());
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  await wire.send(GET);
  await asked.promise;
  const closedAt = performance.now();
  wire.close();
  assert.ok(await noticed.promise - closedAt < 100);
  await until("the exchange is recorded", () => proxy.facts.length === 1);
  assert.equal(proxy.facts[0]?.outcome === "ok", false);
  await proxy.close();
  await origin.close();
});

Deno.test("an upload that is aborted does not look whole upstream", async () => {
  const seen = Promise.withResolvers<string>();
  const began = Promise.withResolvers<void>();
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeUntil("1\r\na\r\n");
      began.resolve();
      seen.resolve(await wire.takeRest());
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  await wire.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`);
  await began.promise;
  wire.close();
  assert.equal(await seen.promise, "");
  await proxy.close();
  await origin.close();
});

Deno.test("an upstream that aborts cuts the client off at once", async () => {
  const half = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe";
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send(half);
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  await wire.send(GET);
  assert.equal(await wire.takeRest(), half);
  wire.close();
  await proxy.close();
  await origin.close();
});

const SILENCES: readonly [name: string, sent: string][] = [
  ["says nothing", ""],
  ["never ends its head", "CONNECT a.b:443 HTTP/1.1\r\n"],
  ["never begins TLS", `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`],
  [
    "never ends its ClientHello",
    `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n\x16\x03\x01`,
  ],
];

for (const [name, sent] of SILENCES) {
  Deno.test(`a client that ${name} is disconnected in time`, async () => {
    const proxy = await startTestProxy({ limits: { headMs: 100, idleMs: 100 } });
    const wire = await proxy.open();
    await wire.send(sent);
    await wire.takeRest();
    wire.close();
    await proxy.close();
  });
}

Deno.test("a client beyond the limit is turned away with 503", async () => {
  const proxy = await startTestProxy({ limits: { connections: 1 } });
  const first = await proxy.open();
  await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.takeHead();
  const second = await proxy.open();
  assert.match(await second.takeHead(), /^HTTP\/1\.1 503 /);
  first.close();
  second.close();
  await proxy.close();
});

Deno.test("close() ends every connection", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: (wire) => wire.takeHead().then(() => wire.drain()).then(() => {}),
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wires = [
    await proxy.open(),
    await proxy.connectTls(),
    await proxy.connect(`${ROUTED_HOST}:444`),
  ];
  await wires[1]!.send(GET);
  await proxy.close();
  await Promise.all(wires.map((wire) => wire.takeRest()));
  await until("the upstreams are closed", () => origin.open === 0);
  wires.forEach((wire) => wire.close());
  await origin.close();
});
