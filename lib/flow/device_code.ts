/**
 * The device flow (RFC 8628): a person enters a short code in any browser while we wait.
 *
 * @module
 */

import { deviceAuthorizationRequest, deviceCodeGrantRequest } from "oauth4webapi";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { describeServer, type OAuthProvider, requireEndpoint } from "./endpoints.ts";
import { describeClient, type GrantAnswer, requestGrant, unreadable } from "./grant.ts";
import { createClientAuth, type OAuthClient } from "./oauth_client.ts";
import {
  type FlowSystem,
  formatRefusal,
  type JsonObject,
  refusalOf,
  requestAnswer,
  requestOptions,
  textOf,
} from "./transport.ts";

/** What a device flow is started with. */
export interface DeviceOptions {
  /** Some vendors know their own command lines and want no client: then its id is empty. */
  readonly client: OAuthClient;
  /** The definition's unless told otherwise. */
  readonly scopes?: readonly string[];
  /** What `{base_url}` stands for; the definition's own otherwise. */
  readonly baseUrl?: string;
}

/** A code that waits to be entered. */
export interface DeviceAuthorization {
  /** What the person enters. */
  readonly userCode: string;
  /** Where. An http or https address. */
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code or a browser of this computer. */
  readonly verificationUriComplete?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly provider: OAuthProvider;
  readonly options: DeviceOptions;
  readonly deviceCode: Secret;
  /** Least time between two questions, in milliseconds. */
  readonly intervalMs: number;
}

/** What the waiting needs beside the usual. */
export interface DeviceSystem extends FlowSystem {
  /** Resolves after so many milliseconds; rejects as cancelled on the signal. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Told before each wait, for a status line. */
  readonly onWaiting?: (status: DeviceStatus) => void;
}

/** How the waiting goes. */
export interface DeviceStatus {
  /** `offline` if the last question had no answer. */
  readonly state: "pending" | "slowed" | "offline";
  /** Milliseconds until the code expires. */
  readonly leftMs: number;
}

/** RFC 8628, section 3.2: used if the server names no interval. */
const USUAL_INTERVAL_MS = 5_000;

/** RFC 8628, section 3.5: added at each `slow_down`. */
const SLOW_DOWN_MS = 5_000;

/** Life of a code whose server names none, though RFC 8628 requires it: 15 minutes. */
const USUAL_LIFE_S = 900;

/**
 * Asks for a code to show.
 *
 * @throws {AuthsomeError} `authentication_failed` if the server gives none; `endpoint_unreachable`;
 * `usage` if the definition lacks an endpoint
 */
export async function requestDeviceCode(
  provider: OAuthProvider,
  options: DeviceOptions,
  system: FlowSystem,
): Promise<DeviceAuthorization> {
  const { client, baseUrl, scopes = provider.oauth.scopes } = options;
  const server = describeServer(provider, baseUrl);
  const url = requireEndpoint(server, "device_authorization_endpoint", provider);
  requireEndpoint(server, "token_endpoint", provider);
  const parameters: Record<string, string> = scopes.length > 0 ? { scope: scopes.join(" ") } : {};
  const what = `${provider.displayName}'s device endpoint`;
  const sentAt = system.now();
  const answer = await requestAnswer(
    () =>
      usesJson(provider)
        ? postJson(url, { ...parameters, ...idOf(client) }, system)
        : deviceAuthorizationRequest(
          server,
          describeClient(client),
          createClientAuth(client, provider.oauth),
          parameters,
          requestOptions(system, url),
        ),
    { what, signal: system.signal },
  );
  const refusal = refusalOf(answer);
  if (refusal !== undefined) {
    const reason = formatRefusal(refusal, [client.secret]);
    const message = `${provider.displayName} gave no device code (${reason}).`;
    throw new AuthsomeError("authentication_failed", message, {
      hint: "Check the client ID, and that the app allows the device flow.",
    });
  }
  const read = readCode(answer.body, sentAt);
  if (read === undefined) throw unreadable(what);
  return { ...read, provider, options };
}

function usesJson({ oauth }: OAuthProvider): boolean {
  return oauth.deviceTokenRequest === "json";
}

function idOf({ id }: OAuthClient): Readonly<Record<string, string>> {
  return id === "" ? {} : { client_id: id };
}

