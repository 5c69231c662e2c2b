import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { type LoginServer, openLoginServer, type ServedVisit } from "../../lib/login/server.ts";
import type { Secret } from "../../lib/secret.ts";
import { exchangeRaw, KEY_FORM, postForm, type RawAnswer } from "../support/login.ts";

const STATE = "state-0123456789";
const PATH = "/auth/callback/oauth";
const NEVER = new AbortController().signal;

interface Fixture {
  readonly server: LoginServer;
  readonly port: number;
  readonly visit: ServedVisit;
  readonly accepted: URLSearchParams[];
  get(target: string, headers?: Record<string, string>): Promise<RawAnswer>;
}

interface FixtureOptions {
  readonly accept?: () => Promise<void>;
  readonly lifeMs?: number;
  readonly signal?: AbortSignal;
}

async function withCallback(
  { accept = () => Promise.resolve(), lifeMs, signal = NEVER }: FixtureOptions,
  use: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const server = await openLoginServer({ signal, port: 0 });
  const accepted: URLSearchParams[] = [];
  const visit = server.serveCallback({
    providerName: "GitHub <b>",
    connection: "work",
    state: STATE,
    accept: (answer) => {
      accepted.push(answer);
      return accept();
    },
    ...(lifeMs !== undefined && { lifeMs }),
  });
  const port = Number(new URL(server.redirectUri).port);
  try {
    await use({
      server,
      port,
      visit,
      accepted,
      get: (target, headers = {}) => exchangeRaw(port, { target, headers }),
    });
  } finally {
    await server.close();
  }
}

Deno.test("the redirect URI is the documented one on the port that was had", () =>
  withCallback({}, ({ server, port, visit }) => {
    assert.equal(server.redirectUri, `http://127.0.0.1:${port}/auth/callback/oauth`);
    assert.equal(visit.address, server.redirectUri);
    return Promise.resolve();
  }));

Deno.test("a callback is accepted once, and success is said after it is stored", async () => {
  const began = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const accept = (): Promise<void> => {
    began.resolve();
    return gate.promise;
  };
  await withCallback({ accept }, async ({ visit, accepted, get }) => {
    const first = get(`${PATH}?code=code-canary&state=${STATE}&iss=https%3A%2F%2Fgithub.com`);
    await began.promise;
    assert.equal((await get(`${PATH}?code=code-canary&state=${STATE}`)).status, 410);
    gate.resolve();
    const answer = await first;
    assert.equal(answer.status, 200);
    assert.match(answer.body, /GitHub &lt;b&gt; is connected/);
    assert.ok(!answer.body.includes("code-canary"));
    await visit.done;
    assert.equal(accepted.length, 1);
    assert.equal(accepted[0]?.get("code"), "code-canary");
    assert.equal(accepted[0]?.get("iss"), "https://github.com");
    assert.equal((await get(`${PATH}?code=other&state=${STATE}`)).status, 410);
    assert.equal(accepted.length, 1);
  });
});

Deno.test("what belongs to no login is refused and ends none", () =>
  withCallback({}, async ({ accepted, get, port }) => {
    const table: readonly (readonly [number, () => Promise<RawAnswer>])[] = [
      [400, () => get(`${PATH}?code=c&state=wrong`)],
      [400, () => get(`${PATH}?code=c`)],
      [400, () => get(`${PATH}?code=c&state=`)],
      [400, () => get(PATH)],
      [400, () => get(`${PATH}?error=access_denied`)],
      [404, () => get(`${PATH}/?code=c&state=${STATE}`)],
      [421, () => get(`${PATH}?code=c&state=${STATE}`, { host: "attacker.example" })],
      [421, () => get(`${PATH}?code=c&state=${STATE}`, { host: `attacker.example:${port}` })],
      [403, () => get(`${PATH}?code=c&state=${STATE}`, { origin: "https://attacker.example" })],
      [403, () => get(`${PATH}?code=c&state=${STATE}`, { origin: "null" })],
      [403, () => get(`${PATH}?code=c&state=${STATE}`, { "sec-fetch-dest": "image" })],
      [403, () => get(`${PATH}?code=c&state=${STATE}`, { "sec-fetch-dest": "iframe" })],
      [404, () => postForm(port, `${PATH}?code=c&state=${STATE}`, "")],
      [405, () => exchangeRaw(port, { method: "HEAD", target: `${PATH}?code=c&state=${STATE}` })],
    ];
    for (const [status, send] of table) assert.equal((await send()).status, status);
    assert.deepEqual(accepted, []);
    assert.equal((await get(`${PATH}?code=c&state=${STATE}`)).status, 200);
  }));

Deno.test("a login that fails says why on the page, escaped, and ends with the same error", async () => {
  const denied = new AuthsomeError("authentication_failed", "Access to <GitHub> was denied.", {
    hint: "To try again: authsome login github",
  });
  await withCallback({ accept: () => Promise.reject(denied) }, async ({ visit, get }) => {
    const answer = await get(`${PATH}?error=access_denied&state=${STATE}`);
    assert.equal(answer.status, 502);
    assert.match(answer.body, /Access to &lt;GitHub&gt; was denied\./);
    await assert.rejects(visit.done, denied);
  });
});

Deno.test("a callback ends with its life, the signal or the server", async () => {
  await withCallback({ lifeMs: 20 }, async ({ visit, get, accepted }) => {
    await assert.rejects(visit.done, { code: "authentication_failed" });
    assert.equal((await get(`${PATH}?code=c&state=${STATE}`)).status, 410);
    assert.deepEqual(accepted, []);
  });
  const interrupt = new AbortController();
  await withCallback({ signal: interrupt.signal }, async ({ visit }) => {
    interrupt.abort();
    await assert.rejects(visit.done, { code: "cancelled" });
  });
  await withCallback({}, async ({ visit, server }) => {
    await server.close();
    await assert.rejects(visit.done, { code: "cancelled" });
  });
});

Deno.test("a form can send the browser on, to come back on the same port", () =>
  withCallback({}, async ({ server, port, visit, get }) => {
    const next = new URL("https://github.com/login/oauth/authorize?a=1&b=%22%3E");
    const form = server.serveForm<"api_key", Secret>({
      page: { ...KEY_FORM, purpose: "client" },
      parse: ({ api_key }) => api_key,
      store: () => Promise.resolve(next),
    });
    const answer = await postForm(port, new URL(form.address).pathname, "api_key=id");
    assert.equal(answer.status, 200);
    assert.ok(answer.body.includes(`content="0;url=${next.href.replace("&", "&amp;")}"`));
    assert.match(answer.body, /<a class="button" href="https:\/\/github\.com\//);
    assert.ok(!answer.body.includes("is connected"));
    await form.done;
    assert.equal((await get(`${PATH}?code=c&state=${STATE}`)).status, 200);
    await visit.done;
  }));
