import assert from "node:assert/strict";
import { FRAME } from "../../lib/proxy/h2_frame.ts";
import { ATTACKER_HOST, attempt, GET } from "../support/attacks.ts";
import { assertAbsent } from "../support/canary.ts";
import { startReadyRelay } from "../support/h2.ts";
import { frame, goawayCode } from "../support/h2_steps.ts";
import { startOrigin } from "../support/origin.ts";
import { CANARY, ROUTED_HOST, startTestProxy } from "../support/proxy.ts";
import type { Wire } from "../support/wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Answers once with these bytes and waits for what comes then. */
function answerOnce(answer: string): (wire: Wire) => Promise<void> {
  return async (wire) => {
    await wire.takeHead();
    await wire.send(answer);
    await wire.takeRest();
  };
}

Deno.test("an impostor shows a trusted certificate for another name: 502, and no request", async () => {
  const impostor = await startOrigin({ host: ATTACKER_HOST, respond: answerOnce(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: impostor.port } });
  const wire = await proxy.connectTls();
  await wire.send(`${GET}\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 502 /);
  assert.equal(impostor.received(), "");
  wire.close();
  await proxy.close();
  await impostor.close();
});

Deno.test("an impostor shows a certificate that nobody trusts: 502, and no request", () =>
  attempt(async ({ ask, service }) => {
    assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
    assert.equal(service.received(), "");
  }, { proxy: { caCerts: () => [] } }));

Deno.test("an impostor speaks without TLS: 502, and no request", () =>
  attempt(async ({ ask }) => {
    assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
  }, { plain: true, respond: answerOnce(OK) }));

/** Answers that two clients could read in two ways, or that would leave something behind. */
const TRICKS: readonly [name: string, answer: string][] = [
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["a header of two lines", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"],
  ["a bare carriage return", "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"],
  ["a protocol nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ["a head without end", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(200_000)}`],
];

for (const [name, answer] of TRICKS) {
  Deno.test(`a service answers with ${name}: 502`, () =>
    attempt(async ({ ask }) => {
      assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
    }, { respond: answerOnce(answer) }));
}

Deno.test("a service answers twice, to poison the next request: the second answer reaches nobody", () =>
  attempt(async ({ ask }) => {
    const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    assert.match(await ask(`${GET}\r\n`), /ok$/);
    assert.doesNotMatch(await ask(`${GET}\r\n`), new RegExp(poison.slice(-6)));
  }, {
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
      await wire.takeRest();
    },
  }));

Deno.test("a service answers before it has read a body, to have the rest taken for a request: cut off", () =>
  attempt(async ({ proxy, service }) => {
    const wire = await proxy.connectTls();
    await wire.send(`POST / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nContent-Length: 60\r\n\r\n`);
    assert.match(await wire.takeHead(), /^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/is);
    await wire.send(`GET /admin HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nX: smuggled\r\n\r\n`).catch(
      () => {},
    );
    await wire.takeRest().catch(() => {});
    wire.close();
    assert.equal(service.received().split(CANARY).length, 2, "one request, one credential");
  }, {
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
      await wire.takeRest();
    },
  }));

/** What an HTTP/2 upstream or client may send to exhaust the relay, on stream 1. */
const FLOODS: readonly [name: string, bytes: Uint8Array, count: number][] = [
  ["CONTINUATION frames without end", frame(FRAME.continuation, 1, ""), 300],
  [
    "a header block that unpacks to far more than it is",
    frame(FRAME.continuation, 1, "be".repeat(8_000)),
    60,
  ],
];

for (const [name, bytes, count] of FLOODS) {
  Deno.test(`a child floods HTTP/2 with ${name}: the connection ends`, async () => {
    const relay = await startReadyRelay();
    await relay.client.wire.send(frame(FRAME.headers, 1, "82"));
    for (let sent = 0; sent < count; sent++) await relay.client.wire.send(bytes).catch(() => {});
    assert.notEqual(await goawayCode(relay.client), undefined);
    assertAbsent([CANARY], relay.upstream.wire.received(), "the upstream's bytes");
    await relay.close();
  });
}
