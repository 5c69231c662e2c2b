import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { AuthsomeError } from "../../lib/errors.ts";
import { parseApiKey } from "../../lib/flow/api_key.ts";
import { listen } from "../../lib/login/listen.ts";
import { requestFromPage } from "../../lib/login/request.ts";
import {
  accessibilityFaults,
  CHROMIUM,
  takePicture,
  withChromium,
  withPage,
} from "../support/chromium.ts";
import { KEY_FORM } from "../support/login.ts";

const KEY = "sk-canary-abcdefghij0123456789";
const HINT = KEY_FORM.fields[0]?.hint ?? "";
const SHAPE = {
  displayName: "OpenAI",
  apiKey: { keyPattern: /^sk-[A-Za-z0-9_-]{20,}$/, keyPatternHint: HINT },
};
const FULL = new AuthsomeError("vault_unavailable", "The disk is full.", { hint: "Make room." });

interface Serving {
  readonly address: string;
  readonly stored: readonly string[];
  /** Ends as the request does. */
  readonly done: Promise<void>;
}

interface ServingOptions {
  readonly fails?: boolean;
  readonly lifeMs?: number;
}

async function serve({ fails = false, ...rest }: ServingOptions = {}): Promise<Serving> {
  const stored: string[] = [];
  const listening = Promise.withResolvers<string>();
  const done = requestFromPage({
    page: KEY_FORM,
    parse: ({ api_key }) => parseApiKey(SHAPE, api_key.reveal()),
    store: (key) => {
      stored.push(key.reveal());
      return fails ? Promise.reject(FULL) : Promise.resolve();
    },
    onListening: (address) => listening.resolve(address),
    signal: new AbortController().signal,
    port: 0,
    lifeMs: 20_000,
    ...rest,
  });
  done.catch(() => undefined);
  return { address: await listening.promise, stored, done };
}

/** Opens a served form, and fails if the page broke its own content policy or a script failed. */
async function withForm(
  browser: Browser,
  options: BrowserContextOptions & ServingOptions,
  use: (page: Page, serving: Serving) => Promise<void>,
): Promise<void> {
  const { fails, lifeMs, ...context } = options;
  const serving = await serve({ ...(fails && { fails }), ...(lifeMs && { lifeMs }) });
  await withPage(browser, context, async (page) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (/content security|refused to/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(serving.address);
    await use(page, serving);
    assert.deepEqual(faults, []);
  });
}

/** Types into the field that has the focus by itself, once it has, and sends the form. */
async function typeAndSend(page: Page, key: string): Promise<void> {
  await page.locator("input[type=password]:focus").waitFor();
  await page.keyboard.type(key);
  await page.keyboard.press("Enter");
}

async function pastesKey(browser: Browser): Promise<void> {
  await withForm(browser, {}, async (page, { stored, done }) => {
    await takePicture(page, "form");
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel("API key", { exact: true }).fill(` ${KEY}\n`);
    await page.getByRole("button", { name: "Save in the vault" }).click();
    await page.getByRole("heading", { name: "OpenAI is connected" }).waitFor();
    await done;
    assert.deepEqual(stored, [KEY]);
    await takePicture(page, "success");
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.ok(!(await page.content()).includes(KEY));
    assert.ok(!page.url().includes(KEY));
    await assert.rejects(page.reload()); // nobody listens any more
  });
}

async function usesKeyboardOnly(browser: Browser): Promise<void> {
  await withForm(browser, {}, async (page, { stored, done }) => {
    const focused = (): Promise<unknown> =>
      page.evaluate(`document.activeElement?.getAttribute("type")`);
    await page.locator("input[type=password]:focus").waitFor();
    await page.keyboard.type(KEY);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "checkbox");
    await page.keyboard.press("Space");
    assert.equal(await page.getByLabel("API key", { exact: true }).getAttribute("type"), "text");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "submit");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "OpenAI is connected" }).waitFor();
    await done;
    assert.deepEqual(stored, [KEY]);
  });
}

