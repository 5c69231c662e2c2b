/**
 * Where an OAuth login takes its client from. Pure: the decision only.
 *
 * @module
 */

import { flowsOf } from "../broker/login.ts";
import type { OAuthClient } from "../broker/oauth_login.ts";
import { AuthsomeError } from "../errors.ts";
import type { Provider } from "../provider.ts";
import type { InputOf } from "./dispatch.ts";

/** One way for a client to come in. */
export type ClientOrigin =
  | { readonly kind: "known"; readonly client: OAuthClient }
  | {
    /** The id is an argument; where its secret comes from, if it has one. */
    readonly kind: "named";
    readonly id: string;
    readonly secret: "stdin" | "prompt" | "none";
  }
  | { readonly kind: "page" }
  | { readonly kind: "prompt" };

/** What the decision depends on. */
export interface ClientSituation {
  readonly flags: Pick<
    InputOf<"login">["flags"],
    "client-id" | "stdin" | "from-env" | "force" | "no-browser"
  >;
  readonly provider: Provider;
  /** What can be used without asking. */
  readonly known: OAuthClient | undefined;
  /** What is stored, even if `--force` is there to replace it. */
  readonly stored: OAuthClient | undefined;
  /** Whether no client of this provider has a secret. */
  readonly isPublicOnly: boolean;
  /** Whether a browser would show up where the person sits. */
  readonly hasDisplay: boolean;
  /** Whether a person could type. */
  readonly hasTerminal: boolean;
}

/**
 * Chooses the first way that applies: `--client-id`, the stored client or the definition's
 * variables, the page, the terminal; and at last, where nobody can be asked, the stored client
 * although `--force` is there.
 *
 * @throws {AuthsomeError} `usage` if there is none, or the flags make no sense.
 */
export function chooseClientOrigin(situation: ClientSituation): ClientOrigin {
  const { flags, provider, known, stored, hasDisplay, hasTerminal } = situation;
  refuseKeyFlags(situation);
  const id = flags["client-id"];
  if (id !== undefined) return { kind: "named", id, secret: chooseSecret(situation) };
  if (known !== undefined) return { kind: "known", client: known };
  if (flags["no-browser"] || hasDisplay) return { kind: "page" };
  if (hasTerminal) return { kind: "prompt" };
  if (stored !== undefined) return { kind: "known", client: stored };
  throw nowhereToAsk(provider);
}

function chooseSecret(
  { flags, isPublicOnly, hasTerminal }: ClientSituation,
): "stdin" | "prompt" | "none" {
  if (flags.stdin) return "stdin";
  return hasTerminal && !isPublicOnly ? "prompt" : "none";
}

/** Whoever comes from gh tries a personal token first. */
function refuseKeyFlags({ flags, provider }: ClientSituation): void {
  const { name, displayName } = provider;
  const signIn = `authsome login ${name} (flows: ${flowsOf(provider).join(", ")})`;
  const token = "A token of your own needs a definition of your own: authsome register FILE; see " +
    "'Connect GitHub' in authsome's README.";
  if (flags["from-env"] !== undefined) {
    throw new AuthsomeError("usage", `${displayName} is logged in to with OAuth, not with a key.`, {
      hint: `Leave --from-env out: ${signIn}. ${token}`,
    });
  }
  if (flags.stdin && flags["client-id"] === undefined) {
    const message =
      `${displayName} is logged in to with OAuth, where --stdin gives the secret of ` +
      "a client, which is not named.";
    throw new AuthsomeError("usage", message, {
      hint: `Name it with --client-id ID, or leave --stdin out: ${signIn}. ${token}`,
    });
  }
}

function nowhereToAsk(
  { name, displayName, client: { idEnv, secretEnv } }: Provider,
): AuthsomeError {
  const message = `There is no terminal and no display to ask for your ${displayName} client ID.`;
  const variables = [idEnv, secretEnv].filter((variable) => variable !== undefined).join(" and ");
  const set = variables === "" ? "" : `, or set ${variables}`;
  return new AuthsomeError("usage", message, {
    hint: `Give it: authsome login ${name} --client-id ID --stdin < secret.txt${set}`,
  });
}
