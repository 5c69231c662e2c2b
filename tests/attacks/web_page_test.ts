import assert from "node:assert/strict";
import { attack } from "../support/attacks.ts";
import { openLoginServer, type ServedVisit } from "../../lib/login/server.ts";
import type { Secret } from "../../lib/secret.ts";
import { exchangeRaw, KEY_FORM, postForm } from "../support/login.ts";

const STATE = "state-0123456789";
const BODY = "api_key=sk-of-the-attacker-0123456789";

interface Pages {
  readonly port: number;
  /** Of the form. */
  readonly path: string;
  readonly form: ServedVisit;
  /** What was stored. */
  readonly stored: string[];
}

/** A login that waits: a form, and a callback. Nothing may be stored by `attack`. */
async function beforeLogin(attack: (pages: Pages) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const server = await openLoginServer({ signal: controller.signal, port: 0 });
  const stored: string[] = [];
  const form = server.serveForm<"api_key", Secret>({
    page: KEY_FORM,
    parse: ({ api_key }) => api_key,
    store: (key) => Promise.resolve(void stored.push(key.reveal())),
  });
  const callback = server.serveCallback({
    providerName: "GitHub",
    connection: "default",
    state: STATE,
    accept: (answer) => Promise.resolve(void stored.push(answer.toString())),
  });
  const { port, pathname } = new URL(form.address);
  try {
    await attack({ port: Number(port), path: pathname, form, stored });
    assert.deepEqual(stored, []);
  } finally {
    controller.abort();
    await Promise.allSettled([form.done, callback.done]);
    await server.close();
  }
}

/** Header fields a browser would send for the attacker's page. */
const FOREIGN: readonly [name: string, headers: Readonly<Record<string, string>>][] = [
  ["from its own origin", { origin: "https://attacker.example", "sec-fetch-site": "cross-site" }],
  ["from a sandboxed frame", { origin: "null", "sec-fetch-site": "cross-site" }],
  ["from another port of this computer", { origin: "http://127.0.0.1:8000" }],
  ["as JSON without a preflight", { "content-type": "text/plain" }],
];

for (const [name, headers] of FOREIGN) {
  attack(
    `a web page sends a key of its own ${name}: not stored`,
    () =>
      beforeLogin(async ({ port, path }) => {
        const answer = await exchangeRaw(port, {
          method: "POST",
          target: path,
          headers,
          body: BODY,
        });
        assert.ok(answer.status === 403 || answer.status === 415, String(answer.status));
      }),
  );
}

attack(
  "a web page reads the form under a name of its own (DNS rebinding): 421",
  () =>
    beforeLogin(async ({ port, path }) => {
      const headers = {
        host: `attacker.example:${port}`,
        origin: `http://attacker.example:${port}`,
      };
      for (const sent of [{}, { method: "POST", body: BODY }]) {
        const answer = await exchangeRaw(port, { target: path, headers, ...sent });
        assert.equal(answer.status, 421);
        assert.doesNotMatch(answer.body, /<form/);
      }
    }),
);

attack(
  "a web page guesses the form's path: 404, and the path is too long to guess",
  () =>
    beforeLogin(async ({ port, path }) => {
      assert.ok(path.length >= 22 + "/login/".length, path);
      for (const guess of ["/", "/login", "/login/", path.slice(0, -1), `${path}x`]) {
        assert.equal((await postForm(port, guess, BODY)).status, 404);
      }
    }),
);

attack(
  "a web page shows the form in a frame to steer clicks: forbidden by the answer",
  () =>
    beforeLogin(async ({ port, path }) => {
      const { headers } = await exchangeRaw(port, { target: path });
      assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.match(headers.get("cache-control") ?? "", /no-store/);
    }),
);

/** Addresses of the callback that the attacker's page sends the person's browser to. */
const CALLBACKS: readonly [
  name: string,
  query: string,
  headers: Readonly<Record<string, string>>,
][] = [
  ["with a guessed state", "code=stolen&state=state-9876543210", {}],
  ["without a state", "code=stolen", {}],
  ["with the state in an image", `code=stolen&state=${STATE}`, { "sec-fetch-dest": "image" }],
  ["with the state in a frame", `code=stolen&state=${STATE}`, { "sec-fetch-dest": "iframe" }],
  ["with the state from a script", `code=stolen&state=${STATE}`, {
    origin: "https://attacker.example",
  }],
];

for (const [name, query, headers] of CALLBACKS) {
  attack(
    `a web page logs the person in to the attacker's account ${name}: refused`,
    () =>
      beforeLogin(async ({ port }) => {
        const target = `/auth/callback/oauth?${query}`;
        const { status } = await exchangeRaw(port, { target, headers });
        assert.ok(status === 400 || status === 403, String(status));
      }),
  );
}
