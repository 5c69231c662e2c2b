import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { OAuthCredential } from "../../lib/credential.ts";
import { requestDeviceCode, waitForDevice } from "../../lib/flow/device_code.ts";
import { type OAuthClient, parseOAuthClient } from "../../lib/flow/oauth_client.ts";
import { beginAuthorization, finishAuthorization } from "../../lib/flow/pkce.ts";
import { openLoginServer, type ServedVisit } from "../../lib/login/server.ts";
import { CLIENTS, PERSON, type TestAuthorizationServer } from "../support/authorization_server.ts";
import {
  accessibilityFaults,
  CHROMIUM,
  takePicture,
  withChromium,
  withPage,
} from "../support/chromium.ts";
import { clientOf, serverProvider, systemOf, withServer } from "../support/oauth.ts";

type ClientField = "client_id" | "client_secret";

interface Login {
  /** What the terminal shows. */
  readonly address: string;
  readonly redirectUri: string;
  /** What was stored, once it is. */
  readonly credential: Promise<OAuthCredential>;
  close(): Promise<void>;
}

/** The whole login as the command does it: a form for the client, the trip, the callback. */
async function startLogin(remote: TestAuthorizationServer): Promise<Login> {
  const provider = serverProvider(remote);
  const server = await openLoginServer({ signal: new AbortController().signal, port: 0 });
  const { redirectUri } = server;
  const stored = Promise.withResolvers<OAuthCredential>();
  stored.promise.catch(() => undefined);
  const goOn = (client: OAuthClient): Promise<URL> => {
    const pending = beginAuthorization(provider, { client, redirectUri });
    const callback: ServedVisit = server.serveCallback({
      providerName: "Acme",
      connection: "default",
      state: pending.state,
      accept: async (answer) => {
        credential = await finishAuthorization(pending, answer, systemOf(remote));
      },
    });
    let credential: OAuthCredential | undefined;
    callback.done.then(() => credential && stored.resolve(credential), stored.reject);
    return Promise.resolve(pending.url);
  };
  const form = server.serveForm<ClientField, OAuthClient>({
    page: {
      purpose: "client",
      providerName: "Acme",
      connection: "default",
      vault: "~/.authsome",
      docs: "https://acme.example/docs",
      copy: { label: "Redirect URI to register", text: redirectUri },
      fields: [
        { name: "client_id", label: "Client ID", masked: false },
        {
          name: "client_secret",
          label: "Client secret",
          masked: true,
          optional: true,
          hint: "Leave it empty if your app has none.",
        },
      ],
    },
    parse: ({ client_id, client_secret }) =>
      parseOAuthClient(provider, { id: client_id.reveal(), secret: client_secret.reveal() }),
    store: goOn,
  });
  return {
    address: form.address,
    redirectUri,
    credential: stored.promise,
    close: () => server.close(),
  };
}

type Journey = (page: Page, remote: TestAuthorizationServer, login: Login) => Promise<void>;

async function withJourney(
  browser: Browser,
  journey: Journey,
): Promise<void> {
  await withServer(async (remote) => {
    const login = await startLogin(remote);
    const context = {
      ignoreHTTPSErrors: true, // the test server's authority is not the browser's
      viewport: { width: 1280, height: 960 },
      permissions: ["clipboard-read", "clipboard-write"],
    };
    try {
      await withPage(browser, context, async (page) => {
        await page.goto(login.address);
        await journey(page, remote, login);
      });
    } finally {
      await login.close();
    }
  });
}

async function allowsAccess(browser: Browser): Promise<void> {
  await withJourney(browser, async (page, remote, login) => {
    await takePicture(page, "client");
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole("button", { name: "Copy Redirect URI" }).click();
    await page.getByText("Copied").waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), login.redirectUri);
    await page.getByLabel("Client ID").fill(CLIENTS.post.id);
    await page.getByLabel("Client secret", { exact: true }).fill(CLIENTS.post.secret);
    await page.getByRole("button", { name: "Continue to Acme" }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "Acme is connected" }).waitFor();
    const credential = await login.credential;
    assert.ok(await remote.isActive(credential.accessToken.reveal()));
    assert.equal(credential.account?.label, PERSON.email);
    await takePicture(page, "connected");
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.equal(page.url(), login.redirectUri); // the code has left the address
  });
}

async function deniesAccess(browser: Browser): Promise<void> {
  await withJourney(browser, async (page, remote, login) => {
    await page.getByLabel("Client ID").fill(CLIENTS.public.id);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText("Access to Acme was denied.").waitFor();
    await takePicture(page, "denied");
    assert.deepEqual(await accessibilityFaults(page), []);
    await assert.rejects(login.credential, { code: "authentication_failed" });
    assert.equal(remote.hits.get("/token"), undefined);
  });
}

async function entersDeviceCode(browser: Browser): Promise<void> {
  await withServer(async (remote) => {
    const system = systemOf(remote);
    const provider = serverProvider(remote);
    const options = { client: clientOf("public") };
    const authorization = await requestDeviceCode(provider, options, system);
    await withPage(browser, { ignoreHTTPSErrors: true }, async (page) => {
      await page.goto(authorization.verificationUri);
      await page.locator("input[name=user_code]").fill(authorization.userCode);
      await page.locator("[type=submit]").first().click();
      await page.locator("[type=submit]").first().click();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByText(/sign-in success/i).first().waitFor();
    });
    const wait = (): Promise<void> => Promise.resolve();
    const credential = await waitForDevice(authorization, { ...system, wait });
    assert.ok(await remote.isActive(credential.accessToken.reveal()));
  });
}

Deno.test({
  name: CHROMIUM === undefined
    ? "OAuth in Chromium (skipped: no Chromium is installed)"
    : "OAuth in Chromium",
  ignore: CHROMIUM === undefined,
  fn: (t) =>
    withChromium(async (browser) => {
      await t.step("a person sets up a client and allows access", () => allowsAccess(browser));
      await t.step("a person denies access", () => deniesAccess(browser));
      await t.step("a person enters a device code", () => entersDeviceCode(browser));
    }),
});
