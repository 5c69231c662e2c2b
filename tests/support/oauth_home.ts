/**
 * A home with one OAuth connection, made without any login.
 *
 * @module
 */

import { type Broker, openBroker } from "../../lib/broker/broker.ts";
import { planLogin, storeLogin } from "../../lib/broker/login.ts";
import { writeClient } from "../../lib/broker/oauth_settings.ts";
import {
  type ConnectionRecord,
  parseConnectionName,
  parseProfileName,
} from "../../lib/connection.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import { changed, OAUTH_DEFINITION } from "./definitions.ts";
import { FIRST_TOKENS, startTokenEndpoint, type TokenEndpoint } from "./token_endpoint.ts";
import { withFolder } from "./vault.ts";

/** The provider. */
export const ACME = parseProviderName("acme");

/** Host of its API. */
export const ACME_HOST = "api.acme.example";

/** One hour, in milliseconds. */
export const HOUR_MS = 3_600_000;

/** A home, its token endpoint, and a way in. */
export interface OAuthHome {
  readonly path: string;
  readonly endpoint: TokenEndpoint;
  /** Opens the home; with a clock of its own if told so. */
  open(now?: () => number): Broker;
}

/** How the connection is. */
export interface OAuthHomeOptions {
  /** When the first access token ends, in milliseconds from now; the default is a minute ago. */
  readonly endsInMs?: number;
  /** Whether there is a refresh token; default: yes. */
  readonly refreshable?: boolean;
}

/** Gives `use` such a home. */
export async function withOAuthHome(
  use: (home: OAuthHome) => Promise<void>,
  { endsInMs = -60_000, refreshable = true }: OAuthHomeOptions = {},
): Promise<void> {
  const endpoint = await startTokenEndpoint();
  try {
    await withFolder(async (folder) => {
      const path = `${folder}/home`;
      const open = (now = Date.now): Broker => openOAuthHome(path, now);
      {
        using broker = open();
        const file = `${broker.home.path}/providers/acme.json`;
        Deno.mkdirSync(`${broker.home.path}/providers`, { recursive: true });
        Deno.writeTextFileSync(file, JSON.stringify(definition(endpoint)), { mode: 0o600 });
      }
      using broker = open();
      writeClient(broker, ACME, { id: "acme-client" });
      const plan = planLogin(broker, { provider: "acme", force: false });
      storeLogin(broker, plan, {
        kind: "oauth2",
        accessToken: new Secret(FIRST_TOKENS.access),
        ...(refreshable && { refreshToken: new Secret(FIRST_TOKENS.refresh) }),
        tokenType: "Bearer",
        scopes: [],
        expiresAt: Date.now() + endsInMs,
      });
      await use({ path, endpoint, open });
    });
  } finally {
    await endpoint.close();
  }
}

/** Opens a home that {@link withOAuthHome} has made. */
export function openOAuthHome(path: string, now: () => number): Broker {
  const profile = parseProfileName("default");
  return openBroker({ home: path, profile, env: Deno.env.toObject(), now, bundled: {} });
}

/** The connection as it is stored now. */
export function storedConnection(broker: Broker): ConnectionRecord {
  const name = parseConnectionName("default");
  const record = broker.vault.connection(broker.profile, ACME, name);
  if (record === undefined) throw new Error("The connection is gone.");
  return record;
}

/** The access token of a record. */
export function tokenOf(broker: Broker, record: ConnectionRecord): string | undefined {
  return broker.vault.unseal(record, "access_token")?.reveal();
}

function definition({ url }: TokenEndpoint): object {
  return changed(OAUTH_DEFINITION, { api_url: ACME_HOST, "oauth.token_url": url });
}
