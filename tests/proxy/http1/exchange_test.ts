import assert from "node:assert/strict";
import { type Origin, type OriginScript, startOrigin } from "../../support/origin.ts";
import { CANARY, ROUTED_HOST, startTestProxy, type TestProxy } from "../../support/proxy.ts";
import type { Wire } from "../../support/wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOST = `Host: ${ROUTED_HOST}\r\n`;
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;

interface Bench {
  readonly origin: Origin;
  readonly proxy: TestProxy;
  readonly wire: Wire;
}

/** A client that is connected, through a proxy, to an origin that plays `respond`. */
function scene(
  name: string,
  respond: OriginScript["respond"],
  play: (bench: Bench) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const origin = await startOrigin({ host: ROUTED_HOST, respond });
    const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
    const wire = await proxy.connectTls();
    await play({ origin, proxy, wire });
    wire.close();
    await proxy.close();
    await origin.close();
  });
}

/** A promise that one side of a scene resolves and the other waits for. */
const step = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();

{
  const bodySeen = step();
  scene("100 Continue comes from the upstream, not from the proxy", async (wire) => {
    await wire.takeHead();
    await wire.send("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
    assert.equal(await wire.takeBytes(5), "hello");
    bodySeen.resolve();
    await wire.send(OK);
    await wire.takeRest();
  }, async ({ wire }) => {
    const lines = "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    await wire.send(`POST / HTTP/1.1\r\n${HOST}${lines}`);
    assert.equal(await wire.takeHead(), "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
    await wire.send("hello");
    await bodySeen.promise;
    assert.equal(await wire.takeBytes(OK.length), OK);
  });
}

scene("a final answer instead of 100 Continue reaches the client", async (wire) => {
  await wire.takeHead();
  await wire.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}, async ({ wire }) => {
  const lines = "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  await wire.send(`POST / HTTP/1.1\r\n${HOST}${lines}`);
  assert.match(await wire.takeRest(), /^HTTP\/1\.1 417 /);
});

scene("HTTP/1.0 clients get no interim responses", async (wire) => {
  await wire.takeHead();
  await wire.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
}, async ({ wire }) => {
  await wire.send(`GET / HTTP/1.0\r\n${HOST}\r\n`);
  assert.match(await wire.takeRest(), /^HTTP\/1\.1 200 /);
});

scene("an early 413 is relayed while the client is still sending", async (wire) => {
  await wire.takeHead();
  await wire.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
  await wire.drain();
}, async ({ wire }) => {
  await wire.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100000000\r\n\r\n`);
  const sending = (async () => {
    const part = new Uint8Array(65536);
    try {
      for (let sent = 0; sent < 100_000_000; sent += part.length) await wire.send(part);
    } catch {
      // The proxy has stopped listening, as it may after its answer.
    }
  })();
  assert.match(await wire.takeUntil("big"), /^HTTP\/1\.1 413 /);
  wire.close();
  await sending;
});

scene("both directions run at once: an echo of a body that never ends", async (wire) => {
  await wire.takeHead();
  await wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (;;) {
    const chunk = await wire.takeUntil("\r\n");
    await wire.send(chunk);
    await wire.send(await wire.takeUntil("\r\n"));
  }
}, async ({ wire }) => {
  await wire.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
  await wire.takeHead();
  for (let round = 0; round < 20; round++) {
    await wire.send("1\r\nx\r\n");
    assert.equal(await wire.takeBytes(6), "1\r\nx\r\n");
  }
});

scene("an event is relayed when it is sent", async (wire) => {
  await wire.takeHead();
  await wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  for (let event = 0; event < 5; event++) {
    await wire.send(`data: ${event}\n\n`);
    // The next one only when the client has this one: a proxy that waits for more would hang.
    await wire.takeUntil(`\r\n`);
  }
}, async ({ wire }) => {
  await wire.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
  await wire.takeHead();
  for (let event = 0; event < 5; event++) {
    assert.equal(await wire.takeUntil("\n\n"), `data: ${event}\n\n`);
    await wire.send("1\r\nx\r\n");
  }
});

scene("a switch of protocols becomes a pipe both ways", async (wire) => {
  await wire.takeHead();
  await wire.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n>",
  );
  assert.equal(await wire.takeBytes(5), "hello");
  await wire.send("HELLO");
  await wire.takeRest();
  await wire.send("bye");
}, async ({ origin, proxy, wire }) => {
  await wire.send(`GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 101 /);
  assert.equal(await wire.takeBytes(1), ">");
  await wire.send("hello");
  assert.equal(await wire.takeBytes(5), "HELLO");
  await wire.closeWrite();
  assert.equal(await wire.takeRest(), "bye");
  assert.match(origin.received(), new RegExp(`Upgrade: echo\\r\\nAuthorization: Bearer ${CANARY}`));
  assert.equal(proxy.facts[0]?.status, 101);
  assert.equal(proxy.facts[0]?.request_bytes, 5);
  assert.equal(proxy.facts[0]?.response_bytes, 9);
});

scene("a body that is cut off upstream is cut off for the client", async (wire) => {
  await wire.takeHead();
  await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
}, async ({ wire }) => {
  await wire.send(GET);
  assert.equal((await wire.takeRest()).endsWith("\r\n\r\nhalf"), true);
});

scene("several requests in one packet are answered in order", async (wire) => {
  for (let count = 1;; count++) {
    const head = await wire.takeHead();
    const body = /^GET (\S+)/.exec(head)?.[1] ?? "";
    await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
}, async ({ wire }) => {
  const paths = ["/a", "/b", "/c"];
  await wire.send(paths.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`).join(""));
  for (const path of paths) {
    await wire.takeHead();
    assert.equal(await wire.takeBytes(2), path);
  }
});

scene("a client that ends its direction still gets the answer", async (wire) => {
  await wire.takeHead();
  await wire.takeRest();
  await wire.send(OK);
}, async ({ wire }) => {
  await wire.send(GET);
  await wire.closeWrite();
  assert.equal(await wire.takeRest(), OK);
});

scene("Connection: close of the client is answered with close", async (wire) => {
  assert.doesNotMatch(await wire.takeHead(), /Connection/);
  await wire.send(OK);
  await wire.takeRest();
}, async ({ wire }) => {
  await wire.send(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  assert.equal(
    await wire.takeRest(),
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  );
});

scene("what an exchange was is recorded, without its query", async (wire) => {
  await wire.takeHead();
  await wire.takeBytes(5);
  await wire.send("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes");
  await wire.takeRest();
}, async ({ proxy, wire }) => {
  await wire.send(`POST /v1/x?token=t HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`);
  await wire.takeUntil("yes");
  await wire.send(GET);
  const { milliseconds, ...fact } = proxy.facts[0]!;
  assert.ok(typeof milliseconds === "number" && milliseconds >= 0);
  assert.deepEqual(fact, {
    event: "request",
    provider: "example",
    connection: "default",
    outcome: "ok",
    request: undefined,
    method: "POST",
    host: ROUTED_HOST,
    path: "/v1/x",
    status: 201,
    request_bytes: 5,
    response_bytes: 3,
  });
});
