import assert from "node:assert/strict";
import { createDirectWatch, DirectWatch, parseRemoteEnds } from "../../lib/broker/direct_watch.ts";
import { parseHostPattern } from "../../lib/host_pattern.ts";
import { testNeeding } from "../support/needs.ts";
import { RunningProgram } from "../support/running.ts";

/** A line of `/proc/net/tcp`, by default a connection to 192.0.2.1 port 443. */
function tcp(change: Readonly<Record<string, string>> = {}): string {
  const { to = "010200C0", port = "01BB", state = "01", uid = "1000" } = change;
  return `   3: 0100000A:1000 ${to}:${port} ${state} 00000000:00000000 00:00000000 00000000` +
    `  ${uid}        0 777 1 0000000000000000 20 4 30 10 -1\n`;
}

const LINES: readonly [what: string, text: string, address?: string][] = [
  ["a connection", tcp(), "c0000201"],
  ["one of an IPv6 socket", tcp({ to: "0000000000000000FFFF0000010200C0" }), "c0000201"],
  ["one over IPv6", tcp({ to: "B80D0120000000000000000001000000" }), `20010db8${"0".repeat(23)}1`],
  ["one to loopback", tcp({ to: "0100007F" })],
  ["one to IPv6 loopback", tcp({ to: "00000000000000000000000001000000" })],
  ["one of an IPv6 socket to loopback", tcp({ to: "0000000000000000FFFF00000100007F" })],
  ["one to another port", tcp({ port: "0050" })],
  ["one that is closing", tcp({ state: "04" })],
  ["another user's", tcp({ uid: "1001" })],
];

for (const [what, text, address] of LINES) {
  Deno.test(`parseRemoteEnds() ${address === undefined ? "leaves out" : "finds"} ${what}`, () => {
    const ends = parseRemoteEnds(`  sl  local\n${text}`, new Set([443]), 1000);
    const expected = address === undefined ? [] : [["777", { address, port: 443 }]];
    assert.deepEqual([...ends], expected);
  });
}

const ROUTES = ["api.example.com", "other.example.com:8443", "*.example.net"].map(parseHostPattern);
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "api.example.com": ["2001:db8::1", "192.0.2.1"],
  "other.example.com": ["192.0.2.2"],
};

async function seen(address: string, port: number): Promise<ReturnType<DirectWatch["seen"]>> {
  const watch = new DirectWatch({
    patterns: ROUTES,
    find: () => Promise.resolve([{ address, port }]),
    lookUp: (host) => Promise.resolve(ADDRESSES[host] ?? []),
  });
  await watch.look(1);
  return watch.seen();
}

Deno.test("a connection to an address and port of a routed host is a connection to it", async () => {
  const ip6 = `20010db8${"0".repeat(23)}1`;
  assert.deepEqual((await seen("c0000201", 443)).hosts, ["api.example.com"]);
  assert.deepEqual((await seen(ip6, 443)).hosts, ["api.example.com"]);
  assert.deepEqual((await seen("c0000202", 8443)).hosts, ["other.example.com"]);
  assert.deepEqual(await seen("c0000202", 443), { hosts: [], addresses: ["192.0.2.2:443"] });
  assert.deepEqual((await seen(`20010db8${"0".repeat(23)}2`, 443)).addresses, [
    "[2001:0db8:0000:0000:0000:0000:0000:0002]:443",
  ]);
});

Deno.test("where nothing is routed, or the system does not tell, nobody looks", () => {
  assert.equal(createDirectWatch([], "linux"), undefined);
  assert.equal(createDirectWatch(ROUTES, "windows"), undefined);
});

/** An address of this computer that is not loopback. */
const outside = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;
const test = Deno.build.os === "linux" && outside !== undefined ? testNeeding() : Deno.test.ignore;

const HOLD = "await Deno.connect({ hostname: Deno.args[0], port: Number(Deno.args[1]) }); " +
  "console.log('up'); Deno.stdin.readSync(new Uint8Array(1));";

test("a descendant that reaches a routed host without the proxy is seen", async () => {
  const listener = Deno.listen({ hostname: outside ?? "", port: 0 });
  const { port } = listener.addr;
  const watch = createDirectWatch([parseHostPattern(`${outside}:${port}`)]);
  const script = `'${Deno.execPath()}' eval --no-lock "${HOLD}" ${outside} ${port}; true`;
  const child = new RunningProgram(["sh", "-c", script], Deno.env.toObject());
  await child.readUntil("\n");
  await watch?.look(0x7fffffff);
  assert.deepEqual(watch?.seen(), { hosts: [], addresses: [] });
  await watch?.look(child.pid);
  assert.deepEqual(watch?.seen(), { hosts: [outside], addresses: [`${outside}:${port}`] });
  await child.finish();
  listener.close();
});