/** The one vendor that polls in JSON asks for the code in it too. */
function postJson(url: URL, body: JsonObject, system: FlowSystem): Promise<Response> {
  const { signal } = requestOptions(system, url);
  return system.fetch(url, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "manual",
    signal,
  });
}

type ReadCode = Omit<DeviceAuthorization, "provider" | "options">;

/** RFC 8628, section 3.2, with the older name that Google once used for the address. */
function readCode(body: JsonObject | undefined, sentAt: number): ReadCode | undefined {
  const deviceCode = textOf(body, "device_code");
  const userCode = textOf(body, "user_code");
  const verificationUri = textOf(body, "verification_uri") ?? textOf(body, "verification_url");
  const complete = textOf(body, "verification_uri_complete");
  if (deviceCode === undefined || userCode === undefined || /\p{C}/u.test(userCode)) return;
  if (verificationUri === undefined || !isWebAddress(verificationUri)) return;
  const interval = Number(body?.interval);
  const life = Number(body?.expires_in);
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    ...(complete !== undefined && isWebAddress(complete) && { verificationUriComplete: complete }),
    expiresAt: sentAt + (life > 0 ? life : USUAL_LIFE_S) * 1000,
    intervalMs: interval > 0 ? interval * 1000 : USUAL_INTERVAL_MS,
  };
}

/** The address is opened and drawn, so it must not be anything else. */
function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/\p{C}|\s/u.test(text);
}

/**
 * Waits until the person has entered the code, asking no more often than the server allows.
 *
 * @throws {AuthsomeError} `authentication_failed` if access was denied, the code expired or the
 * server refused otherwise; `cancelled` as `wait` rejects
 */
export async function waitForDevice(
  authorization: DeviceAuthorization,
  system: DeviceSystem,
): Promise<OAuthCredential> {
  const { provider, expiresAt } = authorization;
  let { intervalMs } = authorization;
  let state: DeviceStatus["state"] = "pending";
  for (;;) {
    const leftMs = expiresAt - system.now();
    if (leftMs <= 0) throw codeExpired(provider);
    system.onWaiting?.({ state, leftMs });
    await system.wait(Math.min(intervalMs, leftMs));
    const answer = await askOnce(authorization, system);
    if (answer === undefined) {
      state = "offline";
      intervalMs *= 2; // RFC 8628, section 3.5: back off exponentially
      continue;
    }
    if (answer.kind === "granted") return answer.credential;
    state = stateAfter(answer, provider);
    if (state === "slowed") intervalMs += SLOW_DOWN_MS;
  }
}

/** The state that a refusal leaves the waiting in. @throws {AuthsomeError} if it ends it */
function stateAfter(
  { refusal, reason }: Extract<GrantAnswer, { kind: "refused" }>,
  provider: OAuthProvider,
): DeviceStatus["state"] {
  switch (refusal.error) {
    case "authorization_pending":
      return "pending";
    case "slow_down":
      return "slowed";
    case "expired_token":
    case "code_expired":
      throw codeExpired(provider);
    case "access_denied":
      throw refused(provider, `Access to ${provider.displayName} was denied.`);
    default:
      throw refused(provider, `${provider.displayName} refused the login (${reason}).`);
  }
}

function codeExpired(provider: OAuthProvider): AuthsomeError {
  return refused(provider, "The code was not entered in time.");
}

function refused({ name }: OAuthProvider, message: string): AuthsomeError {
  return new AuthsomeError("authentication_failed", message, {
    hint: `For a new code: authsome login ${name}`,
  });
}

/** The answer to one question, or `undefined` if there was none. */
async function askOnce(
  { provider, options, deviceCode }: DeviceAuthorization,
  system: DeviceSystem,
): Promise<GrantAnswer | undefined> {
  const { client, baseUrl, scopes = provider.oauth.scopes } = options;
  const server = describeServer(provider, baseUrl);
  const url = requireEndpoint(server, "token_endpoint", provider);
  const send = (): Promise<Response> =>
    usesJson(provider)
      ? postJson(url, { device_code: deviceCode.reveal(), ...idOf(client) }, system)
      : deviceCodeGrantRequest(
        server,
        describeClient(client),
        createClientAuth(client, provider.oauth),
        deviceCode.reveal(),
        requestOptions(system, url),
      );
  try {
    return await requestGrant({ provider, client, scopes, secrets: [deviceCode], send }, system);
  } catch (error) {
    if (error instanceof AuthsomeError && error.code === "endpoint_unreachable") return undefined;
    throw error;
  }
}
