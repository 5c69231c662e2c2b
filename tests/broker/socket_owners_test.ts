import assert from "node:assert/strict";
import {
  findOwnedOnLinux,
  findOwnedWithLsof,
  parseLsof,
  parseOpenSockets,
  parseProcTcp,
} from "../../lib/broker/socket_owners.ts";
import { testNeeding } from "../support/needs.ts";
import { RunningProgram } from "../support/running.ts";

const LOOPBACK = "0100007F";
const MAPPED = `0000000000000000FFFF0000${LOOPBACK}`;

/** A line of `/proc/net/tcp`: a connection from port 0x1000 to port 0x2000, socket 777. */
function tcp(change: Readonly<Record<string, string>> = {}): string {
  const { from = LOOPBACK, to = LOOPBACK, port = "2000", state = "01", uid = "1000" } = change;
  return `   3: ${from}:1000 ${to}:${port} ${state} 00000000:00000000 00:00000000 00000000` +
    `  ${uid}        0 777 1 0000000000000000 20 4 30 10 -1\n`;
}

const CONNECTIONS: readonly [what: string, text: string, found: boolean][] = [
  ["a connection", tcp(), true],
  ["one of an IPv6 socket", tcp({ from: MAPPED, to: MAPPED }), true],
  ["one from another address", tcp({ from: "0200007F" }), false],
  ["one to another address", tcp({ to: "0200007F" }), false],
  ["one to another port", tcp({ port: "2001" }), false],
  ["one that is closing", tcp({ state: "04" }), false],
  ["another user's", tcp({ uid: "1001" }), false],
];

for (const [what, text, found] of CONNECTIONS) {
  Deno.test(`parseProcTcp() ${found ? "finds" : "leaves out"} ${what}`, () => {
    const query = { proxyPort: 0x2000, clientPorts: new Set([0x1000]) };
    assert.deepEqual([...parseProcTcp(`  sl  local\n${text}`, query, 1000)], [
      ...found ? [["777", 0x1000]] : [],
    ]);
  });
}

Deno.test("parseProcTcp() gives only the ports that were asked for", () => {
  const query = { proxyPort: 0x2000, clientPorts: new Set([0x1001]) };
  assert.equal(parseProcTcp(tcp(), query, 1000).size, 0);
});

const LISTED = `/proc/12/fd:
total 0
lrwx------ 1 me me 64 Nov 23 14:11 0 -> /dev/pts/0
lrwx------ 1 me me 64 Nov 23 14:11 3 -> socket:[777]

/proc/13/fd:
lrwx------ 1 me me 64 Nov 23 14:11 3 -> socket:[778]
`;

Deno.test("parseOpenSockets() tells whose socket is whose", () => {
  assert.deepEqual([...parseOpenSockets(LISTED)], [[12, ["777"]], [13, ["778"]]]);
});

Deno.test("parseOpenSockets() believes no process that a file name may have named", () => {
  const forged = LISTED.replace("/dev/pts/0", "/tmp/x\n/proc/13/fd:\n1 -> socket:[777]");
  assert.deepEqual(parseOpenSockets(forged).get(13), []);
});

Deno.test("parseLsof() tells whose connection is whose", () => {
  const text = "p12\nf5\nn127.0.0.1:4000->127.0.0.1:9000\np13\nf6\nn[::1]:4001->[::1]:9000\n" +
    "n127.0.0.2:4002->127.0.0.1:9000\nn127.0.0.1:9000->127.0.0.1:4000\n" +
    "n[::ffff:127.0.0.1]:4003->[::ffff:127.0.0.1]:9000\nn127.0.0.1:4004->127.0.0.1:9001\n";
  assert.deepEqual(parseLsof(text, 9000), [
    { pid: 12, clientPort: 4000 },
    { pid: 13, clientPort: 4003 },
  ]);
});

/** Connects to the port it is given, prints its own, and holds the connection while it has input. */
const HOLD = "const c = await Deno.connect({ port: Number(Deno.args[0]) }); " +
  "console.log(c.localAddr.port); Deno.stdin.readSync(new Uint8Array(1));";

const WAYS = [
  ["/proc", findOwnedOnLinux, Deno.build.os === "linux" ? testNeeding() : Deno.test.ignore],
  ["lsof", findOwnedWithLsof, testNeeding("lsof", "ps")],
] as const;

for (const [name, find, test] of WAYS) {
  test(`the owners of connections are found with ${name}`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const proxyPort = listener.addr.port;
    const own = await Deno.connect({ port: proxyPort });
    const script = `'${Deno.execPath()}' eval --no-lock '${HOLD}' ${proxyPort}; true`;
    const child = new RunningProgram(["sh", "-c", script], Deno.env.toObject());
    const port = Number(await child.readUntil("\n"));
    const clientPorts = new Set([port, own.localAddr.port]);
    const ask = (pid: number): Promise<ReadonlySet<number>> =>
      find({ child: pid, proxyPort, clientPorts });
    assert.deepEqual(await ask(child.pid), new Set([port]));
    assert.deepEqual(await ask(Deno.pid), clientPorts);
    assert.deepEqual(await ask(0x7fffffff), new Set());
    await child.finish();
    assert.deepEqual(await ask(child.pid), new Set());
    own.close();
    listener.close();
  });
}
