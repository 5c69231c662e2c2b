import assert from "node:assert/strict";
import { answerAlways, startOrigin } from "../support/origin.ts";
import { AUTHORIZED, ROUTED_HOST, startTestProxy, TOKEN } from "../support/proxy.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const UNAUTHORIZED: readonly [name: string, line: string][] = [
  ["no token", ""],
  ["a wrong token", `Proxy-Authorization: Basic ${btoa("authsome:wrong")}\r\n`],
  ["a wrong token of the same length", authorization(`authsome:${TOKEN.replace("0", "1")}`)],
  ["another user", authorization(`other:${TOKEN}`)],
  ["another scheme", `Proxy-Authorization: Bearer ${TOKEN}\r\n`],
  ["an empty value", "Proxy-Authorization:\r\n"],
  ["the token in another field", `Authorization: Basic ${btoa(`authsome:${TOKEN}`)}\r\n`],
];

function authorization(pair: string): string {
  return `Proxy-Authorization: Basic ${btoa(pair)}\r\n`;
}

const REQUESTS: readonly [name: string, start: string][] = [
  ["CONNECT to a routed host", `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\nHost: x\r\n`],
  ["CONNECT to another host", "CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n"],
  ["CONNECT to nonsense", "CONNECT nonsense HTTP/1.1\r\nHost: x\r\n"],
  ["an http:// request", "GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n"],
  ["a request to the proxy itself", "GET / HTTP/1.1\r\nHost: x\r\n"],
];

Deno.test("whatever is asked without the token gets 407, and the connection stays", async (t) => {
  const proxy = await startTestProxy();
  const wire = await proxy.open();
  for (const [request, start] of REQUESTS) {
    for (const [name, line] of UNAUTHORIZED) {
      await t.step(`${request} with ${name}`, async () => {
        await wire.send(`${start}${line}\r\n`);
        const head = await wire.takeHead();
        assert.match(head, /^HTTP\/1\.1 407 /);
        assert.match(head, /\r\nProxy-Authenticate: Basic realm="authsome"\r\n/);
        assert.doesNotMatch(head, /Connection: close/);
        await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
      });
    }
  }
  wire.close();
  await proxy.close();
});

Deno.test("after a 407 the token opens the tunnel on the same connection", async () => {
  const origin = await startOrigin({
    host: "other.example",
    respond: answerAlways(OK),
    plain: true,
  });
  const proxy = await startTestProxy({ origins: { "other.example": origin.port } });
  const wire = await proxy.open();
  const connect = "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n";
  await wire.send(`${connect}\r\n`);
  const head = await wire.takeHead();
  await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
  await wire.send(`${connect}${AUTHORIZED}\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 200 /);
  await wire.send("GET / HTTP/1.1\r\n\r\n");
  assert.equal(await wire.takeBytes(OK.length), OK);
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("HTTP/1.0 CONNECT without a Host works", async () => {
  const origin = await startOrigin({
    host: "other.example",
    respond: answerAlways(OK),
    plain: true,
  });
  const proxy = await startTestProxy({ origins: { "other.example": origin.port } });
  const wire = await proxy.open();
  await wire.send(`CONNECT other.example:443 HTTP/1.0\r\n${AUTHORIZED}\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 200 /);
  await wire.send("GET / HTTP/1.1\r\n\r\n");
  assert.equal(await wire.takeBytes(OK.length), OK);
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("a request body without the token is not read as a request", async () => {
  const proxy = await startTestProxy();
  const wire = await proxy.open();
  await wire.send("POST http://a.b/ HTTP/1.1\r\nHost: a.b\r\nContent-Length: 99\r\n\r\n");
  const head = await wire.takeHead();
  assert.match(head, /^HTTP\/1\.1 407 /);
  assert.match(head, /\r\nConnection: close\r\n/);
  await wire.closeWrite();
  await wire.takeRest();
  wire.close();
  await proxy.close();
});

const REFUSED: readonly [name: string, request: string, status: number][] = [
  ["CONNECT without a port", "CONNECT a.b HTTP/1.1\r\nHost: a.b\r\n", 400],
  ["CONNECT with a path", "CONNECT a.b:443/x HTTP/1.1\r\nHost: a.b\r\n", 400],
  ["CONNECT with user info", "CONNECT u@a.b:443 HTTP/1.1\r\nHost: a.b\r\n", 400],
  ["CONNECT with a trailing dot", `CONNECT ${ROUTED_HOST}.:443 HTTP/1.1\r\nHost: a\r\n`, 400],
  ["CONNECT to an octal address", "CONNECT 0177.0.0.1:443 HTTP/1.1\r\nHost: a\r\n", 400],
  ["CONNECT to a decimal address", "CONNECT 2130706433:443 HTTP/1.1\r\nHost: a\r\n", 400],
  ["a request to the proxy itself", "GET / HTTP/1.1\r\nHost: a.b\r\n", 400],
  ["an https:// request", "GET https://a.b/ HTTP/1.1\r\nHost: a.b\r\n", 400],
  ["bare line feeds", "GET / HTTP/1.1\nHost: a.b\n\n", 400],
];

for (const [name, request, status] of REFUSED) {
  Deno.test(`with the token, ${name} gets ${status}`, async () => {
    const proxy = await startTestProxy();
    const wire = await proxy.open();
    await wire.send(`${request}${AUTHORIZED}\r\n`);
    assert.match(await wire.takeHead(), new RegExp(`^HTTP/1\\.1 ${status} `));
    wire.close();
    await proxy.close();
  });
}

Deno.test("authsome's own listeners are no destination, under any name", async () => {
  const login = await startOrigin({ host: "x", respond: answerAlways(OK), plain: true });
  const proxy = await startTestProxy({ ownPorts: [login.port] });
  for (const port of [proxy.port, login.port]) {
    for (const host of ["127.0.0.1", "localhost", "127.0.0.2", "0.0.0.0"]) {
      const wire = await proxy.open();
      await wire.send(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`);
      assert.match(await wire.takeHead(), /^HTTP\/1\.1 (403|502) /, `${host}:${port}`);
      await wire.takeRest();
      wire.close();
      const plain = await proxy.open();
      await plain.send(`GET http://${host}:${port}/ HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`);
      assert.match(await plain.takeHead(), /^HTTP\/1\.1 (403|502) /, `${host}:${port}`);
      plain.close();
    }
  }
  assert.equal(login.received(), "");
  await proxy.close();
  await login.close();
});
