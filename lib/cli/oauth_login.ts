/**
 * The browser flows on the command line: `pkce`, and `dcr_pkce` with a client that is registered on
 * the way.
 *
 * @module
 */

import {
  beginCodeLogin,
  findServer,
  type FoundServer,
  isUnknownClient,
  type OAuthClient,
  type OAuthLogin,
  prepareOAuthLogin,
  register,
  requireRegistration,
} from "../broker/oauth_login.ts";
import { createFlowSystem } from "../broker/oauth_settings.ts";
import type { ConnectionRecord } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { hasDisplay } from "../login/browser.ts";
import { type LoginServer, openLoginServer, type ServedVisit } from "../login/server.ts";
import { announcePage, type LoginAttempt, opensBrowser } from "./login_attempt.ts";
import { createClientForm, originOfClient, readOAuthClient } from "./oauth_client.ts";

/** A browser login under way. */
interface BrowserLogin {
  readonly attempt: LoginAttempt;
  readonly login: OAuthLogin;
  readonly server: LoginServer;
}

/**
 * Logs in with the authorization code flow and a client of the person's own.
 *
 * @throws {AuthsomeError} `authentication_failed` if access was denied or the answer was not for this
 * login; `endpoint_unreachable`; `cancelled`; `usage` if nobody can be asked for a client
 */
export async function loginWithPkce(attempt: LoginAttempt): Promise<ConnectionRecord> {
  using interrupt = listenForInterrupt(attempt);
  using system = createFlowSystem(attempt.broker, interrupt.signal);
  const login = prepareOAuthLogin(attempt.broker, attempt.plan, {
    scopes: attempt.flags.scopes,
    system,
  });
  const origin = originOfClient(attempt, login);
  const client = origin.kind === "page" ? undefined : await readOAuthClient(attempt, login, origin);
  return await withServer(attempt, interrupt.signal, (server) => {
    const browser: BrowserLogin = { attempt, login, server };
    return client === undefined ? askOnPage(browser) : visitProvider(browser, { client });
  });
}

/**
 * The same with a client that is registered when none is stored.
 *
 * @throws {AuthsomeError} as {@link loginWithPkce}
 */
export async function loginWithRegistration(attempt: LoginAttempt): Promise<ConnectionRecord> {
  using interrupt = listenForInterrupt(attempt);
  using system = createFlowSystem(attempt.broker, interrupt.signal);
  const { broker, plan, flags } = attempt;
  const login = prepareOAuthLogin(broker, plan, { scopes: flags.scopes, system });
  const origin = flags["client-id"] === undefined && !flags.stdin
    ? undefined
    : originOfClient(attempt, login);
  const named = origin === undefined || origin.kind === "page"
    ? undefined
    : await readOAuthClient(attempt, login, origin);
  return await withServer(attempt, interrupt.signal, async (server) => {
    const found = await findServer(login);
    const browser: BrowserLogin = { attempt, login, server };
    const { redirectUri } = server;
    const client = named ?? await requireRegistration(login, { redirectUri, found });
    try {
      return await visitProvider(browser, { client, found });
    } catch (error) {
      // The server has forgotten the client that it once gave us.
      const isForgotten = error instanceof AuthsomeError && isUnknownClient(error) &&
        client === login.stored && client.redirectUri !== undefined;
      if (!isForgotten) throw error;
      attempt.session.output.note(`${plan.provider.displayName} no longer knows this client.`);
      return await visitProvider(browser, {
        client: await register(login, { redirectUri, found }),
        found,
      });
    }
  });
}

/** Ctrl-C as a signal for the time of a login. */
export function listenForInterrupt(
  { session: { system } }: LoginAttempt,
): Disposable & { readonly signal: AbortSignal } {
  const interrupt = new AbortController();
  const listener = system.onSignal("SIGINT", () => interrupt.abort());
  return { signal: interrupt.signal, [Symbol.dispose]: () => listener[Symbol.dispose]() };
}

async function withServer(
  { flags, session: { output } }: LoginAttempt,
  signal: AbortSignal,
  use: (server: LoginServer) => Promise<ConnectionRecord>,
): Promise<ConnectionRecord> {
  const port = parsePort(flags["redirect-port"]);
  const whenTaken = (): void =>
    output.note(
      `Port ${port ?? "7998"} is taken, probably by another login. Waiting for it to end …`,
    );
  const options = { signal, whenTaken, ...(port === undefined ? {} : { port }) };
  const server = await openLoginServer(options);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port <= 65_535) return port;
  throw new AuthsomeError("usage", "--redirect-port is no port.", {
    hint: "Write a number up to 65535, or 0 for any free port.",
  });
}

/** One server asks for the client first and takes the browser back afterwards. */
async function askOnPage(browser: BrowserLogin): Promise<ConnectionRecord> {
  const { attempt, login, server } = browser;
  const { displayName } = attempt.plan.provider;
  let trip: Trip | undefined;
  const form = server.serveForm({
    ...createClientForm(attempt, login, server.redirectUri),
    store: (client) => {
      trip = startTrip(browser, { client });
      announceTrip(browser, { trip, open: false });
      return Promise.resolve(trip.url);
    },
  });
  announcePage(attempt, {
    sentence: `Enter your ${displayName} client here`,
    address: form.address,
    open: opensBrowser(attempt),
  });
  await form.done;
  if (trip === undefined) throw new Error("The form ended without a client.");
  return await trip.finish();
}

interface TripOptions {
  readonly client: OAuthClient;
  readonly found?: FoundServer;
}

/** A browser that was sent away. */
interface Trip {
  readonly url: URL;
  /** Waits until it is back and its answer is stored. */
  finish(): Promise<ConnectionRecord>;
}

async function visitProvider(
  browser: BrowserLogin,
  options: TripOptions,
): Promise<ConnectionRecord> {
  const trip = startTrip(browser, options);
  announceTrip(browser, { trip, open: opensBrowser(browser.attempt) });
  return await trip.finish();
}

function startTrip({ attempt, login, server }: BrowserLogin, options: TripOptions): Trip {
  const { provider, connection } = attempt.plan;
  const code = beginCodeLogin(login, { ...options, redirectUri: server.redirectUri });
  let record: ConnectionRecord | undefined;
  const visit: ServedVisit = server.serveCallback({
    providerName: provider.displayName,
    connection,
    state: code.state,
    accept: async (answer) => {
      record = await code.accept(answer);
    },
  });
  return {
    url: code.url,
    finish: async () => {
      await visit.done;
      if (record === undefined) throw new Error("The login ended without a connection.");
      return record;
    },
  };
}

function announceTrip(
  { attempt, login, server }: BrowserLogin,
  { trip, open }: { readonly trip: Trip; readonly open: boolean },
): void {
  const { plan: { provider }, session: { system, output } } = attempt;
  announcePage(attempt, {
    sentence: `Log in to ${provider.displayName} here`,
    address: trip.url.href,
    open,
  });
  if (hasDisplay(system.env, system.os) || attempt.flags["no-browser"]) return;
  const { port } = new URL(server.redirectUri);
  output.note(
    `Is your browser on another computer? Forward port ${port} first: ` +
      `ssh -L ${port}:127.0.0.1:${port} …`,
  );
  if (login.provider.oauth.supportsDeviceCode) {
    output.note(`Or use a code instead: authsome login ${provider.name} --flow device_code`);
  }
}
