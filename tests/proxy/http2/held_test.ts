import assert from "node:assert/strict";
import { FLAG, FRAME } from "../../../lib/proxy/http2/frame.ts";
import type { H2Decision } from "../../../lib/proxy/http2/stream.ts";
import { refuse } from "../../../lib/proxy/decision/refusal.ts";
import {
  get,
  INJECT_CANARY,
  startReadyRelay,
  type TestRelay,
  type TestRelayOptions,
} from "../../support/h2.ts";
import { untilStill } from "../../support/until.ts";

const REFUSED: H2Decision = { kind: "refuse", refusal: refuse(403, "Not now.") };

/** A relay whose decisions the test makes, by path. */
interface SlowRelay extends TestRelay {
  decide(path: string, decision?: H2Decision): void;
  /** Resolves when a decision about the path is asked for. */
  asked(path: string): Promise<void>;
}

async function startSlowRelay(options: TestRelayOptions = {}): Promise<SlowRelay> {
  const decisions = new Map<string, PromiseWithResolvers<H2Decision>>();
  const questions = new Map<string, PromiseWithResolvers<void>>();
  const entry = <T>(map: Map<string, PromiseWithResolvers<T>>, path: string) => {
    const known = map.get(path) ?? Promise.withResolvers<T>();
    map.set(path, known);
    return known;
  };
  const relay = await startReadyRelay({
    ...options,
    decide: ({ path }) => {
      entry(questions, path).resolve();
      return path === "/now" ? INJECT_CANARY : entry(decisions, path).promise;
    },
  });
  return {
    ...relay,
    decide: (path, decision = INJECT_CANARY) => entry(decisions, path).resolve(decision),
    asked: (path) => entry(questions, path).promise,
  };
}

Deno.test("streams reach the upstream in order, whatever the order of decisions", async () => {
  const relay = await startSlowRelay();
  const paths = ["/a", "/b", "/now", "/c"];
  for (const [index, path] of paths.entries()) {
    await relay.client.sendHeaders(1 + 2 * index, get(path));
  }
  await relay.asked("/c");
  for (const path of ["/c", "/b", "/a"]) relay.decide(path);
  for (const streamId of [1, 3, 5, 7]) {
    assert.equal((await relay.upstream.receiveHeaders()).frame.streamId, streamId);
  }
  await relay.close();
});

Deno.test("what follows on a waiting stream waits with it; all else passes", async () => {
  const relay = await startSlowRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/now"), true);
  await client.sendHeaders(3, get("/slow"), true);
  await client.sendData(3, "first", true);
  await client.send({ type: FRAME.windowUpdate, streamId: 3, payload: "\0\0\0\x09" });
  await client.sendHeaders(3, [["sum", "5"]]);
  await client.sendData(1, "passes");
  await client.send({ type: FRAME.ping, payload: "passes !" });
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 1);
  assert.equal((await upstream.receive()).payload, "passes");
  assert.equal((await upstream.receive()).type, FRAME.ping);
  relay.decide("/slow");
  const frames = [];
  for (let count = 0; count < 4; count++) frames.push(await upstream.receive());
  assert.deepEqual(frames.map(({ type, streamId }) => [type, streamId]), [
    [FRAME.headers, 3],
    [FRAME.data, 3],
    [FRAME.windowUpdate, 3],
    [FRAME.headers, 3],
  ]);
  assert.equal(frames.at(-1)?.flags, FLAG.endHeaders | FLAG.endStream);
  await relay.close();
});

Deno.test("a refusal overtakes the streams before it, and gives back the held window", async () => {
  const relay = await startSlowRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/slow"), true);
  await client.sendHeaders(3, get("/refused"), true);
  await client.sendData(3, "x".repeat(300), true);
  await client.sendHeaders(5, get("/now"));
  await relay.asked("/now");
  relay.decide("/refused", REFUSED);
  const window = await client.receive();
  assert.deepEqual([window.type, window.streamId, window.payload], [8, 0, "\0\0\x01\x2c"]);
  assert.equal((await client.receive()).streamId, 3);
  assert.equal((await client.receiveHeaders()).fields[0]?.value, "403");
  relay.decide("/slow");
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 1);
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 5);
  await relay.close();
});

