import assert from "node:assert/strict";
import type { AuditFact } from "../../lib/audit.ts";
import { FRAME } from "../../lib/proxy/http2/frame.ts";
import { refuse } from "../../lib/proxy/decision/refusal.ts";
import { startReadyRelay } from "../support/h2.ts";
import { startOrigin } from "../support/origin.ts";
import { ROUTED_HOST, startTestProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

Deno.test("HTTP/1: a request is told of before the upstream has seen a byte of it, and once", async () => {
  const noted: AuditFact[] = [];
  const begun: AuditFact[] = [];
  const seen: number[] = [];
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      for (;;) {
        await wire.takeHead();
        seen.push(begun.length);
        await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      }
    },
  });
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.port },
    begin: (fact) => begun.length + noted.push(fact),
    commit: () => begun.push(...noted.splice(0)),
  });
  const wire = await proxy.connectTls();
  const requests = [[ROUTED_HOST, "/a?q=1"], [ROUTED_HOST, "/b"], ["other.example", "/"]];
  for (const [host, path] of requests) {
    await wire.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await wire.takeHead();
  }
  await until("all is recorded", () => proxy.facts.length === 3);
  wire.close();
  await proxy.close();
  await origin.close();
  assert.deepEqual(begun[0], {
    event: "request",
    provider: "example",
    connection: "default",
    method: "GET",
    host: ROUTED_HOST,
    path: "/a",
  });
  assert.deepEqual(seen, [1, 2]);
  const numbers = proxy.facts.map(({ event, request }) => [event, request]);
  assert.deepEqual(numbers.slice(0, 2), [["request", 1], ["request", 2]]);
  assert.equal(proxy.facts[2]?.request, undefined);
});

Deno.test("HTTP/2: a request is told of before the upstream has seen a byte of it, and once", async () => {
  const noted: string[] = [];
  const begun: string[] = [];
  const relay = await startReadyRelay({
    begin: (path) => begun.length + noted.push(path),
    commit: () => begun.push(...noted.splice(0)),
    decide: ({ path }) =>
      path === "/no" ? { kind: "refuse", refusal: refuse(403, "No.") } : { kind: "relay" },
  });
  const { client, upstream } = relay;
  for (const [index, path] of ["/no", "/a", "/b"].entries()) {
    await client.sendHeaders(1 + 2 * index, [
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", ROUTED_HOST],
      [":path", path],
    ]);
    if (path === "/no") continue;
    await upstream.receiveType(FRAME.headers);
    assert.deepEqual(begun.at(-1), path);
  }
  await relay.close();
  const numbers = relay.exchanges.map(({ path, request }) => [path, request]).sort();
  assert.deepEqual(numbers, [["/a", 1], ["/b", 2], ["/no", undefined]]);
});
