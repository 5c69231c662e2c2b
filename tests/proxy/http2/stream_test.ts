import assert from "node:assert/strict";
import { type H2Decision, type H2Exchange, StreamTable } from "../../../lib/proxy/http2/stream.ts";

function createTable(): {
  readonly table: StreamTable<H2Decision>;
  readonly exchanges: H2Exchange<H2Decision>[];
  readonly clock: { now: number };
} {
  const exchanges: H2Exchange<H2Decision>[] = [];
  const clock = { now: 1000 };
  const table = new StreamTable<H2Decision>(
    (exchange) => exchanges.push(exchange),
    () => clock.now,
  );
  return { table, exchanges, clock };
}

Deno.test("a stream is recorded once, when both sides have ended it", () => {
  const { table, exchanges, clock } = createTable();
  const stream = table.open(1, { method: "GET", path: "/a?b" });
  stream.clientEnded = true;
  table.settle(stream);
  assert.equal(exchanges.length, 0);
  clock.now = 1250;
  Object.assign(stream, { serverEnded: true, status: 200, requestBytes: 3, responseBytes: 5 });
  table.settle(stream);
  table.finish(stream);
  assert.equal(exchanges.length, 1);
  const [{ method, path, status, requestBytes, responseBytes, milliseconds } = stream] = exchanges;
  assert.deepEqual([method, path, status], ["GET", "/a?b", 200]);
  assert.deepEqual([requestBytes, responseBytes, milliseconds], [3, 5, 250]);
  assert.equal(table.get(1), undefined);
});

Deno.test("finishAll() records every stream under way", () => {
  const { table, exchanges } = createTable();
  for (const id of [1, 3, 5]) table.open(id, { method: "GET", path: `/${id}` });
  assert.equal(table.size, 3);
  table.finishAll();
  assert.deepEqual(exchanges.map(({ path }) => path), ["/1", "/3", "/5"]);
  assert.equal(table.size, 0);
});

Deno.test("resets are remembered, but not for ever", () => {
  const { table } = createTable();
  table.skip(1);
  assert.equal(table.highestId, 1);
  for (let id = 3; id < 3 + 2 * 1023; id += 2) table.noteReset(id);
  assert.equal(table.wasReset(1), true);
  table.noteReset(9999);
  assert.equal(table.wasReset(1), false);
  assert.equal(table.wasReset(9999), true);
});
