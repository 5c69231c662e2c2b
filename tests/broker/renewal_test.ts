import assert from "node:assert/strict";
import { join } from "node:path";
import { type Run, type RunOptions, startRun } from "../../lib/broker/run.ts";
import type { Broker } from "../../lib/broker/broker.ts";
import { ACME_HOST, HOUR_MS, type OAuthHome, withOAuthHome } from "../support/oauth_home.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { startRefresher } from "../support/refresher.ts";
import type { Wire } from "../support/wire.ts";

/** A running proxy, the service behind it, and a client that goes through. */
interface Stage {
  readonly home: OAuthHome;
  readonly broker: Broker;
  /** Tokens and bodies that the service got, in order. */
  readonly seen: readonly { readonly token: string; readonly body: string }[];
  send(init?: RequestInit): Promise<{ readonly status: number; readonly text: string }>;
}

interface StageOptions {
  /** Whether the service takes a token. */
  readonly accepts: (token: string, home: OAuthHome) => boolean;
  readonly endsInMs?: number;
}

async function withStage(
  options: StageOptions,
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  await withOAuthHome(async (home) => {
    const seen: { token: string; body: string }[] = [];
    const respond = async (wire: Wire): Promise<void> => {
      for (;;) {
        const head = await wire.takeHead();
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? "0");
        const body = await wire.takeBytes(length);
        const token = /^authorization: Bearer (\S+)/im.exec(head)?.[1] ?? "";
        seen.push({ token, body });
        const status = options.accepts(token, home) ? "200 OK" : "401 Unauthorized";
        await wire.send(`HTTP/1.1 ${status}\r\nContent-Length: ${token.length}\r\n\r\n${token}`);
      }
    };
    const origin = await startOrigin({ host: ACME_HOST, respond });
    using broker = home.open();
    const run = await startRun(broker, await upstreamOf(home, origin));
    using client = createClient(run);
    try {
      await use({
        home,
        broker,
        seen,
        send: async (init = {}) => {
          const response = await fetch(`https://${ACME_HOST}/v1`, { ...init, client });
          return { status: response.status, text: await response.text() };
        },
      });
    } finally {
      await run.end(0);
      await origin.close();
    }
  }, { endsInMs: options.endsInMs ?? HOUR_MS });
}

async function upstreamOf(home: OAuthHome, { port, caPem }: Origin): Promise<RunOptions> {
  const file = join(home.path, "test-ca.pem");
  await Deno.writeTextFile(file, caPem);
  // The service answers with the token it got.
  return {
    connectTo: [`${ACME_HOST}:443:127.0.0.1:${port}`],
    upstreamCa: [file],
    redact: false,
  };
}

function createClient({ environment }: Run): Deno.HttpClient {
  const proxy = new URL(environment["HTTPS_PROXY"] ?? "");
  const basicAuth = { username: proxy.username, password: proxy.password };
  return Deno.createHttpClient({
    proxy: { url: proxy.origin, basicAuth },
    caCerts: [Deno.readTextFileSync(environment["SSL_CERT_FILE"] ?? "")],
    http2: false,
  });
}

const CURRENT: StageOptions = {
  accepts: (token, { endpoint }) => endpoint.rotations > 0 && token === endpoint.accessToken,
};

Deno.test("32 requests of a run and 16 processes with an ended token cause one refresh", () =>
  withStage({ ...CURRENT, endsInMs: -60_000 }, async ({ home, seen, send }) => {
    const programs = await Promise.all(Array.from({ length: 16 }, () => startRefresher(home)));
    const ends = programs.map((program) => program.finish());
    const answers = await Promise.all(Array.from({ length: 32 }, () => send()));
    assert.deepEqual(new Set(await Promise.all(ends)), new Set([0]));
    assert.deepEqual(new Set(programs.map(({ text }) => text)), new Set(["ready\naccess-1\n"]));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.deepEqual(new Set(seen.map(({ token }) => token)), new Set(["access-1"]));
    assert.equal(home.endpoint.requests, 1);
  }));

Deno.test("on a 401 the proxy refreshes and sends the request again", () =>
  withStage(CURRENT, async ({ home, seen, send }) => {
    assert.deepEqual(await send(), { status: 200, text: "access-1" });
    assert.deepEqual(seen.map(({ token }) => token), ["access-0", "access-1"]);
    assert.deepEqual(await send(), { status: 200, text: "access-1" });
    assert.equal(home.endpoint.requests, 1);
  }));

Deno.test("a small body is sent again with it", () =>
  withStage(CURRENT, async ({ seen, send }) => {
    const body = "a".repeat(4000);
    assert.equal((await send({ method: "POST", body })).status, 200);
    assert.deepEqual(seen, [{ token: "access-0", body }, { token: "access-1", body }]);
  }));

Deno.test("a large body is not: the 401 is passed on, and the next request succeeds", () =>
  withStage(CURRENT, async ({ home, seen, send }) => {
    const body = "a".repeat(100_000);
    assert.equal((await send({ method: "POST", body })).status, 401);
    assert.equal(home.endpoint.requests, 1);
    assert.equal((await send({ method: "POST", body })).status, 200);
    assert.deepEqual(seen.map(({ token }) => token), ["access-0", "access-1"]);
  }));

Deno.test("32 parallel requests that are refused cause one refresh", () =>
  withStage(CURRENT, async ({ home, send }) => {
    const answers = await Promise.all(Array.from({ length: 32 }, () => send()));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(home.endpoint.requests, 1);
  }));

Deno.test("a service that always says 401 does not use up refresh tokens", () =>
  withStage({ accepts: () => false }, async ({ home, send }) => {
    for (let request = 0; request < 5; request++) assert.equal((await send()).status, 401);
    assert.equal(home.endpoint.requests, 1);
  }));

Deno.test("if the refresh token is over too, the 401 is passed on and then the reason is told", () =>
  withStage({ accepts: () => false }, async ({ home, send }) => {
    await fetch(home.endpoint.url, {
      method: "POST",
      body: new URLSearchParams({ refresh_token: "refresh-0" }),
    }).then((response) => response.body?.cancel()); // somebody else has used it
    assert.equal((await send()).status, 401);
    const { status, text } = await send();
    assert.equal(status, 502);
    assert.match(text, /acme \(default\) is invalid\..*authsome login acme --force/s);
  }));
