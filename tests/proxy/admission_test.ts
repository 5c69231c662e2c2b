import assert from "node:assert/strict";
import { AUTHORIZED, startTestProxy, type TestProxy } from "../support/proxy.ts";
import type { Wire } from "../support/wire.ts";

const STRANGE = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/** Shows the token, and is answered 400 by the proxy itself. */
const KNOWN = `GET / HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`;

async function ask(wire: Wire, request: string): Promise<string> {
  await wire.send(request);
  const head = await wire.takeHead();
  await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
  return head.split(" ")[1]!;
}

/** Connections that the proxy has accepted and that have not shown the token. */
async function openStrangers(proxy: TestProxy, count: number): Promise<Wire[]> {
  const wires: Wire[] = [];
  while (wires.length < count) {
    const wire = await proxy.open();
    assert.equal(await ask(wire, STRANGE), "407");
    wires.push(wire);
  }
  return wires;
}

async function closeAll(proxy: TestProxy, wires: readonly Wire[]): Promise<void> {
  for (const wire of wires) wire.close();
  await proxy.close();
}

Deno.test("strangers cannot keep the child out: the oldest make room", async () => {
  let clock = 0;
  const limits = { connections: 3, strangers: 2 };
  const proxy = await startTestProxy({ limits, now: () => clock });
  const [oldest, older] = await openStrangers(proxy, 2);
  clock += 1_000;
  const child = await proxy.open();
  assert.equal(await ask(child, KNOWN), "400");
  assert.equal(await oldest!.takeRest(), "");
  assert.equal(await ask(older!, STRANGE), "407");
  await closeAll(proxy, [oldest!, older!, child]);
});

Deno.test("strangers that have just come make room only when nothing else is left", async () => {
  const limits = { connections: 4, strangers: 2 };
  const proxy = await startTestProxy({ limits, now: () => 0 });
  const strangers = await openStrangers(proxy, 4);
  const child = await proxy.open();
  assert.equal(await ask(child, KNOWN), "400");
  assert.equal(await strangers[0]!.takeRest(), "");
  for (const wire of strangers.slice(1)) assert.equal(await ask(wire, STRANGE), "407");
  await closeAll(proxy, [...strangers, child]);
});

Deno.test("a client that has shown the token never makes room", async () => {
  let clock = 0;
  const limits = { connections: 2, strangers: 1 };
  const proxy = await startTestProxy({ limits, now: () => clock });
  const clients = [await proxy.open(), await proxy.open()];
  for (const wire of clients) assert.equal(await ask(wire, KNOWN), "400");
  clock += 1_000;
  const late = await proxy.open();
  assert.match(await late.takeHead(), /^HTTP\/1\.1 503 /);
  for (const wire of clients) assert.equal(await ask(wire, KNOWN), "400");
  await closeAll(proxy, [...clients, late]);
});

const BEFORE: readonly [name: string, sent: readonly string[]][] = [
  ["says nothing", []],
  ["asks again and again without the token", [STRANGE, STRANGE]],
];

for (const [name, sent] of BEFORE) {
  Deno.test(`a stranger that ${name} is disconnected after headMs, a client is not`, async () => {
    let clock = 0;
    const limits = { headMs: 100, idleMs: 1_000 };
    const proxy = await startTestProxy({ limits, now: () => clock });
    const [stranger, client] = [await proxy.open(), await proxy.open()];
    assert.equal(await ask(client, KNOWN), "400");
    for (const request of sent) {
      assert.equal(await ask(stranger, request), "407");
      clock += 50;
    }
    clock = 100;
    await stranger.takeRest();
    clock = 999;
    assert.equal(await ask(client, KNOWN), "400");
    await closeAll(proxy, [stranger, client]);
  });
}
