/**
 * A login in progress, and what all its ways share: reading a pipe, announcing a page.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { LoginPlan } from "../broker/login.ts";
import { AuthsomeError } from "../errors.ts";
import { createSpawn, hasDisplay, openBrowser } from "../login/browser.ts";
import type { InputOf } from "./dispatch.ts";
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
 * Everything on standard input.
 *
 * @throws {AuthsomeError} `authentication_failed` if that is far too much.
 */
export async function readStandardInput(input: Session["system"]["stdin"]): Promise<string> {
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

/** Whether the browser may be opened where the person sits. */
export function opensBrowser({ flags, session: { system } }: LoginAttempt): boolean {
  return !flags["no-browser"] && hasDisplay(system.env, system.os);
}

/**
 * Prints where to go, and opens the browser there if told to.
 *
 * @param sentence What the address is for; the address comes at the end of the line.
 */
export function announcePage(
  { session: { system, output } }: LoginAttempt,
  { sentence, address, open }: {
    readonly sentence: string;
    readonly address: string;
    readonly open: boolean;
  },
): void {
  // Not a note: without the address nobody could go on, however quiet this is.
  system.stderr.write(`${sentence}: ${address}\n`);
  if (!open) return;
  const opened = openBrowser(address, { os: system.os, spawn: createSpawn(system.env) });
  output.note(opened ? "Your browser is opening it." : "Open it in your browser.");
}

/** Where the vault is, as a person would write it. */
export function describeVault({ broker, session: { system: { env } } }: LoginAttempt): string {
  const { path } = broker.home;
  return env.HOME && path.startsWith(`${env.HOME}/`) ? `~${path.slice(env.HOME.length)}` : path;
}
