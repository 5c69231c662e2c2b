/**
 * The API key flow on the command line: gets a key in one of four ways and stores it.
 *
 * @module
 */

import { parseLoginKey, storeLogin } from "../broker/login.ts";
import type { ConnectionRecord } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { hasDisplay } from "../login/browser.ts";
import { chooseKeyOrigin, type KeyOrigin } from "./key_origin.ts";
import {
  announcePage,
  describeVault,
  type LoginAttempt,
  readStandardInput,
} from "./login_attempt.ts";

/**
 * Obtains the key and stores it.
 *
 * @throws {AuthsomeError} `authentication_failed` if it is malformed; `cancelled`; `usage` or
 * `connection_not_found` if there is no way to get one.
 */
export async function loginWithApiKey(attempt: LoginAttempt): Promise<ConnectionRecord> {
  const { plan, session: { system }, flags } = attempt;
  refuseOAuthFlags(flags);
  const origin = chooseKeyOrigin({
    flags,
    provider: plan.provider,
    env: system.env,
    hasDisplay: hasDisplay(system.env, system.os),
    hasTerminal: system.stdin.isTerminal,
  });
  if (origin.kind === "page") return await loginOnPage(attempt, origin);
  const text = await readKey(attempt, origin);
  return storeLogin(attempt.broker, plan, parseLoginKey(plan, text));
}

function refuseOAuthFlags(flags: LoginAttempt["flags"]): void {
  const flag = (["scopes", "client-id", "redirect-port"] as const).find((name) =>
    flags[name] !== undefined
  );
  if (flag === undefined) return;
  throw new AuthsomeError("usage", `--${flag} has no meaning for an API key.`, {
    hint: "Leave it out.",
  });
}

async function readKey(
  { plan: { provider }, session: { system, output, globals } }: LoginAttempt,
  origin: Exclude<KeyOrigin, { readonly kind: "page" }>,
): Promise<string> {
  switch (origin.kind) {
    case "variable":
      output.note(`Taking the key from ${origin.name}.`);
      return system.env[origin.name] ?? "";
    case "access_key":
      output.note(`Taking the key from ${origin.names.join(", ")}.`);
      return origin.names.map((name) => system.env[name]?.trim() ?? "").join(":");
    case "stdin":
      if (!system.stdin.isTerminal) return await readStandardInput(system.stdin);
      break;
    case "prompt":
      break;
    default:
      origin satisfies never;
  }
  const { promptSecret } = await import("./prompt.ts");
  const { docs, displayName } = provider;
  const key = await promptSecret(system, {
    question: `${displayName} API key: `,
    ...(docs === undefined || globals.quiet ? {} : { remark: `Get a key at ${docs}` }),
  });
  return key.reveal();
}

async function loginOnPage(
  attempt: LoginAttempt,
  { open }: { readonly open: boolean },
): Promise<ConnectionRecord> {
  const { requestFromPage } = await import("../login/request.ts");
  const { broker, plan, session: { system } } = attempt;
  const { provider, connection } = plan;
  const interrupt = new AbortController();
  using _listener = system.onSignal("SIGINT", () => interrupt.abort());
  let record: ConnectionRecord | undefined;
  await requestFromPage({
    page: {
      providerName: provider.displayName,
      connection,
      vault: describeVault(attempt),
      ...(provider.docs === undefined ? {} : { docs: provider.docs }),
      fields: [{
        name: "api_key",
        label: "API key",
        masked: true,
        ...(provider.apiKey.keyPatternHint === undefined
          ? {}
          : { hint: provider.apiKey.keyPatternHint }),
      }],
    },
    parse: (values) => parseLoginKey(plan, values.api_key.reveal()),
    store: (credential) => {
      record = storeLogin(broker, plan, credential);
      return Promise.resolve();
    },
    onListening: (address) => {
      const sentence = `Enter the ${provider.displayName} API key here`;
      announcePage(attempt, { sentence, address, open });
    },
    signal: interrupt.signal,
  });
  if (record === undefined) throw new Error("The login page ended without a connection.");
  return record;
}
