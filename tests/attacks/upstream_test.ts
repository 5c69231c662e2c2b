import assert from "node:assert/strict";
import { FRAME } from "../../lib/proxy/http2/frame.ts";
import { attack, ATTACKER_HOST, attempt, GET } from "../support/attacks.ts";
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

attack(
  "an impostor shows a trusted certificate for another name: 502, and no request",
  async () => {
    const impostor = await startOrigin({ host: ATTACKER_HOST, respond: answerOnce(OK) });
    const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: impostor.port } });
    const wire = await proxy.connectTls();
    await wire.send(`${GET}\r\n`);
    assert.match(await wire.takeHead(), /^HTTP\/1\.1 502 /);
    assert.equal(impostor.received(), "");
    wire.close();
    await proxy.close();
    await impostor.close();
  },
);

attack(
  "an impostor shows a certificate that nobody trusts: 502, and no request",
  () =>
    attempt(async ({ ask, service }) => {
      assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
      assert.equal(service.received(), "");
    }, { proxy: { caCerts: () => [] } }),
);

attack("an impostor speaks without TLS: 502, and no request", () =>
  attempt(async ({ ask }) => {
    assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
  }, { plain: true, respond: (wire) => wire.send(OK) }));

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
  attack(`a service answers with ${name}: 502`, () =>
    attempt(async ({ ask }) => {
      assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 502 /);
    }, { respond: answerOnce(answer) }));
}

/** Answers that hand the credential on to the child. */
const ECHOES: readonly [how: string, answer: (secret: string) => string][] = [
  ["in an error text", (secret) => withBody(`{"error":"bad key ${secret}"}`)],
  ["in a header", (secret) => `HTTP/1.1 200 OK\r\nX-Key: ${secret}\r\nContent-Length: 0\r\n\r\n`],
  ["in a redirect", (secret) => withBody("", `Location: /?key=${encodeURIComponent(secret)}\r\n`)],
  ["in base64", (secret) => withBody(btoa(`user:${secret}`))],
  ["on both sides of a chunk's end", (secret) => {
    const [left, right] = [secret.slice(0, 9), secret.slice(9)];
    const chunks = [left, right].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join(
      "",
    );
    return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  }],
  [
    "in a trailer",
    (secret) =>
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Key\r\n\r\n" +
      `2\r\nok\r\n0\r\nX-Key: ${secret}\r\n\r\n`,
  ],
];

function withBody(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

for (const [how, answer] of ECHOES) {
  attack(
    `a service gives the credential back ${how}: masked`,
    () =>
      attempt(async ({ proxy, service }) => {
        const wire = await proxy.connectTls();
        await wire.send(`GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nConnection: close\r\n\r\n`);
        await wire.takeRest();
        wire.close();
        assert.ok(service.received().includes(CANARY));
        assert.match(wire.received(), /\*{8}/);
        assertAbsent([CANARY, CANARY.slice(4)], wire.received(), "what the child got");
        assertAbsent([CANARY], decoded(wire.received()), "what the child can decode");
      }, {
        respond: async (wire) => {
          await wire.takeHead();
          await wire.send(answer(CANARY));
        },
      }),
  );
}

/** The text without what frames chunks, and with base64 decoded. */
function decoded(text: string): string {
  const whole = text.replace(/\r\n[0-9a-f]+\r\n/g, "");
  return whole + whole.replace(/[A-Za-z0-9+/]{16,}=*/g, (form) => {
    return atob(form.slice(0, form.length - form.length % 4));
  });
}

attack(
  "a service answers twice, to poison the next request: the second answer reaches nobody",
  () =>
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
    }),
);

attack(
  "a service answers before it has read a body, to have the rest taken for a request: cut off",
  () =>
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
    }),
);

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
  attack(`a child floods HTTP/2 with ${name}: the connection ends`, async () => {
    const relay = await startReadyRelay();
    await relay.client.wire.send(frame(FRAME.headers, 1, "82"));
    for (let sent = 0; sent < count; sent++) await relay.client.wire.send(bytes).catch(() => {});
    assert.notEqual(await goawayCode(relay.client), undefined);
    assertAbsent([CANARY], relay.upstream.wire.received(), "the upstream's bytes");
    await relay.close();
  });
}
