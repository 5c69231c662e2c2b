import assert from "node:assert/strict";
import type { AuditFact } from "../../../lib/audit.ts";
import { type Origin, startOrigin } from "../../support/origin.ts";
import {
  bearer,
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  type TestProxy,
  type TestProxyOptions,
} from "../../support/proxy.ts";
import type { Wire } from "../../support/wire.ts";

const HOST = `Host: ${ROUTED_HOST}\r\n`;
const GET = `GET /v1/keys?x=1 HTTP/1.1\r\n${HOST}\r\n`;
const STARS = "*".repeat(CANARY.length);

interface Case {
  readonly name: string;
  readonly request?: string;
  readonly answer: string;
  /** What the client gets, if not the answer with stars for the canary. */
  readonly expected?: string;
  readonly closes?: boolean;
}

function answer(body: string, ...lines: string[]): string {
  const head = [`HTTP/1.1 200 OK`, ...lines, `Content-Length: ${body.length}`];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const LARGE = "sk-cannery ".repeat(30_000);

const CASES: readonly Case[] = [
  { name: "a body with a length", answer: answer(`{"key":"${CANARY}"}`) },
  { name: "a body that is the secret", answer: answer(CANARY) },
  { name: "a large body", answer: answer(LARGE + CANARY + LARGE + CANARY) },
  {
    name: "a body that ends as a secret begins",
    answer: answer(CANARY.slice(0, 12)),
  },
  {
    name: "base64, as Basic has it",
    answer: answer(`Basic ${btoa(`user:${CANARY}`)}`),
    expected: answer(`Basic ${btoa(`user:${CANARY}`).slice(0, 7)}${"*".repeat(29)}`),
  },
  {
    name: "two chunks that share a secret",
    answer: `${CHUNKED}8\r\nxx${CANARY.slice(0, 6)}\r\n12\r\n${CANARY.slice(6)}yy\r\n0\r\n\r\n`,
    expected: `${CHUNKED}8\r\nxx******\r\n12\r\n${"*".repeat(16)}yy\r\n0\r\n\r\n`,
  },
  {
    name: "a chunk for each byte, in one piece",
    answer: CHUNKED + [...CANARY].map((byte) => `1\r\n${byte}\r\n`).join("") + "0\r\n\r\n",
    expected: `${CHUNKED}${[...CANARY].map(() => `1\r\n*\r\n`).join("")}0\r\n\r\n`,
  },
  {
    name: "chunk extensions and trailers",
    answer: `${CHUNKED}2;a=b\r\nok\r\n0\r\nX-Key: ${CANARY}\r\nX: y\r\n\r\n`,
    expected: `${CHUNKED}2;a=b\r\nok\r\n0\r\nX-Key: ${STARS}\r\nX: y\r\n\r\n`,
  },
  { name: "a header", answer: answer("ok", `X-Key: ${CANARY}`, `Set-Cookie: k="${CANARY}"`) },
  {
    name: "a redirect",
    answer: `HTTP/1.1 302 Found\r\nLocation: /?key=${CANARY}\r\nContent-Length: 0\r\n\r\n`,
  },
  { name: "a reason", answer: answer("ok").replace("OK", `bad key ${CANARY}`) },
  {
    name: "early hints",
    answer: `HTTP/1.1 103 Early Hints\r\nLink: <${CANARY}>\r\n\r\n${answer("ok")}`,
  },
  {
    name: "an answer to HEAD",
    request: GET.replace("GET", "HEAD"),
    answer: `HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX-Key: ${CANARY}\r\n\r\n`,
  },
  { name: "a 204", answer: `HTTP/1.1 204 No Content\r\nX-Key: ${CANARY}\r\n\r\n` },
  { name: "a 304", answer: `HTTP/1.1 304 Not Modified\r\nETag: "${CANARY}"\r\n\r\n` },
  {
    name: "a 401 that quotes the key",
    answer: answer(`wrong key: ${CANARY}`).replace("200 OK", "401 Unauthorized"),
  },
  {
    name: "a body until the end of the connection",
    answer: `HTTP/1.1 200 OK\r\n\r\n${CANARY} ${CANARY.slice(0, 10)}`,
    closes: true,
  },
  {
    name: "an answer that closes a connection the client wants to close",
    request: `GET /v1/keys HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    answer: answer(CANARY, `X-Key: ${CANARY}`),
    expected: answer(STARS, `X-Key: ${STARS}`).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
    closes: true,
  },
  {
    name: "an upgraded connection",
    request: `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    answer:
      `HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX: ${CANARY}\r\n\r\n` +
      `\x81\x19${CANARY}...`,
  },
];

interface Scene {
  readonly proxy: TestProxy;
  readonly origin: Origin;
  readonly wire: Wire;
}

async function withScene(
  respond: (wire: Wire) => Promise<void>,
  play: (scene: Scene) => Promise<void>,
  options: TestProxyOptions = {},
): Promise<readonly AuditFact[]> {
  const origin = await startOrigin({ host: ROUTED_HOST, respond });
  const proxy = await startTestProxy({ ...options, origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  await play({ proxy, origin, wire });
  wire.close();
  await proxy.close();
  await origin.close();
  return proxy.facts;
}

for (const { name, request = GET, answer, closes = false, ...rest } of CASES) {
  Deno.test(`a secret is masked in ${name}`, async () => {
    const expected = rest.expected ?? answer.replaceAll(CANARY, STARS);
    const facts = await withScene(async (wire) => {
      await wire.takeHead();
      await wire.send(answer);
      if (!closes) await wire.takeRest();
    }, async ({ wire }) => {
      await wire.send(request);
      const got = closes ? await wire.takeRest() : await wire.takeBytes(expected.length);
      assert.equal(got, expected);
    });
    const redacted = facts.filter(({ event }) => event === "redacted");
    const { method, path } = facts.at(-1)!;
    const fact = {
      event: "redacted",
      provider: "example",
      connection: "default",
      outcome: "ok",
      method,
      host: ROUTED_HOST,
      path,
    };
    assert.deepEqual(redacted, expected === answer ? [] : [fact]);
  });
}

Deno.test("an event reaches the child when it is sent, whatever letter stands at its end", async () => {
  const events = ["data: s\n\n", "data: sk-canary\n\n", "data: yes", "\n\n", "s", "sk-"];
  await withScene(async (wire) => {
    await wire.takeHead();
    await wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    for (const event of events) {
      await wire.send(event);
      assert.equal(await wire.takeBytes(1), ".");
    }
  }, async ({ wire }) => {
    await wire.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${events.length}\r\n\r\n`);
    await wire.takeHead();
    for (const event of events) {
      assert.equal(await wire.takeBytes(event.length), event);
      await wire.send(".");
    }
  });
});

Deno.test("the next request of a connection finds it in order after a masked answer", async () => {
  const quoting = answer(CANARY);
  await withScene(async (wire) => {
    for (;;) {
      await wire.takeHead();
      await wire.send(quoting);
    }
  }, async ({ wire, origin }) => {
    for (let round = 0; round < 3; round++) {
      await wire.send(GET);
      assert.equal(await wire.takeBytes(quoting.length), answer(STARS));
    }
    assert.equal(origin.wires.length, 1);
  });
});

Deno.test("a token that was rotated is still masked, and so is the one before it", async () => {
  const keys = ["first-token-0123", "second-token-4567", "third-token-89ab"];
  let current = 0;
  await withScene(async (wire) => {
    for (;;) {
      await wire.takeHead();
      await wire.send(answer(keys.slice(0, current + 1).join(" ")));
    }
  }, async ({ wire }) => {
    for (current = 0; current < keys.length; current++) {
      const body = keys.slice(0, current + 1).map((key) => "*".repeat(key.length)).join(" ");
      await wire.send(GET);
      assert.equal(await wire.takeBytes(answer(body).length), answer(body));
    }
  }, { resolve: () => Promise.resolve(bearer(keys[current]!)) });
});

Deno.test("a token that a 401 brought about is masked too", async () => {
  let requests = 0;
  await withScene(async (wire) => {
    await wire.takeHead();
    requests++;
    if (requests === 1) await wire.send(answer("no").replace("200", "401"));
    else await wire.send(answer(`renewed-token-42 ${CANARY}`));
    await wire.takeRest();
  }, async ({ wire }) => {
    await wire.send(GET);
    const expected = answer(`${"*".repeat(16)} ${STARS}`);
    assert.equal(await wire.takeBytes(expected.length), expected);
  }, { renew: () => Promise.resolve(bearer("renewed-token-42")) });
});

Deno.test("an injected request asks for no compression, in the client's spelling", async () => {
  for (const redact of [true, false]) {
    await withScene(async (wire) => {
      await wire.takeHead();
      await wire.send(answer("ok"));
      await wire.takeRest();
    }, async ({ wire, origin }) => {
      await wire.send(GET.replace("\r\n\r\n", "\r\naccept-ENCODING: gzip, br\r\nX: y\r\n\r\n"));
      await wire.takeHead();
      const coding = redact ? "identity" : "gzip, br";
      assert.ok(origin.received().includes(`\r\naccept-ENCODING: ${coding}\r\nX: y\r\n`));
    }, { redact });
  }
});

Deno.test("without redaction an answer passes as it came and nothing is recorded of it", async () => {
  const quoting = answer(CANARY, `X-Key: ${CANARY}`);
  const facts = await withScene(async (wire) => {
    await wire.takeHead();
    await wire.send(quoting);
    await wire.takeRest();
  }, async ({ wire }) => {
    await wire.send(GET);
    assert.equal(await wire.takeBytes(quoting.length), quoting);
  }, { redact: false });
  assert.deepEqual(facts.map(({ event }) => event), ["request"]);
});