Deno.test("a client may give up a request that waits", async () => {
  const relay = await startSlowRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/slow"), true);
  await client.sendData(1, "x".repeat(300), true);
  await client.sendHeaders(3, get("/now"));
  await relay.asked("/now");
  await client.send({ type: FRAME.rstStream, streamId: 1, payload: "\0\0\0\x08" });
  const window = await client.receiveType(FRAME.windowUpdate);
  assert.deepEqual([window.streamId, window.payload], [0, "\0\0\x01\x2c"]);
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 3);
  relay.decide("/slow");
  await client.send({ type: FRAME.ping, payload: "the end!" });
  assert.equal((await upstream.receive()).type, FRAME.ping);
  assert.deepEqual(relay.exchanges.map(({ path }) => path), ["/slow"]);
  await relay.close();
});

Deno.test("a decision in the middle of another stream's frame waits for its end", async () => {
  const relay = await startSlowRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/now"), true);
  await client.sendHeaders(3, get("/slow"));
  await upstream.receiveHeaders();
  // DATA of ten bytes on stream 1, of which four come now.
  await client.wire.send("\0\0\x0a\0\x01\0\0\0\x01" + "abcd");
  assert.equal(await upstream.wire.takeBytes(13), "\0\0\x0a\0\x01\0\0\0\x01abcd");
  relay.decide("/slow");
  await relay.asked("/slow");
  await client.wire.send("efghij");
  assert.equal(await upstream.wire.takeBytes(6), "efghij");
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 3);
  await relay.close();
});

Deno.test("a waiting stream may leave in the middle of its own frame", async () => {
  const relay = await startSlowRelay();
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/slow"), true);
  await client.wire.send("\0\0\x0a\0\x01\0\0\0\x01" + "abcd");
  await relay.asked("/slow");
  relay.decide("/slow");
  assert.equal((await upstream.receiveHeaders()).frame.streamId, 1);
  await client.wire.send("efghij");
  assert.equal((await upstream.receive()).payload, "abcdefghij");
  await relay.close();
});

Deno.test("a client that sends much while requests wait is held back", async () => {
  const relay = await startSlowRelay({ limits: { heldBytes: 50_000 } });
  const { client, upstream } = relay;
  await client.sendHeaders(1, get("/slow"), true);
  // Far more than the sockets' buffers hold: the sender blocks until the request leaves.
  const chunk = "x".repeat(16_000);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 700; sent++) await client.sendData(1, chunk, true);
  })();
  await relay.asked("/slow");
  assert.ok(await untilStill(() => sent, 50) < 700, "the client was not held back");
  relay.decide("/slow");
  await upstream.receiveHeaders();
  const drained = upstream.wire.drain();
  await sending;
  client.wire.close();
  await drained;
  await relay.close();
  assert.equal(relay.exchanges[0]?.requestBytes, 700 * 16_000);
});

Deno.test("an upstream that answers a stream it was not given is left", async () => {
  const relay = await startSlowRelay();
  await relay.client.sendHeaders(1, get("/slow"));
  await relay.asked("/slow");
  await relay.upstream.sendHeaders(1, [[":status", "200"]]);
  const frames = await relay.client.receiveRest();
  assert.deepEqual(frames.map(({ type }) => type), [FRAME.goaway]);
  await relay.close();
});

for (const kind of ["throws", "rejects"] as const) {
  Deno.test(`a decision that ${kind} is a bug: the relay ends and says so`, async () => {
    const bug = new TypeError("a bug");
    const relay = await startReadyRelay({
      decide: () => {
        if (kind === "throws") throw bug;
        return Promise.reject(bug);
      },
    });
    await relay.client.sendHeaders(1, get("/"));
    await assert.rejects(relay.ended, bug);
    assert.deepEqual(await relay.upstream.receiveRest(), []);
    relay.client.wire.close();
    relay.upstream.wire.close();
  });
}
