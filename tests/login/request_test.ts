import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { parseApiKey } from "../../lib/flow/api_key.ts";
import { type PageRequest, requestFromPage } from "../../lib/login/request.ts";
import type { Secret } from "../../lib/secret.ts";
import { exchangeRaw, KEY_FORM, postForm } from "../support/login.ts";

const KEY = "sk-canary-abcdefghij0123456789";
const SHAPE = { displayName: "OpenAI", apiKey: { keyPattern: /^sk-[A-Za-z0-9_-]{20,}$/ } };
const NEVER = new AbortController().signal;

interface Running {
  readonly done: Promise<void>;
  readonly port: number;
  readonly path: string;
  readonly stored: string[];
}

async function serve(changes: Partial<PageRequest<"api_key", Secret>> = {}): Promise<Running> {
  const stored: string[] = [];
  const listening = Promise.withResolvers<URL>();
  const done = requestFromPage<"api_key", Secret>({
    page: KEY_FORM,
    parse: ({ api_key }) => parseApiKey(SHAPE, api_key.reveal()),
    store: (key) => {
      stored.push(key.reveal());
      return Promise.resolve();
    },
    onListening: (address) => listening.resolve(new URL(address)),
    signal: NEVER,
    port: 0,
    ...changes,
  });
  done.catch((error) => listening.reject(error));
  const { port, pathname } = await listening.promise;
  return { done, port: Number(port), path: pathname, stored };
}

async function failure(promise: Promise<unknown>): Promise<AuthsomeError> {
  const error = await promise.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof AuthsomeError);
  return error;
}

async function isClosed(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return false;
  } catch {
    return true;
  }
}

Deno.test("requestFromPage() stores the key, shows success whole and leaves nothing open", async () => {
  const { done, port, path, stored } = await serve();
  assert.match((await exchangeRaw(port, { target: path })).body, /type="password"/);
  const answer = await postForm(port, path, `api_key=+${KEY}%0A`);
  assert.equal(answer.status, 200);
  assert.match(answer.body, /OpenAI is connected[\s\S]*<\/html>\s*$/);
  await done;
  assert.deepEqual(stored, [KEY]);
  assert.ok(await isClosed(port));
});

Deno.test("requestFromPage() lets a person correct a malformed key", async () => {
  const { done, port, path, stored } = await serve();
  const refused = await postForm(port, path, "api_key=nope");
  assert.equal(refused.status, 422);
  assert.match(refused.body, /This does not look like a valid OpenAI API key\./);
  assert.equal((await postForm(port, path, `api_key=${KEY}`)).status, 200);
  await done;
  assert.deepEqual(stored, [KEY]);
});

Deno.test("requestFromPage() refuses requests a browser was tricked into, and goes on", async () => {
  const { done, port, path, stored } = await serve();
  const post = { method: "POST", target: path, body: `api_key=${KEY}` };
  const table: readonly (readonly [number, Parameters<typeof exchangeRaw>[1]])[] = [
    [421, { ...post, headers: { host: "attacker.example" } }],
    [421, { ...post, headers: { host: `attacker.example:${port}` } }],
    [403, { ...post, headers: { origin: "https://attacker.example" } }],
    [403, { ...post, headers: { origin: null, "sec-fetch-site": "cross-site" } }],
    [415, { ...post, headers: { "content-type": "text/plain" } }],
    [404, { ...post, target: "/login/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }],
    [404, { ...post, target: "/" }],
    [413, { ...post, body: `api_key=${"x".repeat(70_000)}` }],
    [405, { ...post, method: "PUT", body: "" }],
    [200, { target: `${path}?api_key=${KEY}` }],
  ];
  for (const [status, request] of table) {
    const answer = await exchangeRaw(port, request);
    assert.equal(answer.status, status, JSON.stringify(request).slice(0, 200));
    assert.ok(!answer.body.includes(KEY));
  }
  assert.deepEqual(stored, []);
  await postForm(port, path, `api_key=${KEY}`);
  await done;
});

Deno.test("requestFromPage() takes one submission, even of two at the same time", async () => {
  const gate = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const { done, port, path } = await serve({
    store: () => {
      began.resolve();
      return gate.promise;
    },
  });
  const first = postForm(port, path, `api_key=${KEY}`);
  await began.promise;
  assert.equal((await postForm(port, path, `api_key=${KEY}`)).status, 410);
  gate.resolve();
  assert.equal((await first).status, 200);
  await done;
});

Deno.test("requestFromPage() fails as storing does, after the page has said so", async () => {
  const full = new AuthsomeError("vault_unavailable", "The disk is full.", { hint: "Make room." });
  const { done, port, path } = await serve({ store: () => Promise.reject(full) });
  const failed = failure(done);
  const answer = await postForm(port, path, `api_key=${KEY}`);
  assert.match(answer.body, /The disk is full\.[\s\S]*Make room\.[\s\S]*<\/html>\s*$/);
  assert.equal(await failed, full);
  assert.ok(await isClosed(port));
});

Deno.test("requestFromPage() ends as expired after the page's life", async () => {
  const { done, port } = await serve({ lifeMs: 30 });
  const error = await failure(done);
  assert.equal(error.code, "authentication_failed");
  assert.equal(error.message, "The login page was not used within 0.03 seconds.");
  assert.ok(await isClosed(port));
});

Deno.test("requestFromPage() ends as cancelled on the signal, before and while it serves", async () => {
  const interrupt = new AbortController();
  const { done, port, stored } = await serve({ signal: interrupt.signal });
  interrupt.abort();
  assert.equal((await failure(done)).code, "cancelled");
  assert.ok(await isClosed(port));
  assert.deepEqual(stored, []);
  assert.equal((await failure(serve({ signal: AbortSignal.abort() }))).code, "cancelled");
});

Deno.test("requestFromPage() stops serving when the address cannot be announced", async () => {
  let port = 0;
  const done = serve({
    onListening: (address) => {
      port = Number(new URL(address).port);
      return Promise.reject(new Error("no terminal"));
    },
  });
  await assert.rejects(done, /no terminal/);
  assert.ok(await isClosed(port));
});
