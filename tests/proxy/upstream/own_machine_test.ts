import assert from "node:assert/strict";
import { parseConnectTo } from "../../../lib/proxy/upstream/connect_to.ts";
import { createRouteTable } from "../../../lib/proxy/decision/route.ts";
import {
  AUTHORIZED,
  startTestProxy,
  type TestProxyOptions,
  testRoute,
} from "../../support/proxy.ts";
import { Wire } from "../../support/wire.ts";

/** What a request for a server on loopback is answered; `{port}` in `rule` is the server's. */
async function ask(
  host: string,
  options: Omit<TestProxyOptions, "connectTo"> & { readonly rule?: string | undefined },
): Promise<string> {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void server.accept().then((conn) => serve(new Wire(conn), answer)).catch(() => {});
  const { rule, ...rest } = options;
  const { port } = server.addr;
  const connectTo = rule === undefined
    ? []
    : [parseConnectTo(rule.replaceAll("{port}", `${port}`))];
  const table = createRouteTable([testRoute(`http://localhost:${port}`)]);
  const proxy = await startTestProxy({ routes: () => table, connectTo, ...rest });
  const wire = await proxy.open();
  try {
    const target = `${host}:${port}`;
    await wire.send(`GET http://${target}/ HTTP/1.1\r\nHost: ${target}\r\n${AUTHORIZED}\r\n`);
    return (await wire.takeHead()).slice(9, 12);
  } finally {
    wire.close();
    await proxy.close();
    server.close();
  }
}

async function serve(wire: Wire, answer: string): Promise<void> {
  try {
    await wire.takeHead();
    await wire.send(answer);
  } finally {
    wire.close();
  }
}

const CASES:
  readonly (readonly [name: string, host: string, rule: string | undefined, want: string])[] = [
    ["an address of loopback", "127.0.0.1", undefined, "403"],
    ["a name with a route", "localhost", undefined, "200"],
    ["a name that --connect-to sends there", "db.example", "db.example::127.0.0.1:", "200"],
    ["an address that --connect-to names", "127.0.0.1", "127.0.0.1:{port}:127.0.0.1:{port}", "200"],
    ["an address beside it", "127.0.0.1", "127.0.0.2::127.0.0.1:", "403"],
  ];

for (const [name, host, rule, want] of CASES) {
  Deno.test(`a proxy that spares its machine answers ${want} for ${name}`, async () => {
    assert.equal(await ask(host, { rule, sparesOwnMachine: true }), want);
  });
}

Deno.test("any other proxy connects to its machine", async () => {
  assert.equal(await ask("127.0.0.1", {}), "200");
});
