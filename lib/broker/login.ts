/**
 * Logging in: what has to be true before a person is asked, and what is stored afterwards. How the
 * secret gets here (a page, a prompt, a pipe) is the caller's business.
 *
 * @module
 */

import { ACCESS_KEY_FORM, parseAccessKey } from "../access_key.ts";
import { parseBaseUrl, resolveApiUrls } from "../base_url.ts";
import {
  type ConnectionName,
  type ConnectionRecord,
  DEFAULT_NAME,
  parseConnectionName,
} from "../connection.ts";
import type { Credential } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { parseApiKey } from "../flow/api_key.ts";
import { type FlowName, PLACEHOLDER, type Provider } from "../provider.ts";
import type { ConnectionDraft } from "../vault/record.ts";
import type { Secrets } from "../vault/sealed_store.ts";
import { alreadyExists } from "../vault/vault.ts";
import type { Broker } from "./broker.ts";
import { parseKnownProvider } from "./connections.ts";
import { endpointsOf } from "./endpoint_pin.ts";
import { loginCommand } from "./route_plan.ts";

/** What a login is asked for, as texts. */
export interface LoginWish {
  /** Name of the provider. */
  readonly provider: string;
  /** Default: `default`. */
  readonly connection?: string | undefined;
  /** Replace an existing connection. */
  readonly force: boolean;
  /** Default: the provider's own. */
  readonly flow?: string | undefined;
  /** Address of a self-hosted or per-customer installation. */
  readonly baseUrl?: string | undefined;
}

/** A login that may go on. */
export interface LoginPlan {
  /** The provider. */
  readonly provider: Provider;
  /** What the connection will be called. */
  readonly connection: ConnectionName;
  /** Replace an existing connection. */
  readonly force: boolean;
  /** How the credential is obtained. */
  readonly flow: FlowName;
  /** Address of the installation, if the login named one. */
  readonly baseUrl: string | null;
  /** The host patterns the credential will be used for. */
  readonly apiUrls: readonly string[];
}

/**
 * Checks everything that can be checked before a person is asked for a secret.
 *
 * @throws {AuthsomeError} `provider_not_found`; `already_exists` without `force`; `usage` if the
 * definition, a name, the flow or the base URL is wrong.
 */
export function planLogin(broker: Broker, wish: LoginWish): LoginPlan {
  const provider = broker.registry.get(parseKnownProvider(broker, wish.provider));
  const connection = parseConnectionName(wish.connection ?? DEFAULT_NAME);
  const baseUrl = wish.baseUrl === undefined ? undefined : chooseBaseUrl(provider, wish.baseUrl);
  const plan: LoginPlan = {
    provider,
    connection,
    force: wish.force,
    flow: chooseFlow(provider, wish.flow),
    baseUrl: baseUrl ?? null,
    apiUrls: resolveApiUrls(provider, baseUrl),
  };
  if (!wish.force) refuseExisting(broker, plan);
  broker.trail.open();
  return plan;
}

/**
 * Seals a credential as the planned connection, in one step with the check that there is none yet.
 *
 * @param metadata Facts about how it was made, for the record; nothing secret.
 * @throws {AuthsomeError} `already_exists` if another login was faster; `vault_unavailable`.
 */
export function storeLogin(
  broker: Broker,
  plan: LoginPlan,
  credential: Credential,
  metadata: Readonly<Record<string, unknown>> = {},
): ConnectionRecord {
  const { provider: { name: provider }, connection } = plan;
  const described = describeLogin(broker, plan, credential);
  const draft = { ...described, metadata: { ...described.metadata, ...metadata } };
  const record = broker.vault.writeConnection(draft, secretsOf(credential), {
    replace: plan.force,
  });
  broker.trail.append({ event: "login", provider, connection, outcome: "ok" });
  return record;
}

/**
 * Reads a key that a person gave, however they did.
 *
 * @throws {AuthsomeError} `authentication_failed` if it is malformed, or no key but the placeholder
 * that stands for one inside `authsome run`.
 */
