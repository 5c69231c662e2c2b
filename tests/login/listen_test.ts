import assert from "node:assert/strict";
import type { AuthsomeError } from "../../lib/errors.ts";
import {
  type Application,
  listen,
  type Listener,
  type ListenOptions,
} from "../../lib/login/listen.ts";
import { exchangeRaw, formatRequest } from "../support/login.ts";
import { Wire } from "../support/wire.ts";

const NEVER = new AbortController().signal;
const ECHO: Application = {
  fetch: async (request) => {
    const { pathname, search } = new URL(request.url);
    return new Response(`${request.method} ${pathname}${search} ${await request.text()}`);
  },
};

function start(options: Partial<ListenOptions> = {}, application = ECHO): Promise<Listener> {
  const all: ListenOptions = { port: 0, whenTaken: "another", signal: NEVER, ...options };
  return listen(() => application, all);
}

async function dial(port: number, hostname = "127.0.0.1"): Promise<Wire> {
  return new Wire(await Deno.connect({ hostname, port }));
}

Deno.test("listen() serves on 127.0.0.1 and on no other address", async () => {
  const listener = await start();
  try {
    const answer = await exchangeRaw(listener.port, { target: "/a?b=c" });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, "GET /a?b=c ");
    for (const hostname of ["127.0.0.2", "::1"]) {
      await assert.rejects(dial(listener.port, hostname), hostname);
    }
  } finally {
    await listener.close();
  }
});

Deno.test("listen() takes another port if the wanted one is taken", async () => {
  const first = await start();
  const second = await start({ port: first.port });
  assert.notEqual(second.port, first.port);
  assert.notEqual(second.port, 0);
  await Promise.all([first.close(), second.close()]);
});

Deno.test("listen() waits for a port that it must have, saying so once", async () => {
  const first = await start();
  const told = Promise.withResolvers<void>();
  let count = 0;
  const waiting = start({
    port: first.port,
    whenTaken: () => {
      count++;
      told.resolve();
    },
  });
  await told.promise;
  await first.close();
  const second = await waiting;
  assert.equal(second.port, first.port);
  assert.equal(count, 1);
  await second.close();
});

Deno.test("listen() stops waiting for a port on the signal", async () => {
  const first = await start();
  const interrupt = new AbortController();
  const waiting = start({
    port: first.port,
    whenTaken: () => interrupt.abort(),
    signal: interrupt.signal,
  });
  await assert.rejects(waiting, (error: AuthsomeError) => error.code === "cancelled");
  await first.close();
});

Deno.test("close() frees the port at once, whatever clients keep open", async () => {
  const listener = await start();
  const silent = await dial(listener.port);
  const halfway = await dial(listener.port);
  await halfway.send("GET / HTTP/1.1\r\nHo");
  const waiting = await dial(listener.port);
  await waiting.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  await exchangeRaw(listener.port, { target: "/" });
  await listener.close();
  for (const wire of [silent, halfway, waiting]) {
    await wire.drain();
    wire.close();
  }
  Deno.listen({ hostname: "127.0.0.1", port: listener.port }).close();
});

Deno.test("`sent` resolves when the response has left, so that closing cuts nothing off", async () => {
  const body = "x".repeat(300_000);
  const sent = Promise.withResolvers<void>();
  const listener = await start({}, {
    fetch: (_request, bindings) => {
      bindings.sent.then(() => sent.resolve());
      return new Response(body);
    },
  });
  const wire = await dial(listener.port);
  await wire.send(formatRequest(listener.port, { target: "/" }));
  const reading = wire.takeRest();
  await sent.promise;
  await listener.close();
  assert.ok((await reading).endsWith(`\r\n\r\n${body}`));
  wire.close();
});

Deno.test("`sent` resolves too when the client has gone", async () => {
  const started = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const listener = await start({}, {
    fetch: async (_request, { sent }) => {
      started.resolve();
      await sent;
      gone.resolve();
      return new Response("too late");
    },
  });
  const wire = await dial(listener.port);
  await wire.send(formatRequest(listener.port, { target: "/" }));
  await started.promise;
  wire.close();
  await gone.promise;
  await listener.close();
});

Deno.test("a request that is not for a path, or has two hosts, gets no page", async () => {
  const listener = await start({}, {
    fetch: (request) => new Response(`host=${request.headers.get("host")}`),
  });
  const absolute = await dial(listener.port);
  await absolute.send("GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  assert.ok(!(await absolute.takeRest()).includes("host="));
  const twice = await dial(listener.port);
  await twice.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  assert.ok(!/host=[ab]$/.test(await twice.takeRest()));
  absolute.close();
  twice.close();
  await listener.close();
});

Deno.test("an application that fails ends that connection only", async () => {
  const listener = await start({}, {
    fetch: (request) => {
      if (request.url.endsWith("/bad")) throw new Error("bug");
      return new Response("good");
    },
  });
  const wire = await dial(listener.port);
  await wire.send(formatRequest(listener.port, { target: "/bad" }));
  assert.equal(await wire.takeRest(), "");
  wire.close();
  assert.equal((await exchangeRaw(listener.port, { target: "/" })).body, "good");
  await listener.close();
});
