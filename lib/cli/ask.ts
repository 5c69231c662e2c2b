/**
 * Asks the person who started a run about a request: at the terminal, or on a page.
 *
 * @module
 */

import { createSpawn, hasDisplay, openBrowser } from "../login/browser.ts";
import type { AskAnswer, AskQuestion } from "../policy.ts";
import type { TerminalAnswer } from "./ask_terminal.ts";
import type { System } from "./system.ts";

/** Where to ask; `auto` is the terminal, or else a page. */
export type AskPlace = "auto" | "terminal" | "page";

/** How long a question waits, in milliseconds: one minute. */
const WAIT_MS = 60_000;

/** What asking needs of the computer. */
export type AskSystem = Pick<System, "env" | "os" | "stderr">;

/** How a question is asked. */
export interface AskOptions {
  readonly system: AskSystem;
  readonly place: AskPlace;
  /** The run has ended: nobody needs to be asked any more. */
  readonly ended: AbortSignal;
}

/** Asks one question and waits, for a minute at most. */
export async function askPerson(question: AskQuestion, options: AskOptions): Promise<AskAnswer> {
  const { system, place, ended } = options;
  if (ended.aborted) return { kind: "deny", reason: "the run has ended" };
  if (place === "page") return await askOnPage(question, options);
  const answer = await askAtTerminal(question, options);
  if (answer.kind !== "unusable") return answer;
  if (place === "auto" && hasDisplay(system.env, system.os)) {
    return await askOnPage(question, options);
  }
  const reason = `${answer.reason} to ask at; see --ask-on in authsome run --help`;
  return { kind: "deny", reason };
}

async function askAtTerminal(
  question: AskQuestion,
  { system, ended }: AskOptions,
): Promise<TerminalAnswer> {
  if (system.os === "windows") return { kind: "unusable", reason: "there is no terminal" };
  const { askTerminal } = await import("./ask_terminal.ts");
  const path = system.env.PATH ?? "/usr/bin:/bin";
  return await askTerminal(question, { path, waitMs: WAIT_MS, ended });
}

/**
 * The address is shown to nobody but the person: on a terminal, which the program cannot read, and
 * to the browser. A file that standard error goes to is no such place.
 */
async function askOnPage(
  question: AskQuestion,
  { system, ended }: AskOptions,
): Promise<AskAnswer> {
  const { askPage } = await import("../login/ask_page.ts");
  return await askPage(question, {
    waitMs: WAIT_MS,
    ended,
    show: (address) => {
      const seen = system.stderr.isTerminal;
      if (seen) system.stderr.write(`authsome asks about a request here: ${address}\n`);
      if (!hasDisplay(system.env, system.os)) return seen;
      return openBrowser(address, { os: system.os, spawn: createSpawn(system.env) }) || seen;
    },
  });
}
