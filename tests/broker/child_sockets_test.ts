import assert from "node:assert/strict";
import { ChildSockets, createChildSockets } from "../../lib/broker/child_sockets.ts";
import type { ClientEnds } from "../../lib/proxy/proxy_token.ts";
import type { OwnerQuery } from "../../lib/broker/socket_owners.ts";

const ends = (clientPort: number): ClientEnds => ({ clientPort, proxyPort: 9000 });

interface System {
  readonly sockets: ChildSockets;
  readonly asked: readonly OwnerQuery[];
  /** Answers the oldest question. */
  readonly answer: (error?: Error) => void;
}

/** Answers when told to; odd ports belong to the child. */
function createSystem(): System {
  const asked: OwnerQuery[] = [];
  const answers: ((error?: Error) => void)[] = [];
  const sockets = new ChildSockets((query) => {
    asked.push(query);
    const odd = new Set([...query.clientPorts].filter((port) => port % 2 === 1));
    return new Promise((resolve, reject) =>
      answers.push((error) => error === undefined ? resolve(odd) : reject(error))
    );
  });
  return { sockets, asked, answer: (error?: Error) => answers.shift()?.(error) };
}

Deno.test("ChildSockets asks once for all that came during the last question", async () => {
  const { sockets, asked, answer } = createSystem();
  sockets.belongTo(12);
  const first = sockets.hold(ends(1));
  const more = [2, 3, 4, 5].map((port) => sockets.hold(ends(port)));
  assert.deepEqual(asked.map(({ clientPorts }) => [...clientPorts]), [[1]]);
  answer();
  assert.equal(await first, true);
  answer();
  assert.deepEqual(await Promise.all(more), [false, true, false, true]);
  assert.deepEqual(asked.slice(1), [
    { child: 12, proxyPort: 9000, clientPorts: new Set([2, 3, 4, 5]) },
  ]);
});

Deno.test("ChildSockets holds nothing that cannot be found out, and goes on", async () => {
  const { sockets, answer } = createSystem();
  sockets.belongTo(12);
  const failed = sockets.hold(ends(1));
  answer(new Error("no such tool"));
  assert.equal(await failed, false);
  const next = sockets.hold(ends(1));
  answer();
  assert.equal(await next, true);
});

Deno.test("ChildSockets asks nothing before there is a child", async () => {
  const { sockets, asked } = createSystem();
  assert.equal(await sockets.hold(ends(1)), false);
  assert.deepEqual(asked, []);
});

Deno.test("createChildSockets() knows no way on Windows", () =>
  assert.equal(createChildSockets("windows"), undefined));
