import assert from "node:assert/strict";
import { startOrigin } from "../support/origin.ts";
import { AUTHORIZED, startTestProxy } from "../support/proxy.ts";
import { startTls } from "../support/tls.ts";

const HOST = "other.example";

Deno.test("an unrouted host keeps its own certificate and its bytes", async () => {
  const origin = await startOrigin({
    host: HOST,
    alpn: ["odd/1"],
    respond: async (wire) => {
      assert.equal(await wire.takeBytes(5), "\0\xff\r\n.");
      await wire.send("\r\n\r\nanything");
    },
  });
  const proxy = await startTestProxy({
    origins: { [HOST]: origin.port },
    issueLeaf: () => assert.fail("a certificate was made for an unrouted host"),
  });
  const tunnel = await proxy.connect(`${HOST}:443`);
  const wire = await startTls(tunnel, HOST, ["odd/1"]);
  await wire.send("\0\xff\r\n.");
  assert.equal(await wire.takeRest(), "\r\n\r\nanything");
  assert.deepEqual(proxy.facts, []);
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("a server that speaks first is heard", async () => {
  const origin = await startOrigin({
    host: HOST,
    plain: true,
    respond: async (wire) => {
      await wire.send("220 hello\r\n");
      await wire.takeRest();
    },
  });
  const proxy = await startTestProxy({ origins: { [HOST]: origin.port } });
  const wire = await proxy.connect(`${HOST}:25`);
  assert.equal(await wire.takeUntil("\r\n"), "220 hello\r\n");
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("each direction of a tunnel ends by itself", async () => {
  const origin = await startOrigin({
    host: HOST,
    plain: true,
    respond: async (wire) => {
      const all = await wire.takeRest();
      await wire.send(`got ${all.length}`);
    },
  });
  const proxy = await startTestProxy({ origins: { [HOST]: origin.port } });
  const wire = await proxy.connect(`${HOST}:443`);
  await wire.send("x".repeat(200_000));
  await wire.closeWrite();
  assert.equal(await wire.takeRest(), "got 200000");
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("bytes sent right behind CONNECT reach the tunnel", async () => {
  const origin = await startOrigin({
    host: HOST,
    plain: true,
    respond: async (wire) => await wire.send((await wire.takeBytes(5)).toUpperCase()),
  });
  const proxy = await startTestProxy({ origins: { [HOST]: origin.port } });
  const wire = await proxy.open();
  await wire.send(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\nhello`);
  await wire.takeHead();
  assert.equal(await wire.takeRest(), "HELLO");
  wire.close();
  await proxy.close();
  await origin.close();
});

Deno.test("a tunnel whose client dies is closed upstream", async () => {
  const ended = Promise.withResolvers<void>();
  const origin = await startOrigin({
    host: HOST,
    plain: true,
    respond: async (wire) => {
      await wire.takeRest();
      ended.resolve();
    },
  });
  const proxy = await startTestProxy({ origins: { [HOST]: origin.port } });
  const wire = await proxy.connect(`${HOST}:443`);
  wire.close();
  await ended.promise;
  await proxy.close();
  await origin.close();
});
