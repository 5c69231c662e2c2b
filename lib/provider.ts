/**
 * A provider: a service we can authenticate to. Types only; `definition.ts` makes them from JSON.
 *
 * @module
 */

import type { AccessKeyField } from "./access_key.ts";
import { AuthsomeError } from "./errors.ts";

/** A validated provider name: `^[a-z0-9][a-z0-9_-]{0,63}$`. Made only by {@link parseProviderName}. */
export type ProviderName = string & { readonly __brand: "ProviderName" };

/** What a provider accepts. */
export type AuthType = "oauth2" | "api_key";

/** The way a credential for the provider is obtained. */
export type FlowName = "pkce" | "device_code" | "dcr_pkce" | "api_key";

/** Where in a request the credential goes. */
export type Placement =
  | {
    /**
     * A header whose value is `prefix + " " + credential`, or the bare credential if the prefix is
     * empty; no space after a prefix that ends with `=`.
     */
    readonly kind: "header";
    readonly name: string;
    readonly prefix: string;
  }
  | {
    /** A query parameter of the request target. */
    readonly kind: "query";
    readonly name: string;
  }
  | {
    /** HTTP Basic (RFC 7617); `{key}` in either part stands for the credential. */
    readonly kind: "basic";
    readonly username: string;
    readonly password: string;
  }
  | {
    /**
     * A signature over the request (AWS Signature Version 4). It takes the place of one made with
     * the placeholder as access key; requests that are not signed so pass as they are.
     */
    readonly kind: "sigv4";
  };

/** How an API key looks and where it may come from. */
export interface ApiKeySettings {
  /** Environment variable that `login` may take the key from without being asked. */
  readonly envVar?: string;
  /** Anchored pattern the whole key must match. */
  readonly keyPattern?: RegExp;
  /** Sentence that tells a person what a key looks like. */
  readonly keyPatternHint?: string;
}

/** OAuth 2 endpoints and manners. URLs may contain `{base_url}`. */
export interface OAuthSettings {
  /** RFC 6749, section 3.1. */
  readonly authorizationUrl?: string;
  /** RFC 6749, section 3.2. */
  readonly tokenUrl?: string;
  /** RFC 7009. */
  readonly revocationUrl?: string;
  /** RFC 8628. */
  readonly deviceAuthorizationUrl?: string;
  /** RFC 7591. */
  readonly registrationEndpoint?: string;
  /** What `{base_url}` stands for when a login names none. */
  readonly baseUrl?: string;
  /** Asked for unless a login names others. */
  readonly scopes: readonly string[];
  /** Whether the server takes a code challenge (RFC 7636). */
  readonly pkce: boolean;
  /** Whether the device flow can be chosen. */
  readonly supportsDeviceCode: boolean;
  /** Whether a client can be registered on the fly. */
  readonly supportsDcr: boolean;
  /** How the client proves itself at the token endpoint (RFC 6749, section 2.3). */
  readonly tokenEndpointAuthMethod?: "none" | "client_secret_post" | "client_secret_basic";
  /** Extra parameters of the authorization request. */
  readonly authorizationParams: Readonly<Record<string, string>>;
  /** How a device polls the token endpoint: `form` unless the vendor wants JSON. */
  readonly deviceTokenRequest: "form" | "json";
}

/** The credential field an exported variable carries. */
export type ExportField = "api_key" | "access_token" | AccessKeyField;

/** Environment variables that tools read this provider's credential from. */
export interface ExportVariables {
  /** Which field they carry. */
  readonly field: ExportField;
  /** At least one; the first is the one `--from-env` reads by default. */
  readonly variables: readonly string[];
}

/** A variable from which SDKs take the address of the API, and the real address. */
export interface BaseUrlVariable {
  /** Its name. */
  readonly variable: string;
  /** https, or http on loopback; without query. */
  readonly url: string;
}

/** A parsed and validated definition. */
export interface Provider {
  /** What commands call it. */
  readonly name: ProviderName;
  /** The service's own name. */
  readonly displayName: string;
  /** What it accepts. */
  readonly authType: AuthType;
  /** How a credential is obtained unless a login says otherwise. */
  readonly flow: FlowName;
  /** Host patterns as written (`api_url`), possibly with `{base_url}`; see `host_pattern.ts`. */
  readonly apiUrls: readonly string[];
  /** Page that tells a person how to get a credential. */
  readonly docs?: string;
  /** Where the credential goes. */
  readonly placement: Placement;
  /** How a key looks; empty for OAuth. */
  readonly apiKey: ApiKeySettings;
  /** Endpoints and manners; absent for API keys. */
  readonly oauth?: OAuthSettings;
  /** Fixed headers added to every injected request. */
  readonly extraHeaders: readonly HeaderField[];
  /** What the child's variables hold instead of the credential. */
  readonly placeholder: string;
  /** Environment variables that may supply the OAuth client. */
  readonly client: { readonly idEnv?: string; readonly secretEnv?: string };
  /** Variables that tools read. */
  readonly exports: readonly ExportVariables[];
  /** Variables that can lead SDKs to another address (`base_url_env`). */
  readonly baseUrls: readonly BaseUrlVariable[];
}

/** One header field, name in the case it is to be sent in. */
export interface HeaderField {
  /** Field name. */
  readonly name: string;
  /** Field value. */
  readonly value: string;
}

const PROVIDER_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Default value of {@link Provider.placeholder} and of every routed variable in a child. */
export const PLACEHOLDER = "authsome-proxy-managed";

/**
 * Reads a provider name.
 *
 * @throws {AuthsomeError} `usage` if it does not match `^[a-z0-9][a-z0-9_-]{0,63}$`.
 */
export function parseProviderName(text: string): ProviderName {
  if (PROVIDER_NAME.test(text)) return text as ProviderName;
  throw new AuthsomeError("usage", `'${text}' is not a provider name.`, {
    hint: "Provider names are lower case, for example: authsome login openai",
  });
}
