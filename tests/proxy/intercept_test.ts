import assert from "node:assert/strict";
import { issueTestLeaf, testAuthority } from "../support/certificates.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { answerAlways, startOrigin } from "../support/origin.ts";
import { CANARY, ROUTED_HOST, startTestProxy, TOKEN } from "../support/proxy.ts";
import { untilStill } from "../support/until.ts";

const test = testNeeding("curl");

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What the upstream offers, what the client asks for, and what they agree on through the proxy. */
const ALPN: readonly [upstream: string[], client: string[], agreed: string | null][] = [
  [["h2", "http/1.1"], ["h2", "http/1.1"], "h2"],
  [["http/1.1", "h2"], ["h2", "http/1.1"], "http/1.1"],
  [["http/1.1"], ["h2", "http/1.1"], "http/1.1"],
  [[], ["h2", "http/1.1"], "http/1.1"],
  [["h2", "http/1.1"], ["http/1.1"], "http/1.1"],
  [["h2", "http/1.1"], [], null],
  [["h2", "http/1.1"], ["http/1.0"], "http/1.0"],
];

for (const [upstream, client, agreed] of ALPN) {
  Deno.test(`[${client}] of a client and [${upstream}] upstream agree on ${agreed}`, async () => {
    const alpn = upstream.length === 0 ? {} : { alpn: upstream };
    const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK), ...alpn });
    const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
    // Twice: the second time the proxy knows what the host speaks.
    for (let round = 0; round < 2; round++) {
      const wire = await proxy.connectTls(ROUTED_HOST, client.length === 0 ? {} : { alpn: client });
      const { alpnProtocol } = await (wire.conn as Deno.TlsConn).handshake();
      assert.equal(alpnProtocol, agreed);
      wire.close();
    }
    await proxy.close();
    await origin.close();
  });
}

test("curl gets the credential in over HTTP/2 and HTTP/1.1, up and down", async (t) => {
  const { certPem: cert, keyPem: key } = await issueTestLeaf(ROUTED_HOST);
  const origin = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    async (request) => {
      const { length } = new Uint8Array(await request.arrayBuffer());
      return new Response(
        `${request.headers.get("authorization")} ${length} ${"x".repeat(length)}`,
      );
    },
  );
  const proxy = await startTestProxy({
    origins: { [ROUTED_HOST]: origin.addr.port },
    redact: false,
  });
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/ca.pem`, (await testAuthority()).certPem);
  await Deno.writeFile(`${folder}/body`, new Uint8Array(3_000_000));
  for (const version of ["1.1", "2"]) {
    await t.step(`HTTP/${version}`, async () => {
      const url = `http://authsome:${TOKEN}@127.0.0.1:${proxy.port}`;
      const { stdout, stderr } = await runCommand(
        ["curl", "-sS", "--max-time", "20", `--http${version}`, "--proxy", url, "--cacert"].concat([
          ...[`${folder}/ca.pem`, "-w", "|%{http_version}|%{http_code}"],
          ...["--data-binary", `@${folder}/body`, "-H", "Authorization: Bearer none"],
          `https://${ROUTED_HOST}/v1`,
        ]),
      );
      assert.equal(stderr, "");
      const expected = `Bearer ${CANARY} 3000000 ${"x".repeat(3_000_000)}|${version}|200`;
      assert.ok(stdout === expected, `${stdout.slice(0, 200)} … ${stdout.slice(-50)}`);
    });
  }
  assert.deepEqual(proxy.facts.map((fact) => [fact.status, fact.request_bytes]), [
    [200, 3_000_000],
    [200, 3_000_000],
  ]);
  await Deno.remove(folder, { recursive: true });
  await proxy.close();
  await origin.shutdown();
});

Deno.test("a certificate that the client does not trust ends the connection, not the proxy", async () => {
  const origin = await startOrigin({ host: ROUTED_HOST, respond: answerAlways(OK) });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const wire = await proxy.connect(`${ROUTED_HOST}:443`);
  const conn = await Deno.startTls(wire.conn as Deno.TcpConn, { hostname: ROUTED_HOST });
  await assert.rejects(conn.handshake());
  conn.close();
  const good = await proxy.connectTls();
  await good.send(`GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`);
  assert.equal(await good.takeBytes(OK.length), OK);
  good.close();
  await proxy.close();
  await origin.close();
});

Deno.test("a slow reader holds the sender back, in both directions", async () => {
  const state = { sent: 0 };
  const release = Promise.withResolvers<void>();
  const part = new Uint8Array(65536);
  const flood = async (send: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
    for (;;) {
      await send(part);
      state.sent += part.length;
    }
  };
  /** Far less than the flood must have been sent by then. */
  const standstill = (): Promise<number> => untilStill(() => state.sent, 300);
  const origin = await startOrigin({
    host: ROUTED_HOST,
    respond: async (wire) => {
      const head = await wire.takeHead();
      if (head.startsWith("POST")) return await release.promise;
      await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
      await flood((bytes) => wire.send(bytes));
    },
  });
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: origin.port } });
  const down = await proxy.connectTls();
  await down.send(`GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`);
  const downloaded = await standstill();
  assert.ok(downloaded < 32_000_000, `${downloaded} bytes were taken in for a client that waits`);
  down.close();
  state.sent = 0;
  const up = await proxy.connectTls();
  await up.send(`POST / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nContent-Length: 100000000000\r\n\r\n`);
  flood((bytes) => up.send(bytes)).catch(() => {});
  const uploaded = await standstill();
  assert.ok(uploaded < 32_000_000, `${uploaded} bytes were taken in for an upstream that waits`);
  up.close();
  release.resolve();
  await proxy.close();
  await origin.close();
});
