/**
 * Finds the home and the profile a command works on, and opens a broker for them.
 *
 * @module
 */

import { type Broker, openBroker, type PassphrasePrompt } from "../broker/broker.ts";
import { DEFAULT_NAME, parseProfileName } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { Session } from "./session.ts";
import type { System } from "./system.ts";

/**
 * Opens the broker of this invocation. Nothing is read or made until a part of it is used.
 *
 * @throws {AuthsomeError} `usage` if the profile's name is malformed or no home can be found.
 */
export function openCommandBroker(session: Session): Broker {
  const { system } = session;
  const { env, now, bundled } = system;
  return openBroker({
    home: findHome(system),
    profile: parseProfileName(findProfile(session) ?? DEFAULT_NAME),
    env,
    now,
    bundled,
    ...(system.stdin.isTerminal ? { ask: createPassphrasePrompt(system) } : {}),
  });
}

/** `--profile`, or AUTHSOME_PROFILE; `undefined` if neither names one. */
export function findProfile({ system, globals }: Session): string | undefined {
  return globals.profile ?? (system.env.AUTHSOME_PROFILE || undefined);
}

function createPassphrasePrompt(system: System): PassphrasePrompt {
  return async (purpose) => {
    const { promptSecret } = await import("./prompt.ts");
    if (purpose === "open") return await promptSecret(system, { question: "Vault passphrase: " });
    const chosen = await promptSecret(system, { question: "New vault passphrase: " });
    const again = await promptSecret(system, { question: "The same once more: " });
    if (chosen.equals(again)) return chosen;
    throw new AuthsomeError("cancelled", "The two passphrases differ. Nothing was changed.", {
      hint: "Run the command again.",
    });
  };
}

/** `AUTHSOME_HOME`, or `.authsome` in the user's own folder. */
export function findHome({ env, os }: Pick<System, "env" | "os">): string {
  const user = os === "windows" ? env.USERPROFILE : env.HOME;
  const home = env.AUTHSOME_HOME || (user ? `${user}/.authsome` : undefined);
  if (home !== undefined) return isAbsolute(home) ? home : `${Deno.cwd()}/${home}`;
  throw new AuthsomeError("usage", "There is no home folder to keep the vault in.", {
    hint: "Name a folder of your own: export AUTHSOME_HOME=…",
  });
}

function isAbsolute(path: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:[/\\])/.test(path);
}
