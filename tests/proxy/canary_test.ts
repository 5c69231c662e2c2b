import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { startOrigin } from "../support/origin.ts";
import {
  AUTHORIZED,
  bearer,
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  TOKEN,
} from "../support/proxy.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOST = `Host: ${ROUTED_HOST}\r\n`;

/** Requests inside the tunnel that end in every decision there is. */
const REQUESTS: readonly string[] = [
  `GET / HTTP/1.1\r\n${HOST}\r\n`,
  `GET /?authsome-proxy-managed HTTP/1.1\r\n${HOST}X: authsome-proxy-managed\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Authorization: Bearer authsome-proxy-managed:gone\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Connection: Authorization\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Connection: x\r\nX: y\r\n\r\n`,
  "GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
  `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
  `GET /broken HTTP/1.1\r\n${HOST}\r\n`,
  `GET /cut HTTP/1.1\r\n${HOST}\r\n`,
];

Deno.test("the secret reaches the upstream's credential header and nothing else", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        const head = await wire.takeHead();
        if (head.includes("/broken")) return await wire.send("nonsense\r\n\r\n");
        if (head.includes("/cut")) return await wire.send("HTTP/1.1 200 OK\r\n");
        await wire.send(OK);
      }
    },
  });
  const other = await startOrigin({
    host: "other.example",
    plain: true,
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send(OK);
    },
  });
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port, "other.example": other.port },
  });
  let toClient = "";
  for (const request of REQUESTS) {
    const wire = await proxy.connectTls();
    await wire.send(request);
    await wire.closeWrite();
    toClient += await wire.takeRest();
    wire.close();
  }
  const plain = await proxy.open();
  await plain.send(
    `GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n${AUTHORIZED}\r\n`,
  );
  toClient += await plain.takeHead();
  plain.close();
  await proxy.close();
  await origin.close();
  await other.close();

  for (const secret of [CANARY, TOKEN, btoa(`authsome:${TOKEN}`)]) {
    assert.ok(!toClient.includes(secret), "the client got a secret");
    assert.ok(!JSON.stringify(proxy.facts).includes(secret), "a secret was recorded");
    assert.ok(!other.received().includes(secret), "a secret went to an unrouted host");
  }
  const received = origin.received();
  assert.ok(!received.includes(TOKEN));
  const lines = received.split("\r\n").filter((line) => line.includes(CANARY));
  assert.ok(lines.length >= 3);
  assert.deepEqual(new Set(lines), new Set([`Authorization: Bearer ${CANARY}`]));
  assert.equal(lines.length, received.match(/^(GET|POST|TRACE) /gm)?.length);
});

Deno.test("an error of the vault is told, and nothing is forwarded", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: (wire) => wire.drain().then() });
  const failures: readonly [error: unknown, status: number, code: string][] = [
    [new AuthsomeError("vault_unavailable", "The vault is locked."), 502, "vault_unavailable"],
    [new AuthsomeError("refresh_failed", "The token is expired."), 502, "refresh_failed"],
    [new Error(`a bug that quotes ${CANARY}`), 500, "unexpected"],
  ];
  for (const [error, status, code] of failures) {
    const proxy = await startTestProxy({
      origins: { [ROUTED_HOST]: origin.port },
      resolve: () => Promise.reject(error),
    });
    const wire = await proxy.connectTls();
    await wire.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await wire.closeWrite();
    const answer = await wire.takeRest();
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*x-authsome-error: ${code}\r\n`, "s"));
    assert.ok(!answer.includes(CANARY));
    wire.close();
    await proxy.close();
  }
  assert.equal(origin.received(), "");
  await origin.close();
});

Deno.test("a change of the credential counts for the next request of an open connection", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        await wire.takeHead();
        await wire.send(OK);
      }
    },
  });
  let key = "first";
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port },
    resolve: () => Promise.resolve(bearer(key)),
  });
  const wire = await proxy.connectTls();
  for (key of ["first", "second"]) {
    await wire.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await wire.takeBytes(OK.length);
  }
  const sent = [...origin.received().matchAll(/Authorization: Bearer (\S+)/g)].map((m) => m[1]);
  assert.deepEqual(sent, ["first", "second"]);
  wire.close();
  await proxy.close();
  await origin.close();
});
