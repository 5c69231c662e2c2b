import assert from "node:assert/strict";
import { DirectWatch } from "../../lib/broker/direct_watch.ts";
import { collectHints } from "../../lib/broker/run_hints.ts";
import { RunTally } from "../../lib/broker/run_tally.ts";
import { parseHostPattern } from "../../lib/host_pattern.ts";

/** The first sentence about a child that was seen connected to this address. */
async function hintFor(address: string, connections: number): Promise<string | undefined> {
  const direct = new DirectWatch({
    patterns: [parseHostPattern("api.example.com")],
    find: () => Promise.resolve(address === "" ? [] : [{ address, port: 443 }]),
    lookUp: () => Promise.resolve(["192.0.2.1"]),
  });
  await direct.look(1);
  const [first] = await collectHints({ tally: new RunTally(), direct, connections, status: 1 });
  return first;
}

Deno.test("a routed host that was reached without the proxy is told of, whatever else was", async () => {
  const told = "A program reached api.example.com without the proxy.";
  assert.equal(await hintFor("c0000201", 0), told);
  assert.equal(await hintFor("c0000201", 5), told);
});

Deno.test("another host is told of only if nothing at all came to the proxy", async () => {
  const told = "A program connected to 192.0.2.9:443 by itself; nothing came to the proxy.";
  assert.equal(await hintFor("c0000209", 0), told);
  assert.equal(await hintFor("c0000209", 1), undefined);
});

Deno.test("a command that fails and was seen connected to nothing is not told of", async () => {
  assert.equal(await hintFor("", 0), undefined);
});
