import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { AUTHORIZED, startTestProxy } from "../support/proxy.ts";

const TOKENLESS = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const WRONG = "GET / HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic eDp5\r\n\r\n";
const RIGHT = `GET / HTTP/1.1\r\nHost: x\r\n${AUTHORIZED}\r\n`;

interface Case {
  readonly name: string;
  readonly requests: readonly string[];
  /** 400 is what a client that was let in gets for this request. */
  readonly statuses: readonly string[];
  readonly trusted?: boolean;
  readonly asked: number;
}

const CASES: readonly Case[] = [
  {
    name: "asks once for a connection, and lets it in",
    requests: [TOKENLESS, TOKENLESS],
    statuses: ["400", "400"],
    trusted: true,
    asked: 1,
  },
  {
    name: "asks once for a connection, and keeps it out",
    requests: [TOKENLESS, TOKENLESS],
    statuses: ["407", "407"],
    asked: 1,
  },
  {
    name: "does not ask about a client with the token",
    requests: [RIGHT],
    statuses: ["400"],
    asked: 0,
  },
  {
    name: "does not ask about a client with a wrong token",
    requests: [WRONG],
    statuses: ["407"],
    trusted: true,
    asked: 0,
  },
  {
    name: "lets a client that was kept out in when it shows the token",
    requests: [TOKENLESS, RIGHT],
    statuses: ["407", "400"],
    asked: 1,
  },
];

for (const { name, requests, statuses, trusted = false, asked } of CASES) {
  Deno.test(`the proxy ${name}`, async () => {
    const questions: unknown[] = [];
    const proxy = await startTestProxy({
      isTrusted: (ends) => {
        questions.push(ends);
        return Promise.resolve(trusted);
      },
    });
    const wire = await proxy.open();
    const clientPort = (wire.conn.localAddr as Deno.NetAddr).port;
    const seen: string[] = [];
    for (const request of requests) {
      await wire.send(request);
      const head = await wire.takeHead();
      await wire.takeBytes(Number(/Content-Length: (\d+)/.exec(head)?.[1]));
      seen.push(head.split(" ")[1] ?? "");
    }
    assert.deepEqual(seen, statuses);
    const expected = { clientPort, proxyPort: proxy.port };
    assert.deepEqual(questions, Array.from({ length: asked }, () => expected));
    wire.close();
    await proxy.close();
  });
}

Deno.test("the proxy does not ask about a client at another address", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const proxy = await startTestProxy({ isTrusted: () => Promise.resolve(true) });
  const socket = connect({ host: "127.0.0.1", port: proxy.port, localAddress: "127.0.0.2" });
  socket.write(TOKENLESS);
  const [chunk] = await once(socket, "data");
  assert.match(String(chunk), /^HTTP\/1\.1 407 /);
  socket.destroy();
  await proxy.close();
});
