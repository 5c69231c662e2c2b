import assert from "node:assert/strict";
import { testNeeding } from "../../support/needs.ts";
import { answerAlways, startOrigin } from "../../support/origin.ts";
import { AUTHORIZED, ROUTED_HOST, startTestProxy } from "../../support/proxy.ts";

const test = testNeeding("curl");

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOST = `Host: ${ROUTED_HOST}\r\n`;

function withField(line: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`;
}

/** Requests that two parsers could read in two ways, and the answer inside the tunnel. */
const SMUGGLING: readonly [name: string, request: string, status: number][] = [
  ["CL.TE", `${withField("Content-Length: 6\r\nTransfer-Encoding: chunked")}0\r\n\r\nG`, 400],
  ["TE.CL", `${withField("Transfer-Encoding: chunked\r\nContent-Length: 4")}5c\r\nG`, 400],
  ["TE.TE", withField("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"), 400],
  ["TE with a tab", withField("Transfer-Encoding:\tchunked, identity"), 501],
  ["TE with a vertical tab", withField("Transfer-Encoding: \x0bchunked"), 400],
  ["TE before the colon", withField("Transfer-Encoding : chunked"), 400],
  ["TE folded", withField("Transfer-Encoding:\r\n chunked"), 400],
  ["CL twice", withField("Content-Length: 0\r\nContent-Length: 44"), 400],
  ["CL list", withField("Content-Length: 0, 44"), 400],
  ["CL plus", withField("Content-Length: +0"), 400],
  ["bare LF", `GET / HTTP/1.1\r\n${HOST}X: y\nGET /admin HTTP/1.1\r\n\r\n`, 400],
  ["bare CR", `GET / HTTP/1.1\r\n${HOST}X: y\rGET /admin HTTP/1.1\r\n\r\n`, 400],
  ["NUL", `GET / HTTP/1.1\r\n${HOST}X: y\0\r\n\r\n`, 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", withField(`Host: ${ROUTED_HOST}`), 400],
  ["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["Connection: Authorization", withField("Connection: authorization"), 400],
  ["too many fields", `GET / HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(300)}\r\n`, 431],
  ["too many bytes", `GET / HTTP/1.1\r\n${HOST}X: ${"y".repeat(70_000)}`, 431],
  ["CONNECT in the tunnel", `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\n${HOST}\r\n`, 501],
  ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 501],
];

Deno.test("what can be read in two ways is answered and never forwarded", async (t) => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  for (const [name, request, status] of SMUGGLING) {
    await t.step(`${name} gets ${status}`, async () => {
      const wire = await proxy.connectTls();
      await wire.send(request);
      const head = await wire.takeHead();
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(head, /\r\nx-authsome-error: refused\r\n/);
      wire.close();
    });
  }
  assert.equal(origin.received(), "");
  await proxy.close();
  await origin.close();
});

Deno.test("a malformed chunk is answered 400 and cuts the upstream off", async () => {
  const began = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<string>();
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      await wire.takeUntil("1\r\na\r\n");
      began.resolve();
      cut.resolve(await wire.takeRest());
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls();
  await wire.send(`${withField("Transfer-Encoding: chunked")}1\r\na\r\n`);
  await began.promise;
  await wire.send("0x5\r\nGET /admin HTTP/1.1\r\n\r\n");
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 400 .*\r\nConnection: close\r\n/s);
  assert.equal(await cut.promise, "");
  wire.close();
  await proxy.close();
  await origin.close();
});

const MISDIRECTED: readonly [name: string, wish: { serverName?: string }, request: string][] = [
  ["another Host", {}, "GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n"],
  ["a port in Host", {}, `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}:8443\r\n\r\n`],
  ["a trailing dot", {}, `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}.\r\n\r\n`],
  ["no Host in HTTP/1.0", {}, "GET / HTTP/1.0\r\n\r\n"],
  ["another absolute target", {}, `GET https://attacker.example/ HTTP/1.1\r\n${HOST}\r\n`],
  ["an http:// target", {}, `GET http://${ROUTED_HOST}/ HTTP/1.1\r\n${HOST}\r\n`],
  ["another Host after a right one", {}, `GET / HTTP/1.1\r\nHost: b\r\n\r\n`],
];

Deno.test("a request for another host than CONNECT's gets 421 and no credential", async (t) => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  for (const [name, wish, request] of MISDIRECTED) {
    await t.step(name, async () => {
      const before = origin.received().length;
      const wire = await proxy.connectTls(ROUTED_HOST, wish);
      await wire.send(request);
      assert.match(await wire.takeHead(), /^HTTP\/1\.1 421 Misdirected Request\r\n/);
      assert.equal(origin.received().length, before);
      wire.close();
    });
  }
  await proxy.close();
  await origin.close();
});

test("another TLS server name than CONNECT's gets 421 inside the tunnel", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const child = new Deno.Command("curl", {
    args: ["-sk", "--max-time", "5", "--proxy", `http://127.0.0.1:${proxy.port}`, "--proxy-header"]
      .concat([AUTHORIZED.trim(), "--connect-to", `attacker.example:443:${ROUTED_HOST}:443`, "-i"])
      .concat(["https://attacker.example/"]),
    stdout: "piped",
  });
  const { stdout } = await child.output();
  assert.match(new TextDecoder().decode(stdout), /^HTTP\/[12].* 421/m);
  assert.equal(origin.received(), "");
  await proxy.close();
  await origin.close();
});

Deno.test("a client that is not TLS is told so on a routed host", async () => {
  const proxy = await startTestProxy();
  const wire = await proxy.connect(`${ROUTED_HOST}:443`);
  await wire.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  assert.match(await wire.takeRest(), /^HTTP\/1\.1 400 .*"error":"refused"/s);
  wire.close();
  await proxy.close();
});

const BROKEN_ANSWERS: readonly [name: string, answer: string][] = [
  ["no HTTP", "220 smtp.example.com ESMTP\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  [
    "a length and chunked",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["a folded header", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"],
  ["a head without end", "HTTP/1.1 200 OK\r\nX: y\r\n"],
  ["nothing", ""],
  ["a switch nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
];

for (const [name, answer] of BROKEN_ANSWERS) {
  Deno.test(`an upstream that answers ${name} gives a 502`, async () => {
    const origin = await startOrigin({
      host: ROUTED_HOST,
      respond: async (wire) => {
        await wire.takeHead();
        await wire.send(answer);
      },
    });
    const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
    const wire = await proxy.connectTls();
    await wire.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    const head = await wire.takeHead();
    assert.match(head, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
    assert.match(head, /\r\nx-authsome-error: endpoint_unreachable\r\n/);
    wire.close();
    await proxy.close();
    await origin.close();
  });
}
