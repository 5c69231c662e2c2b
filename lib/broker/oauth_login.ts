/**
 * Logging in through OAuth: which client is used, where the server is, and what is stored at the
 * end. How a person is asked and shown things is the caller's business.
 *
 * Nothing is stored before a grant: a login that fails leaves the vault as it was.
 *
 * @module
 */

import { resolveApiUrls } from "../base_url.ts";
import type { ConnectionRecord } from "../connection.ts";
import type { OAuthCredential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { needsRegistration, registerClient } from "../flow/dcr_pkce.ts";
import {
  type DeviceAuthorization,
  type DeviceSystem,
  requestDeviceCode,
  waitForDevice,
} from "../flow/device_code.ts";
import { type DiscoveredServer, discoverServer } from "../flow/discovery.ts";
import { type OAuthProvider, requireOAuth } from "../flow/endpoints.ts";
import { type OAuthClient, parseOAuthClient } from "../flow/oauth_client.ts";
import { beginAuthorization, finishAuthorization } from "../flow/pkce.ts";
import { type FlowSystem, isUnknownClient } from "../flow/transport.ts";
import type { Broker } from "./broker.ts";
import { type LoginPlan, storeLogin } from "./login.ts";
import { readClient, writeClient } from "./oauth_settings.ts";

export { isUnknownClient };
export type { DeviceAuthorization, DeviceSystem, OAuthClient };

/** An OAuth login that may go on. */
export interface OAuthLogin {
  readonly broker: Broker;
  readonly plan: LoginPlan;
  readonly provider: OAuthProvider;
  /** Asked for instead of the definition's. */
  readonly scopes?: readonly string[];
  /** The client that the provider's connections share so far. */
  readonly stored?: OAuthClient;
  readonly system: FlowSystem;
}

/** A server that was found rather than defined, if any. */
export type FoundServer = Partial<DiscoveredServer>;

/**
 * Prepares a login.
 *
 * @param scopes as texts with commas or spaces between them; the definition's if absent
 * @throws {AuthsomeError} `usage` if the provider has no OAuth settings or a scope is malformed
 */
export function prepareOAuthLogin(
  broker: Broker,
  plan: LoginPlan,
  { scopes, system }: { readonly scopes: string | undefined; readonly system: FlowSystem },
): OAuthLogin {
  const stored = readClient(broker, plan.provider.name);
  return {
    broker,
    plan,
    provider: requireOAuth(plan.provider),
    ...(scopes === undefined ? {} : { scopes: parseScopes(scopes) }),
    // An empty id belongs to a flow that does without a client.
    ...(stored === undefined || stored.id === "" ? {} : { stored }),
    system,
  };
}

/** RFC 6749, section 3.3. */
function parseScopes(text: string): readonly string[] {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== "");
  if (scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) return scopes;
  throw new AuthsomeError("usage", "A scope holds a character that scopes cannot have.", {
    hint: "Write them with commas: --scopes read,write",
  });
}

/**
 * The client that is used without asking: the stored one, unless the login is to replace it, or that
 * of the definition's variables.
 *
 * @throws {AuthsomeError} `authentication_failed` if a variable holds no client
 */
export function knownClient(login: OAuthLogin): OAuthClient | undefined {
  const { plan: { provider, force }, broker: { env }, stored } = login;
  if (stored !== undefined && !force) return stored;
  const { idEnv, secretEnv } = provider.client;
  const id = idEnv === undefined ? "" : env[idEnv] ?? "";
  if (id === "") return undefined;
  const secret = secretEnv === undefined ? "" : env[secretEnv] ?? "";
  return parseOAuthClient(provider, { id, secret });
}

/** Whether the definition says that no client of this provider has a secret. */
export function isPublicOnly({ provider: { oauth } }: OAuthLogin): boolean {
  return oauth.tokenEndpointAuthMethod === "none";
}

/** The client of a vendor that knows its own command lines and wants none. */
export function clientlessDevice({ provider: { oauth } }: OAuthLogin): OAuthClient | undefined {
  return oauth.deviceTokenRequest === "json" ? { id: "" } : undefined;
}

/**
 * Finds the server of a definition that names no endpoints; one that does needs no search.
 *
 * @throws {AuthsomeError} `endpoint_unreachable` if it cannot be found
 */