export function parseLoginKey({ provider }: LoginPlan, text: string): Credential {
  const apiKey = parseApiKey(provider, text);
  const isPlaceholder = [provider.placeholder, PLACEHOLDER].some((start) =>
    apiKey.reveal().startsWith(start)
  );
  if (isPlaceholder) {
    throw new AuthsomeError("authentication_failed", "This is authsome's placeholder, not a key.", {
      hint: `Log in outside of 'authsome run', with a key from ${provider.displayName}.`,
    });
  }
  if (provider.placement.kind === "sigv4" && parseAccessKey(apiKey) === undefined) {
    const message = `This is not a whole ${provider.displayName} access key.`;
    throw new AuthsomeError("authentication_failed", message, {
      hint: `Write it as ${ACCESS_KEY_FORM}`,
    });
  }
  return { kind: "api_key", apiKey };
}

/** Records that a login failed, and why. */
export function recordFailedLogin(broker: Broker, plan: LoginPlan, error: AuthsomeError): void {
  const { provider: { name: provider }, connection } = plan;
  broker.trail.append({ event: "login", provider, connection, outcome: error.code });
}

function refuseExisting(
  broker: Broker,
  { provider: { name: provider }, connection }: LoginPlan,
): void {
  if (broker.vault.connection(broker.profile, provider, connection) === undefined) return;
  throw alreadyExists({ provider, connection_name: connection });
}

function describeLogin(broker: Broker, plan: LoginPlan, credential: Credential): ConnectionDraft {
  return {
    schema_version: 1,
    provider: plan.provider.name,
    profile: broker.profile,
    connection_name: plan.connection,
    auth_type: plan.provider.authType,
    status: "connected",
    obtained_at: formatTime(broker.now()),
    base_url: plan.baseUrl,
    metadata: { api_urls: plan.apiUrls, flow: plan.flow, ...pinOf(plan, credential) },
    ...describeGrant(credential),
  };
}

function pinOf({ provider, baseUrl }: LoginPlan, { kind }: Credential): { endpoints?: string[] } {
  return kind === "oauth2" ? { endpoints: [...endpointsOf(provider, baseUrl)] } : {};
}

/** The fields of a record that a grant decides. */
export type Grant = Pick<ConnectionDraft, "scopes" | "token_type" | "expires_at" | "account">;

/** What a record says of a credential. */
export function describeGrant(credential: Credential): Grant {
  const nobody = { id: null, label: null };
  switch (credential.kind) {
    case "api_key":
      return { scopes: [], token_type: null, expires_at: null, account: nobody };
    case "oauth2":
      return {
        scopes: credential.scopes,
        token_type: credential.tokenType,
        expires_at: credential.expiresAt === undefined ? null : formatTime(credential.expiresAt),
        account: credential.account ?? nobody,
      };
    default:
      return credential satisfies never;
  }
}

/** The parts of a credential that are sealed. */
export function secretsOf(credential: Credential): Secrets {
  switch (credential.kind) {
    case "api_key":
      return { api_key: credential.apiKey };
    case "oauth2": {
      const { accessToken, refreshToken, idToken } = credential;
      return {
        access_token: accessToken,
        ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
        ...(idToken === undefined ? {} : { id_token: idToken }),
      };
    }
    default:
      return credential satisfies never;
  }
}

function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function chooseFlow(provider: Provider, wanted: string | undefined): FlowName {
  const flows = flowsOf(provider);
  const flow = flows.find((name) => name === (wanted ?? provider.flow));
  if (flow !== undefined) return flow;
  throw new AuthsomeError("usage", `${provider.name} has no flow '${wanted}'.`, {
    hint: `Its flows are: ${flows.join(", ")}`,
  });
}

function chooseBaseUrl(provider: Provider, text: string): string {
  const urls = JSON.stringify([provider.apiUrls, provider.oauth ?? {}]);
  if (urls.includes("{base_url}")) return parseBaseUrl(text);
  throw new AuthsomeError("usage", `${provider.displayName} has no installations of its own.`, {
    hint: `Leave --base-url out: ${loginCommand(provider.name)}`,
  });
}

/** Every flow that a login may choose, the provider's own first. */
export function flowsOf({ flow, oauth }: Provider): readonly FlowName[] {
  const flows = new Set<FlowName>([flow]);
  if (oauth?.authorizationUrl !== undefined) flows.add("pkce");
  if (oauth?.supportsDeviceCode) flows.add("device_code");
  if (oauth?.supportsDcr) flows.add("dcr_pkce");
  return [...flows];
}
