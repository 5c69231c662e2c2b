import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { CLIENTS } from "../support/authorization_server.ts";
import { CHROMIUM, withChromium, withPage } from "../support/chromium.ts";
import { secretOf, startOAuthLogin, withScene } from "../support/oauth_user.ts";

const CONTEXT = { ignoreHTTPSErrors: true }; // the test server's authority is not the browser's

function setsUpClient(browser: Browser): () => Promise<void> {
  return withScene(async (user, server) => {
    const args = ["--no-browser", "--redirect-port", "0"];
    const login = await startOAuthLogin(user, args);
    const address = await login.see(/Enter your Acme client here: (\S+)\n/);
    await withPage(browser, CONTEXT, async (page) => {
      await page.goto(address);
      await page.getByLabel("Client ID").fill(CLIENTS.post.id);
      await page.getByLabel("Client secret", { exact: true }).fill(CLIENTS.post.secret);
      await page.getByRole("button", { name: "Continue to Acme" }).click();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByRole("heading", { name: "Acme is connected" }).waitFor();
    });
    const { code, stdout } = await login.ended();
    assert.equal(code, 0);
    assert.equal(stdout, "Successfully logged in to acme (default).\n");
    assert.ok(await server.isActive(await secretOf(user, "access_token")));
  });
}

function registersClient(browser: Browser): () => Promise<void> {
  return withScene(async (user, server) => {
    const args = ["--no-browser", "--redirect-port", "0", "--flow", "dcr_pkce"];
    const login = await startOAuthLogin(user, args);
    const url = await login.authorizationUrl();
    await withPage(browser, CONTEXT, async (page) => {
      await page.goto(url.href);
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByRole("heading", { name: "Acme is connected" }).waitFor();
    });
    assert.equal((await login.ended()).code, 0);
    assert.equal(server.hits.get("/reg"), 1);
  });
}

function entersCode(browser: Browser): () => Promise<void> {
  return withScene(async (user) => {
    const args = ["--flow", "device_code", "--client-id", CLIENTS.public.id];
    const login = await startOAuthLogin(user, args);
    const visit = await login.see(/Visit (\S+ and enter the code \S+)\n/);
    const [address = "", userCode = ""] = visit.split(" and enter the code ");
    await withPage(browser, CONTEXT, async (page) => {
      await page.goto(address);
      await page.locator("input[name=user_code]").fill(userCode);
      await page.locator("[type=submit]").first().click();
      await page.locator("[type=submit]").first().click();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByText(/sign-in success/i).first().waitFor();
    });
    assert.equal((await login.ended()).code, 0);
  });
}

Deno.test({
  name: CHROMIUM === undefined
    ? "OAuth logins with Chromium (skipped: no Chromium is installed)"
    : "OAuth logins with Chromium",
  ignore: CHROMIUM === undefined,
  fn: (t) =>
    withChromium(async (browser) => {
      await t.step("a person sets up a client and allows access", setsUpClient(browser));
      await t.step("a client is registered on the way", registersClient(browser));
      await t.step("a person enters a device code", entersCode(browser));
    }),
});
