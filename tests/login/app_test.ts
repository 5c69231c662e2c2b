import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { createLoginApp, createPageKey, LONGEST_BODY, type OpenForm } from "../../lib/login/app.ts";
import { Visit } from "../../lib/login/visit.ts";
import { KEY_FORM } from "../support/login.ts";

const PORT = 7998;
const KEY = "sk-canary-abcdefghij0123456789";
const START = Date.UTC(2026, 0, 2);
const LIFE = 300_000;

interface Fixture {
  readonly visit: Visit;
  readonly stored: string[];
  clock: number;
  send(path: string, init?: RequestInit): Promise<Response>;
  post(init?: RequestInit): Promise<Response>;
}

interface FixtureOptions {
  readonly store?: () => Promise<void>;
}

function fixture({ store = () => Promise.resolve() }: FixtureOptions = {}): Fixture {
  const visit = new Visit(START + LIFE);
  const stored: string[] = [];
  const form: OpenForm = {
    page: KEY_FORM,
    visit,
    accept: (values) => {
      const key = values.api_key?.reveal() ?? "";
      if (!key.startsWith("sk-")) {
        throw new AuthsomeError("authentication_failed", "Not a <key>.", { hint: "Like sk-…" });
      }
      return () => store().then(() => void stored.push(key));
    },
  };
  const made: Fixture = {
    visit,
    stored,
    clock: START,
    send: async (path, init = {}) => {
      const headers = { host: `127.0.0.1:${PORT}`, ...init.headers as Record<string, string> };
      const request = new Request(`http://127.0.0.1:${PORT}${path}`, { ...init, headers });
      return await app.fetch(request, { sent: Promise.resolve() });
    },
    post: (init = {}) => {
      const headers = {
        origin: `http://127.0.0.1:${PORT}`,
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
        ...init.headers as Record<string, string>,
      };
      return made.send("/login/secret", {
        method: "POST",
        body: `api_key=${KEY}`,
        ...init,
        headers,
      });
    },
  };
  const app = createLoginApp({
    port: PORT,
    now: () => made.clock,
    findForm: (key) => key === "secret" ? form : undefined,
  });
  return made;
}

Deno.test("the form is shown at its path and nowhere else", async () => {
  const { send } = fixture();
  assert.equal((await send("/login/secret")).status, 200);
  for (
    const path of ["/", "/login", "/login/", "/login/Secret", "/login/secret/", "//login/secret"]
  ) {
    assert.equal((await send(path)).status, 404, path);
  }
});

Deno.test("only the two names of loopback with the very port are served", async () => {
  const made = fixture();
  const table: readonly (readonly [string, number])[] = [
    ["127.0.0.1:7998", 200],
    ["localhost:7998", 200],
    ["127.0.0.1", 421],
    ["localhost", 421],
    ["127.0.0.1:7999", 421],
    ["127.0.0.1:07998", 421],
    ["[::1]:7998", 421],
    ["0.0.0.0:7998", 421],
    ["LOCALHOST:7998", 421],
    ["127.0.0.1.attacker.example:7998", 421],
    ["attacker.example:7998", 421],
    ["attacker.example", 421],
    ["localhost.:7998", 421],
    ["127.0.0.1:7998, attacker.example", 421],
    ["", 421],
  ];
  for (const [host, status] of table) {
    const answer = await made.send("/login/secret", { headers: { host } });
    assert.equal(answer.status, status, host);
    if (status === 421) {
      const sent = await made.post({ headers: { host, origin: `http://${host}` } });
      assert.equal(sent.status, 421, host);
    }
    assert.equal((await answer.text()).includes("<form"), status === 200, host);
  }
});

Deno.test("a form from another origin is refused and the page stays open", async () => {
  const made = fixture();
  const foreign: readonly Record<string, string>[] = [
    { origin: "https://attacker.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1" },
    { origin: "http://localhost:7998" },
    { origin: "https://127.0.0.1:7998" },
    { origin: "http://127.0.0.1:7998.attacker.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of foreign) {
    assert.equal((await made.post({ headers })).status, 403, JSON.stringify(headers));
  }
  assert.deepEqual(made.stored, []);
  assert.equal((await made.post()).status, 200);
  assert.deepEqual(made.stored, [KEY]);
});

Deno.test("a form sent under the other name of loopback is its own origin", async () => {
  const headers = { host: "localhost:7998", origin: "http://localhost:7998" };
  assert.equal((await fixture().post({ headers })).status, 200);
});

Deno.test("only the encoding of forms is read", async () => {
  const made = fixture();
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]) {
    assert.equal((await made.post({ headers: { "content-type": type } })).status, 415, type);
  }
  assert.deepEqual(made.stored, []);
  const type = "Application/X-WWW-Form-Urlencoded ; charset=UTF-8";
  assert.equal((await made.post({ headers: { "content-type": type } })).status, 200);
});

Deno.test("other methods are refused and named", async () => {
  const { send } = fixture();
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const answer = await send("/login/secret", { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.get("allow"), "GET, POST");
  }
});

