/**
 * The API key flow on the command line: gets a key in one of four ways and stores it.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { type LoginPlan, parseLoginKey, storeLogin } from "../broker/login.ts";
import type { ConnectionRecord } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { hasDisplay } from "../login/browser.ts";
import type { InputOf } from "./dispatch.ts";
import { chooseKeyOrigin, type KeyOrigin } from "./key_origin.ts";
import type { Session } from "./session.ts";

/** A login in progress. */
export interface LoginAttempt {
  readonly broker: Broker;
  readonly plan: LoginPlan;
  readonly flags: InputOf<"login">["flags"];
  readonly session: Session;
}

/** Largest input read with `--stdin`, in bytes. */
const LARGEST_INPUT = 1024 * 1024;

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
  const flag = (["scopes", "client-id"] as const).find((name) => flags[name] !== undefined);
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
    case "stdin":
      if (!system.stdin.isTerminal) return await readAll(system.stdin);
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

async function readAll(input: Session["system"]["stdin"]): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const count = await input.read(buffer);
    if (count === null) return text + decoder.decode();
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    if (text.length <= LARGEST_INPUT) continue;
    throw new AuthsomeError("authentication_failed", "The input is far too long for a key.", {
      hint: "Pipe in the key alone.",
    });
  }
}

async function loginOnPage(
  { broker, plan, session: { system, output } }: LoginAttempt,
  { open }: { readonly open: boolean },
): Promise<ConnectionRecord> {
  const { requestFromPage } = await import("../login/request.ts");
  const { createSpawn, openBrowser } = await import("../login/browser.ts");
  const { provider, connection } = plan;
  const interrupt = new AbortController();
  using _listener = system.onSignal("SIGINT", () => interrupt.abort());
  let record: ConnectionRecord | undefined;
  await requestFromPage({
    page: {
      providerName: provider.displayName,
      connection,
      vault: shortenHome(broker.home.path, system.env.HOME),
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
      // Not a note: without the address nobody could go on, however quiet this is.
      system.stderr.write(`Enter the ${provider.displayName} API key here: ${address}\n`);
      if (!open) return;
      const opened = openBrowser(address, { os: system.os, spawn: createSpawn(system.env) });
      output.note(opened ? "Your browser is opening it." : "Open it in your browser.");
    },
    signal: interrupt.signal,
  });
  if (record === undefined) throw new Error("The login page ended without a connection.");
  return record;
}

function shortenHome(path: string, home: string | undefined): string {
  return home && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
