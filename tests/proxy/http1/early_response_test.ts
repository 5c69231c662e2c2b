import assert from "node:assert/strict";
import { join } from "node:path";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import {
  FLAG,
  formatFrame,
  formatHeaders,
  formatReset,
  FRAME,
} from "../../../lib/proxy/http2/frame.ts";
import { encodeHeaderBlock } from "../../../lib/proxy/hpack/encoder.ts";
import { runCommand } from "../../support/command.ts";
import { fieldsOf, parseFrameHead } from "../../support/h2.ts";
import { testNeeding } from "../../support/needs.ts";
import { type OriginScript, startOrigin } from "../../support/origin.ts";
import { withPeerFolder } from "../../support/peers.ts";
import { ROUTED_HOST, startTestProxy, TOKEN } from "../../support/proxy.ts";
import { fromLatin1, type Wire } from "../../support/wire.ts";

const HOST = `Host: ${ROUTED_HOST}\r\n`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const NEXT = `GET /next HTTP/1.1\r\n${HOST}\r\n`;

/** Answers every head with its path, and takes what follows for the next request. */
const careless: OriginScript["respond"] = async (wire) => {
  for (;;) {
    const path = (await wire.takeHead()).split(" ")[1]!;
    await wire.send(answer(path));
  }
};

async function scene(
  respond: OriginScript["respond"],
  play: (wire: Wire) => Promise<void>,
): Promise<readonly string[]> {
  const origin = await startOrigin({ host: ROUTED_HOST, respond });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const [wire, other] = [await proxy.connectTls(), await proxy.connectTls()];
  await play(wire);
  await other.send(NEXT);
  assert.match(await other.takeUntil("\r\n\r\n/next"), /^HTTP\/1\.1 200 /);
  wire.close();
  other.close();
  await proxy.close();
  await origin.close();
  return origin.wires.map((one) => one.received()).filter((received) => received !== "");
}

const EARLY: readonly [name: string, fields: string, rest: string][] = [
  [
    "to Expect: 100-continue",
    `Expect: 100-continue\r\nContent-Length: ${SMUGGLED.length}\r\n`,
    SMUGGLED,
  ],
  ["to a body of known length", `Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED],
  [
    "to a chunked body",
    "Transfer-Encoding: chunked\r\n",
    `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  ],
];

for (const [name, fields, rest] of EARLY) {
  Deno.test(`an early answer ${name} is the last on both connections`, async () => {
    const received = await scene(careless, async (wire) => {
      await wire.send(`POST /first HTTP/1.1\r\n${HOST}${fields}\r\n`);
      assert.match(await wire.takeHead(), /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n/s);
      assert.equal(await wire.takeBytes(6), "/first");
      await wire.send(rest + NEXT);
      assert.equal(await wire.takeRest(), "");
    });
    assert.equal(received.length, 2);
    assert.match(received[0]!, /^POST \/first HTTP\/1\.1\r\n/);
    assert.match(received[1]!, /^GET \/next HTTP\/1\.1\r\n/);
    assert.doesNotMatch(received.join(""), /smuggled/);
  });
}

Deno.test("an answer that began early ends both connections, though the body follows whole", async () => {
  const respond: OriginScript["respond"] = async (wire) => {
    if (!(await wire.takeHead()).startsWith("POST")) return await wire.send(answer("/next"));
    await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    await wire.send(await wire.takeBytes(4));
    await wire.takeHead();
    await wire.send(answer("/kept"));
  };
  const received = await scene(respond, async (wire) => {
    await wire.send(`POST /first HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\n`);
    assert.match(await wire.takeHead(), /\r\nConnection: close\r\n/);
    await wire.send("body");
    assert.equal(await wire.takeRest(), "body");
  });
  assert.equal(received.length, 2);
});

function answer(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Answers a request at its head and resets the stream, as nginx does (RFC 9113, section 8.1). */
const hasty: OriginScript["respond"] = async (wire) => {
  await wire.takeUntil("SM\r\n\r\n");
  const empty = new Uint8Array(0);
  await wire.send(formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, empty));
  for (;;) {
    const { type, flags, length, streamId } = parseFrameHead(
      fromLatin1(await wire.takeBytes(9)),
      0,
    );
    await wire.takeBytes(length);
    if (type === FRAME.settings && flags === 0) {
      await wire.send(formatFrame({ type: FRAME.settings, flags: FLAG.ack, streamId: 0 }, empty));
    }
    if (type !== FRAME.headers) continue;
    const block = encodeHeaderBlock(fieldsOf([[":status", "413"]]));
    const body = { type: FRAME.data, flags: FLAG.endStream, streamId };
    await wire.send(concat([
      formatHeaders({ streamId, endStream: false, priority: undefined, block }),
      formatFrame(body, fromLatin1("too large")),
      formatReset(streamId, 0),
    ]));
  }
};

testNeeding("curl")(
  "curl reads an early answer over HTTP/2 that ends with a reset",
  () =>
    withPeerFolder(async (folder) => {
      const file = (name: string): string => join(folder, name);
      const origin = await startOrigin({ host: ROUTED_HOST, respond: hasty, alpn: ["h2"] });
      const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
      await Deno.writeFile(file("upload"), new Uint8Array(1_000_000));
      const { code, stdout } = await runCommand([
        ...["curl", "-sS", "--http2", "--max-time", "20", "-w", " %{http_code} %{http_version}"],
        ...["-x", `http://authsome:${TOKEN}@127.0.0.1:${proxy.port}`, "--cacert", file("ca.pem")],
        ...["--data-binary", `@${file("upload")}`, `https://${ROUTED_HOST}/`],
      ]);
      assert.deepEqual([code, stdout], [0, "too large 413 2"]);
      await proxy.close();
      await origin.close();
    }),
);