async function correctsKey(browser: Browser): Promise<void> {
  await withForm(browser, {}, async (page, { stored, done }) => {
    await typeAndSend(page, "not-a-key");
    const notice = page.getByRole("alert").filter({ hasText: "does not look like" });
    assert.equal(
      (await notice.innerText()).replace(/\s+/g, " "),
      `This does not look like a valid OpenAI API key. ${HINT}`,
    );
    const field = page.getByLabel("API key", { exact: true });
    assert.equal(await field.inputValue(), "");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await takePicture(page, "error");
    assert.deepEqual(await accessibilityFaults(page), []);
    await typeAndSend(page, KEY);
    await page.getByRole("heading", { name: "OpenAI is connected" }).waitFor();
    await done;
    assert.deepEqual(stored, [KEY]);
  });
}

async function showsFailure(browser: Browser): Promise<void> {
  await withForm(browser, { fails: true }, async (page, { done }) => {
    await typeAndSend(page, KEY);
    await page.getByText("The disk is full.").waitFor();
    await assert.rejects(done, FULL);
    await takePicture(page, "failure");
    assert.deepEqual(await accessibilityFaults(page), []);
  });
}

async function showsExpiry(browser: Browser): Promise<void> {
  // Long enough for a busy machine to open the page in.
  await withForm(browser, { lifeMs: 5000 }, async (page, { done }) => {
    await assert.rejects(done, /was not used within 5 seconds/);
    await page.getByRole("heading", { name: "This page has expired" }).waitFor();
    await takePicture(page, "expired");
    assert.deepEqual(await accessibilityFaults(page), []);
  });
}

async function worksWithoutScript(browser: Browser): Promise<void> {
  await withForm(browser, { javaScriptEnabled: false }, async (page, { stored, done }) => {
    assert.ok(await page.getByText("Show API key").isHidden());
    await page.getByLabel("API key", { exact: true }).fill(KEY);
    await page.getByRole("button").click();
    await page.getByRole("heading", { name: "OpenAI is connected" }).waitFor();
    await done;
    assert.deepEqual(stored, [KEY]);
  });
}

async function fitsSmallWindow(browser: Browser): Promise<void> {
  await withForm(browser, { viewport: { width: 320, height: 560 } }, async (page, { done }) => {
    const overflow = await page.evaluate(
      `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
    );
    assert.equal(overflow, 0);
    await takePicture(page, "form-small");
    await typeAndSend(page, KEY);
    await done;
  });
}

/** A page of another origin that sends the form by itself and shows the answer in a frame. */
async function refusesForeignPages(browser: Browser): Promise<void> {
  const { address, stored, done } = await serve();
  const attack = `<form method="post" action="${address}" target="frame">
    <input name="api_key" value="${KEY}"></form><iframe name="frame"></iframe>
    <script>document.forms[0].submit()</script>`;
  const attacker = await listen(
    () => ({ fetch: () => new Response(attack, { headers: { "content-type": "text/html" } }) }),
    { port: 0, whenTaken: "another", signal: new AbortController().signal },
  );
  await withPage(browser, {}, async (page) => {
    const answered = page.waitForResponse((response) => response.url() === address);
    await page.goto(`http://127.0.0.1:${attacker.port}/`);
    assert.equal((await answered).status(), 403);
    assert.deepEqual(stored, []);
    const rebound = await page.goto(address.replace("127.0.0.1", "attacker.localhost"));
    assert.equal(rebound?.status(), 421);
    await page.goto(address);
    await typeAndSend(page, KEY);
    await done;
  });
  await attacker.close();
}

Deno.test({
  name: CHROMIUM === undefined
    ? "the login page in Chromium (skipped: no Chromium is installed)"
    : "the login page in Chromium",
  ignore: CHROMIUM === undefined,
  fn: (t) =>
    withChromium(async (browser) => {
      const steps: readonly (readonly [string, (browser: Browser) => Promise<void>])[] = [
        ["a person pastes a key and sees success", pastesKey],
        ["the keyboard alone is enough", usesKeyboardOnly],
        ["a malformed key is explained and can be corrected", correctsKey],
        ["a key that cannot be stored is explained", showsFailure],
        ["a page that was left alone says that it has expired", showsExpiry],
        ["the form works without scripts", worksWithoutScript],
        ["the form fits a small window", fitsSmallWindow],
        ["pages of other origins cannot send or read the form", refusesForeignPages],
      ];
      for (const [name, run] of steps) await t.step(name, () => run(browser));
    }),
});
