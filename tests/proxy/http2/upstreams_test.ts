import assert from "node:assert/strict";
import { startOrigin } from "../../support/origin.ts";
import { ROUTED_HOST, startTestProxy } from "../../support/proxy.ts";
import { until } from "../../support/until.ts";

const ALPN = ["h2", "http/1.1"];

Deno.test("an HTTP/2 connection is opened ahead for the next client, and closed if none comes", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    alpn: ALPN,
    respond: (wire) => wire.takeRest().then(() => {}),
  });
  const limits = { idleUpstreamMs: 300 };
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port }, limits });
  const first = await proxy.connectTls(ROUTED_HOST, { alpn: ALPN });
  await until("a spare one is there", () => origin.wires.length === 2);
  const second = await proxy.connectTls(ROUTED_HOST, { alpn: ALPN });
  await until("the next spare one is there", () => origin.wires.length === 3);
  await second.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  await until("the spare one was taken", () => origin.wires[1]!.received().startsWith("PRI"));
  await until("an unused one does not stay", () => origin.open === 2);
  first.close();
  second.close();
  await until("the others end with their clients", () => origin.open === 0);
  await proxy.close();
  await origin.close();
});

Deno.test("a spare connection that the upstream gives up is not given to a client", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    alpn: ALPN,
    respond: async (wire) => {
      if (origin.wires.length !== 2) await wire.takeRest();
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const first = await proxy.connectTls(ROUTED_HOST, { alpn: ALPN });
  await until("the spare one has come and gone", () => {
    return origin.wires.length === 2 && origin.open === 1;
  });
  const second = await proxy.connectTls(ROUTED_HOST, { alpn: ALPN });
  await second.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  await until("a new one was opened", () => origin.wires[2]?.received().startsWith("PRI") === true);
  first.close();
  second.close();
  await proxy.close();
  await until("all are closed with the proxy", () => origin.open === 0);
  await origin.close();
});

Deno.test("an upstream that ends within its handshake is a 502 over HTTP/1.1", async () => {
  const origin = await startOrigin({
    host: ROUTED_HOST,
    plain: true,
    respond: (wire) => wire.receive().then(() => {}),
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connectTls(ROUTED_HOST, { alpn: ALPN });
  await wire.send(`GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`);
  assert.match(await wire.takeHead(), /^HTTP\/1\.1 502 /);
  wire.close();
  await proxy.close();
  await origin.close();
});
