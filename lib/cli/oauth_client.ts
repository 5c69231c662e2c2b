/**
 * Asks for the OAuth client of a provider: on the page, in the terminal, or not at all.
 *
 * @module
 */

import { isPublicOnly, knownClient, type OAuthClient } from "../broker/oauth_login.ts";
import type { OAuthLogin } from "../broker/oauth_login.ts";
import { parseOAuthClient } from "../flow/oauth_client.ts";
import { hasDisplay } from "../login/browser.ts";
import type { FormPage } from "../login/page.ts";
import type { FormRequest } from "../login/server.ts";
import { chooseClientOrigin, type ClientOrigin } from "./client_origin.ts";
import { describeVault, type LoginAttempt, readStandardInput } from "./login_attempt.ts";

/** Fields of the form. */
export type ClientField = "client_id" | "client_secret";

const KEEP = "Leave it empty to keep what is stored.";

/** Where this login's client comes from. @throws as {@link chooseClientOrigin} */
export function originOfClient(
  { flags, plan: { provider, flow }, session: { system } }: LoginAttempt,
  login: OAuthLogin,
): ClientOrigin {
  return chooseClientOrigin({
    flags,
    provider,
    known: knownClient(login),
    stored: login.stored,
    // Most devices are public clients (RFC 8628, section 5.6): who names one is not asked for more.
    isPublicOnly: isPublicOnly(login) || flow === "device_code",
    hasDisplay: hasDisplay(system.env, system.os),
    hasTerminal: system.stdin.isTerminal,
  });
}

/**
 * Gets the client without a page.
 *
 * @throws {AuthsomeError} `authentication_failed` if it is malformed; `cancelled` at a prompt
 */
export async function readOAuthClient(
  attempt: LoginAttempt,
  login: OAuthLogin,
  origin: Exclude<ClientOrigin, { readonly kind: "page" }>,
): Promise<OAuthClient> {
  const { plan: { provider } } = attempt;
  switch (origin.kind) {
    case "known":
      return origin.client;
    case "named": {
      const secret = await readSecret(attempt, origin.secret);
      return parseOAuthClient(provider, { id: origin.id, secret });
    }
    case "prompt":
      return await promptClient(attempt, login);
    default:
      return origin satisfies never;
  }
}

async function readSecret(
  attempt: LoginAttempt,
  from: "stdin" | "prompt" | "none",
): Promise<string> {
  const { stdin } = attempt.session.system;
  if (from === "none") return "";
  if (from === "stdin" && !stdin.isTerminal) return await readStandardInput(stdin);
  return await promptForSecret(attempt, "empty if your app has none");
}

async function promptForSecret(attempt: LoginAttempt, remark: string): Promise<string> {
  const { promptSecret } = await import("./prompt.ts");
  const question = `${attempt.plan.provider.displayName} client secret (${remark}): `;
  return (await promptSecret(attempt.session.system, { question })).reveal();
}

async function promptClient(attempt: LoginAttempt, login: OAuthLogin): Promise<OAuthClient> {
  const { plan: { provider }, session: { system, globals } } = attempt;
  const { promptText } = await import("./prompt.ts");
  const { stored } = login;
  const keep = stored === undefined ? "" : " (empty to keep the stored client)";
  const id = await promptText(system, {
    question: `${provider.displayName} client ID${keep}: `,
    ...(provider.docs === undefined || globals.quiet
      ? {}
      : { remark: `Register an app of yours: ${provider.docs}` }),
  });
  if (id.trim() === "" && stored !== undefined) return stored;
  if (isPublicOnly(login)) return parseOAuthClient(provider, { id });
  const secret = await promptForSecret(attempt, "empty if your app has none");
  return parseOAuthClient(provider, { id, secret });
}

/** What the form shows and how it is read. */
export type ClientForm = Pick<FormRequest<ClientField, OAuthClient>, "page" | "parse">;

/** The form that asks for a client. `redirectUri` is shown for registering, if one is needed. */
export function createClientForm(
  attempt: LoginAttempt,
  login: OAuthLogin,
  redirectUri?: string,
): ClientForm {
  const { provider, connection } = attempt.plan;
  const { stored } = login;
  const isKept = stored !== undefined;
  const page: FormPage<ClientField> = {
    purpose: "client",
    providerName: provider.displayName,
    connection,
    vault: describeVault(attempt),
    ...(provider.docs === undefined ? {} : { docs: provider.docs }),
    ...(redirectUri === undefined
      ? {}
      : { copy: { label: "Redirect URI to register", text: redirectUri } }),
    fields: [
      {
        name: "client_id",
        label: "Client ID",
        masked: false,
        ...(isKept ? { optional: true, hint: KEEP } : {}),
      },
      {
        name: "client_secret",
        label: "Client secret",
        masked: true,
        optional: true,
        hint: isKept ? KEEP : "Leave it empty if your app has none.",
      },
    ],
  };
  return {
    page,
    parse: ({ client_id, client_secret }) => {
      const [id, secret] = [client_id.reveal().trim(), client_secret.reveal().trim()];
      if (stored === undefined || id !== "") return parseOAuthClient(provider, { id, secret });
      return secret === "" ? stored : parseOAuthClient(provider, { id: stored.id, secret });
    },
  };
}