export async function findServer(login: OAuthLogin): Promise<FoundServer> {
  const { provider, plan, system } = login;
  if (provider.oauth.registrationEndpoint !== undefined) return {};
  const [first = ""] = resolveApiUrls(plan.provider, plan.baseUrl ?? undefined);
  const address = /^https?:\/\//.test(first) ? first : `https://${first.replace(/^\*\./, "")}`;
  if (first.startsWith("regex:") || !URL.canParse(address)) return {};
  return await discoverServer(provider, new URL(address), system);
}

/**
 * The registered client: the stored one if it can still be used, or a new one. With `force` a client
 * that no other connection depends on is registered anew.
 *
 * @throws {AuthsomeError} as {@link registerClient}
 */
export async function requireRegistration(
  login: OAuthLogin,
  options: { readonly redirectUri: string; readonly found: FoundServer },
): Promise<OAuthClient> {
  const { stored, system: { now } } = login;
  if (stored === undefined || replacesRegistration(login)) return await register(login, options);
  const isOurs = stored.redirectUri !== undefined;
  const isOver = needsRegistration(stored, { redirectUri: options.redirectUri, now: now() });
  return isOurs && isOver ? await register(login, options) : stored;
}

function replacesRegistration({ broker, plan }: OAuthLogin): boolean {
  const { provider, connection, force } = plan;
  return force && broker.vault.connections(broker.profile, provider.name)
    .every((record) => record.connection_name === connection);
}

/** Registers a client, whatever is stored. @throws {AuthsomeError} as {@link registerClient} */
export async function register(
  login: OAuthLogin,
  { redirectUri, found }: { readonly redirectUri: string; readonly found: FoundServer },
): Promise<OAuthClient> {
  const { provider, system } = login;
  const { server } = found;
  return await registerClient(provider, {
    redirectUri,
    ...wishesOf(login),
    ...(server === undefined ? {} : { server }),
  }, system);
}

/** A trip of the browser to the provider and back. */
export interface CodeLogin {
  /** Where the browser goes. Holds no secret. */
  readonly url: URL;
  /** What it must bring back. */
  readonly state: string;
  /**
   * Turns what it brought back into a stored connection.
   *
   * @throws {AuthsomeError} as {@link finishAuthorization} and {@link storeLogin}
   */
  accept(answer: URLSearchParams): Promise<ConnectionRecord>;
}

/** Begins a trip. @throws {AuthsomeError} as {@link beginAuthorization} */
export function beginCodeLogin(
  login: OAuthLogin,
  { client, redirectUri, found = {} }: {
    readonly client: OAuthClient;
    readonly redirectUri: string;
    readonly found?: FoundServer;
  },
): CodeLogin {
  const { provider, system } = login;
  const options = { client, redirectUri, ...wishesOf(login), ...found };
  const pending = beginAuthorization(provider, options);
  return {
    url: pending.url,
    state: pending.state,
    accept: async (answer) => {
      const credential = await finishAuthorization(pending, answer, system);
      return store(login, { client, credential, found });
    },
  };
}

/** Asks for a code that a person enters elsewhere. @throws as {@link requestDeviceCode} */
export async function beginDeviceLogin(
  login: OAuthLogin,
  client: OAuthClient,
): Promise<DeviceAuthorization> {
  const { provider, system } = login;
  return await requestDeviceCode(provider, { client, ...wishesOf(login) }, system);
}

/** Waits for the person and stores what was granted. @throws as {@link waitForDevice} */
export async function finishDeviceLogin(
  login: OAuthLogin,
  authorization: DeviceAuthorization,
  waiting: Pick<DeviceSystem, "wait" | "onWaiting">,
): Promise<ConnectionRecord> {
  const credential = await waitForDevice(authorization, { ...login.system, ...waiting });
  return store(login, { client: authorization.options.client, credential, found: {} });
}

function wishesOf({ scopes, plan: { baseUrl } }: OAuthLogin): {
  readonly scopes?: readonly string[];
  readonly baseUrl?: string;
} {
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(baseUrl === null ? {} : { baseUrl }),
  };
}

/** The client first: without it the connection could not be refreshed. */
function store(
  { broker, plan, stored }: OAuthLogin,
  { client, credential, found }: {
    readonly client: OAuthClient;
    readonly credential: OAuthCredential;
    readonly found: FoundServer;
  },
): ConnectionRecord {
  if (client !== stored) writeClient(broker, plan.provider.name, client);
  const metadata = found.server === undefined ? {} : { oauth: found };
  return storeLogin(broker, plan, credential, metadata);
}
