/**
 * What the OAuth flows need of the home: the client, the server that was found for a connection,
 * and a `fetch` that trusts what the person's settings name.
 *
 * @module
 */

import { readOwnRoots } from "../ca/trust.ts";
import type { ConnectionRecord } from "../connection.ts";
import type { DiscoveredServer } from "../flow/discovery.ts";
import type { ClientAuthMethod, OAuthClient } from "../flow/oauth_client.ts";
import type { FlowSystem } from "../flow/transport.ts";
import type { ProviderName } from "../provider.ts";
import type { Broker } from "./broker.ts";

/** The client stored for a provider; shared by its connections. */
export function readClient(broker: Broker, provider: ProviderName): OAuthClient | undefined {
  const stored = broker.vault.client(broker.profile, provider);
  if (stored === undefined) return undefined;
  const { clientId: id, clientSecret: secret, registration } = stored;
  return { id, ...(secret === undefined ? {} : { secret }), ...parseRegistration(registration) };
}

/** Stores the client of a provider, over any earlier one. */
export function writeClient(broker: Broker, provider: ProviderName, client: OAuthClient): void {
  const { id: clientId, secret, ...registration } = client;
  broker.vault.writeClient(broker.profile, provider, {
    clientId,
    registration,
    ...(secret === undefined ? {} : { clientSecret: secret }),
  });
}

const METHODS: readonly ClientAuthMethod[] = ["none", "client_secret_post", "client_secret_basic"];

function parseRegistration(
  registration: Readonly<Record<string, unknown>> = {},
): Omit<OAuthClient, "id" | "secret"> {
  const authMethod = METHODS.find((method) => method === registration.authMethod);
  const { redirectUri, secretExpiresAt } = registration;
  return {
    ...(authMethod === undefined ? {} : { authMethod }),
    ...(typeof redirectUri === "string" ? { redirectUri } : {}),
    ...(typeof secretExpiresAt === "number" ? { secretExpiresAt } : {}),
  };
}

/** The server a connection was made with, if it was discovered rather than defined. */
export function readServer({ metadata }: ConnectionRecord): Partial<DiscoveredServer> {
  const found = metadata["oauth"];
  return typeof found === "object" && found !== null ? found as DiscoveredServer : {};
}

/** Network, clock and Ctrl-C for a flow. Disposing closes its connections. */
export function createFlowSystem(broker: Broker, signal?: AbortSignal): FlowSystem & Disposable {
  let client: Deno.HttpClient | undefined;
  return {
    fetch: (input, init) => {
      client ??= Deno.createHttpClient({ caCerts: [...readOwnRoots(broker.env)] });
      return fetch(input, { ...init, client });
    },
    now: broker.now,
    ...(signal === undefined ? {} : { signal }),
    [Symbol.dispose]: () => client?.close(),
  };
}
