import assert from "node:assert/strict";
import { parseConnectionName } from "../../lib/connection.ts";
import { askPage, createAskApp } from "../../lib/login/ask_page.ts";
import type { AskAnswer, AskQuestion } from "../../lib/policy.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { accessibilityFaults, CHROMIUM, withChromium, withPage } from "../support/chromium.ts";

const PORT = 50_123;
const { signal: ended } = new AbortController();
const QUESTION: AskQuestion = {
  provider: parseProviderName("openai"),
  connection: parseConnectionName("work"),
  method: "POST",
  host: "api.openai.com",
  path: "/v1/<b>files",
  isUpgrade: false,
};
const HEADERS = {
  host: `127.0.0.1:${PORT}`,
  origin: `http://127.0.0.1:${PORT}`,
  "sec-fetch-site": "same-origin",
  "content-type": "application/x-www-form-urlencoded",
};

type Send = (path: string, init?: RequestInit) => Promise<number>;

async function withApp(
  use: (send: Send, answers: readonly AskAnswer[]) => Promise<void>,
): Promise<void> {
  const answers: AskAnswer[] = [];
  const app = createAskApp({
    port: PORT,
    key: "secret",
    question: QUESTION,
    endsAt: Date.now() + 60_000,
    answer: (answer) => answers.push(answer),
  });
  await use(async (path, init) => {
    const request = new Request(`http://127.0.0.1:${PORT}${path}`, { headers: HEADERS, ...init });
    const { status } = await app.fetch(request, { sent: Promise.resolve() });
    await Promise.resolve();
    return status;
  }, answers);
}

const REFUSED: readonly [path: string, init: RequestInit, status: number][] = [
  ["/ask/guess", { method: "POST", body: "answer=run" }, 404],
  ["/ask/", { method: "POST", body: "answer=run" }, 404],
  ["/ask/secret?answer=run", {}, 200],
  ["/ask/secret", { method: "POST", body: "answer=yes" }, 415],
  ["/ask/secret", { method: "POST", body: "" }, 415],
  ["/ask/secret", { method: "POST", body: `answer=${"x".repeat(70_000)}` }, 413],
  ["/ask/secret", { ...post({ host: `rebound.example:${PORT}` }) }, 421],
  ["/ask/secret", { ...post({ host: "127.0.0.1:1" }) }, 421],
  ["/ask/secret", { ...post({ origin: "https://attacker.example" }) }, 403],
  ["/ask/secret", { ...post({ origin: "null" }) }, 403],
  ["/ask/secret", { ...post({ "sec-fetch-site": "cross-site" }) }, 403],
  ["/ask/secret", { ...post({ "content-type": "text/plain" }) }, 415],
];

function post(headers: Readonly<Record<string, string>>): RequestInit {
  return { method: "POST", body: "answer=run", headers: { ...HEADERS, ...headers } };
}

Deno.test("a question is answered by its own form only", async () => {
  await withApp(async (send, answers) => {
    for (const [path, init, status] of REFUSED) {
      assert.equal(await send(path, init), status, JSON.stringify([path, init]));
    }
    assert.deepEqual(answers, []);
    assert.equal(await send("/ask/secret", post({})), 200);
    assert.equal(await send("/ask/secret", post({})), 410);
    assert.equal(await send("/ask/secret"), 410);
    assert.deepEqual(answers, [{ kind: "run" }]);
  });
});

Deno.test("a question that nobody answers, or that nobody can be shown, is denied", async () => {
  const late = await askPage(QUESTION, { waitMs: 20, ended, show: () => true });
  assert.deepEqual(late, { kind: "deny", reason: "nobody answered in 0.02 seconds" });
  const unseen = await askPage(QUESTION, { waitMs: 60_000, ended, show: () => false });
  assert.equal(unseen.kind, "deny");
  const run = new AbortController();
  const show = (): boolean => (run.abort(), true);
  const over = await askPage(QUESTION, { waitMs: 60_000, ended: run.signal, show });
  assert.deepEqual(over, { kind: "deny", reason: "the run has ended" });
});

const BUTTONS: readonly [button: string, kind: AskAnswer["kind"]][] = [
  ["Allow once", "once"],
  ["Allow this until the run ends", "run"],
  ["Deny", "deny"],
];

Deno.test({
  name: "in a browser each button gives its answer",
  ignore: CHROMIUM === undefined,
  fn: () =>
    withChromium(async (browser) => {
      for (const [button, kind] of BUTTONS) {
        const shown = Promise.withResolvers<string>();
        const show = (address: string): boolean => (shown.resolve(address), true);
        const answer = askPage(QUESTION, { waitMs: 20_000, ended, show });
        const address = await shown.promise;
        assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/ask\/[A-Za-z0-9_-]{32}$/);
        await withPage(browser, {}, async (page) => {
          await page.goto(address);
          const text = await page.locator("main").innerText();
          assert.match(text, /POST api\.openai\.com\/v1\/<b>files/);
          assert.match(text, /openai\/work/);
          assert.deepEqual(await accessibilityFaults(page), []);
          await page.getByRole("button", { name: button }).click();
          await page.getByText("You can close this tab.").waitFor();
        });
        assert.equal((await answer).kind, kind);
      }
    }),
});