Deno.test("a body is read up to 64 KB", async () => {
  const made = fixture();
  const body = (bytes: number): string => `api_key=${KEY}`.padEnd(bytes, "x");
  assert.equal((await made.post({ body: body(LONGEST_BODY + 1) })).status, 413);
  assert.deepEqual(made.stored, []);
  assert.equal((await made.post({ body: body(LONGEST_BODY) })).status, 200);
});

Deno.test("a key in a URL is ignored and never shown", async () => {
  const made = fixture();
  const shown = await made.send(`/login/secret?api_key=${KEY}`);
  assert.ok(!(await shown.text()).includes(KEY));
  const sent = await made.send(`/login/secret?api_key=${KEY}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "",
  });
  assert.equal(sent.status, 422);
  assert.deepEqual(made.stored, []);
});

Deno.test("a malformed key shows why, keeps the form and does not repeat the key", async () => {
  const made = fixture();
  const answer = await made.post({ body: "api_key=wrong-canary-4711" });
  const text = await answer.text();
  assert.equal(answer.status, 422);
  assert.match(text, /role="alert"[^>]*><strong>Not a &lt;key&gt;\.<\/strong>\s*Like sk-…/);
  assert.match(text, /aria-invalid="true"/);
  assert.match(text, /<form method="post" action="\/login\/secret"/);
  assert.ok(!text.includes("wrong-canary-4711"));
  assert.equal((await made.post()).status, 200);
  assert.deepEqual(made.stored, [KEY]);
});

Deno.test("success is said only after the key is stored, and once", async () => {
  const gate = Promise.withResolvers<void>();
  const made = fixture({ store: () => gate.promise });
  const first = made.post();
  const second = await made.post();
  assert.equal(second.status, 410);
  gate.resolve();
  const answer = await first;
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /OpenAI is connected/);
  for (const again of [await made.send("/login/secret"), await made.post()]) {
    assert.equal(again.status, 410);
    assert.match(await again.text(), /already used/);
  }
  assert.deepEqual(made.stored, [KEY]);
  await made.visit.outcome;
});

Deno.test("a key that cannot be stored shows the reason, escaped, and ends the visit", async () => {
  const locked = new AuthsomeError("vault_unavailable", "The <vault> is locked.", {
    hint: 'Run: authsome doctor && "fix"',
  });
  const made = fixture({ store: () => Promise.reject(locked) });
  const answer = await made.post();
  const text = await answer.text();
  assert.equal(answer.status, 502);
  assert.match(text, /The &lt;vault&gt; is locked\./);
  assert.match(text, /authsome doctor &amp;&amp; &quot;fix&quot;/);
  assert.ok(!text.includes("is connected"));
  await assert.rejects(made.visit.outcome, locked);
  assert.equal((await made.post()).status, 410);
});

Deno.test("a bug is never quoted on a page", async () => {
  const made = fixture({ store: () => Promise.reject(new Error("canary-internals")) });
  const answer = await made.post();
  assert.equal(answer.status, 500);
  assert.ok(!(await answer.text()).includes("canary-internals"));
  await assert.rejects(made.visit.outcome, /canary-internals/);
});

Deno.test("a page ends five minutes after it was made", async () => {
  const made = fixture();
  made.clock = START + LIFE - 1;
  assert.equal((await made.send("/login/secret")).status, 200);
  made.clock = START + LIFE;
  for (const answer of [await made.send("/login/secret"), await made.post()]) {
    assert.equal(answer.status, 410);
    assert.match(await answer.text(), /has expired/);
  }
  assert.deepEqual(made.stored, []);
});

Deno.test("every answer forbids framing, storing, sniffing and foreign content", async () => {
  const made = fixture();
  const answers = [
    await made.send("/login/secret"),
    await made.send("/unknown"),
    await made.send("/login/secret", { headers: { host: "attacker.example" } }),
    await made.send("/login/secret", { method: "PUT" }),
    await made.post({ headers: { origin: "null" } }),
    await made.post({ body: "api_key=wrong" }),
    await made.post(),
    await made.post(),
  ];
  for (const { status, headers } of answers) {
    const policy = headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"]) {
      assert.ok(policy.includes(part), `${status} ${part}`);
    }
    assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.match(headers.get("content-type") ?? "", /^text\/html; charset=utf-8$/i);
    assert.equal(headers.get("set-cookie"), null);
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("each response has a nonce of its own and marks its style and script with it", async () => {
  const { send } = fixture();
  const nonces = await Promise.all([0, 1].map(async () => {
    const answer = await send("/login/secret");
    const [, nonce] = /'nonce-([^']{22,})'/.exec(
      answer.headers.get("content-security-policy") ?? "",
    ) ?? [];
    const text = await answer.text();
    assert.ok(nonce !== undefined && text.includes(`<style nonce="${nonce}">`));
    assert.ok(text.includes(`<script nonce="${nonce}">`));
    return nonce;
  }));
  assert.notEqual(nonces[0], nonces[1]);
});

Deno.test("page keys carry at least 128 bits and do not repeat", () => {
  const keys = Array.from({ length: 100 }, createPageKey);
  assert.equal(new Set(keys).size, 100);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9_-]{32}$/);
});
