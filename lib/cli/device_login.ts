/**
 * The device flow on the command line: a code to enter anywhere, a QR code, a line that says how it
 * goes.
 *
 * @module
 */

import {
  beginDeviceLogin,
  clientlessDevice,
  type DeviceAuthorization,
  type DeviceSystem,
  finishDeviceLogin,
  type OAuthClient,
  type OAuthLogin,
  prepareOAuthLogin,
} from "../broker/oauth_login.ts";
import { createFlowSystem } from "../broker/oauth_settings.ts";
import type { ConnectionRecord } from "../connection.ts";
import type { DeviceStatus } from "../flow/device_code.ts";
import { cancelledFlow } from "../flow/transport.ts";
import { createSpawn, openBrowser } from "../login/browser.ts";
import { announcePage, type LoginAttempt, opensBrowser } from "./login_attempt.ts";
import { createClientForm, originOfClient, readOAuthClient } from "./oauth_client.ts";
import { listenForInterrupt } from "./oauth_login.ts";
import { escapeControls } from "./text.ts";

const SECOND_MS = 1_000;

/**
 * Logs in with a device code.
 *
 * @throws {AuthsomeError} `authentication_failed` if access was denied or the code expired;
 * `endpoint_unreachable`; `cancelled`; `usage` if nobody can be asked for a client
 */
export async function loginWithDevice(attempt: LoginAttempt): Promise<ConnectionRecord> {
  using interrupt = listenForInterrupt(attempt);
  using system = createFlowSystem(attempt.broker, interrupt.signal);
  const { broker, plan, flags } = attempt;
  const login = prepareOAuthLogin(broker, plan, { scopes: flags.scopes, system });
  const client = clientlessDevice(login) ?? await obtainClient(attempt, login, interrupt.signal);
  const authorization = await beginDeviceLogin(login, client);
  await showCode(attempt, authorization);
  using status = createStatusLine(attempt);
  return await finishDeviceLogin(login, authorization, {
    wait: (milliseconds) => wait(milliseconds, interrupt.signal),
    onWaiting: status.show,
  });
}

async function obtainClient(
  attempt: LoginAttempt,
  login: OAuthLogin,
  signal: AbortSignal,
): Promise<OAuthClient> {
  const origin = originOfClient(attempt, login);
  if (origin.kind !== "page") return await readOAuthClient(attempt, login, origin);
  const { requestFromPage } = await import("../login/request.ts");
  let chosen: OAuthClient | undefined;
  await requestFromPage({
    ...createClientForm(attempt, login),
    store: (client) => {
      chosen = client;
      return Promise.resolve();
    },
    onListening: (address) =>
      announcePage(attempt, {
        sentence: `Enter your ${attempt.plan.provider.displayName} client here`,
        address,
        open: opensBrowser(attempt),
      }),
    signal,
  });
  if (chosen === undefined) throw new Error("The form ended without a client.");
  return chosen;
}

async function showCode(
  attempt: LoginAttempt,
  { verificationUri, verificationUriComplete, userCode }: DeviceAuthorization,
): Promise<void> {
  const { session: { system, output, globals } } = attempt;
  const { stderr, env, os } = system;
  const address = verificationUriComplete ?? verificationUri;
  if (stderr.isTerminal && !globals.quiet) {
    const { formatQrCode } = await import("./qr_code.ts");
    const drawing = formatQrCode(address, stderr.columns());
    if (drawing !== undefined) stderr.write(`\n${drawing}\n`);
  }
  // Not a note: without it nobody could go on, however quiet this is.
  const [where, code] = [verificationUri, userCode].map(escapeControls);
  stderr.write(`Visit ${where} and enter the code ${code}\n`);
  if (!opensBrowser(attempt)) return;
  if (openBrowser(address, { os, spawn: createSpawn(env) })) {
    output.note("Your browser is opening it.");
  }
}

/** Resolves after so many milliseconds, or rejects as cancelled. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = (): void => reject(cancelledFlow());
  const timer = setTimeout(resolve, milliseconds);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}

interface StatusLine extends Disposable {
  readonly show: NonNullable<DeviceSystem["onWaiting"]>;
}

/** A line that counts down in its place; nothing where nobody watches. */
function createStatusLine({ session: { system, globals } }: LoginAttempt): StatusLine {
  const { stderr, now } = system;
  if (!stderr.isTerminal || globals.quiet) {
    return { show: () => {}, [Symbol.dispose]: () => {} };
  }
  let timer: ReturnType<typeof setInterval> | undefined;
  const clear = (): void => stderr.write("\r\x1b[K");
  return {
    show: ({ state, leftMs }) => {
      const endsAt = now() + leftMs;
      const paint = (): void => {
        clear();
        stderr.write(formatStatus({ state, leftMs: endsAt - now() }));
      };
      clearInterval(timer);
      paint();
      timer = setInterval(paint, SECOND_MS);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (timer !== undefined) clear();
    },
  };
}

/** For example `Waiting for you … 14:32 left`. */
export function formatStatus({ state, leftMs }: DeviceStatus): string {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  switch (state) {
    case "pending":
      return `Waiting for you … ${left}`;
    case "slowed":
      return `Waiting for you, asking less often … ${left}`;
    case "offline":
      return `No answer, trying again … ${left}`;
    default:
      return state satisfies never;
  }
}
