/**
 * Asks at the parent's terminal whether a request may have a credential.
 *
 * Theory of operation: the program that is asked about has the same terminal. It can write to it, on
 * old systems even put characters into its input (TIOCSTI), but it cannot read what we write there:
 * so the answer is a number that only the screen shows. The terminal is read by a shell of its own,
 * which can be ended when time is up; a read of ours could not, and would take what is typed for the
 * program later. The question goes to it by its standard input: arguments are visible to everyone.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import type { AskAnswer, AskQuestion } from "../policy.ts";
import { escapeControls } from "./text.ts";

/** What asking needs. */
export interface TerminalAskOptions {
  /** Where `sh` and `stty` are found. */
  readonly path: string;
  /** Milliseconds until no answer means no. */
  readonly waitMs: number;
  /** Ends the waiting. */
  readonly ended: AbortSignal;
}

/** An answer, or why the terminal cannot be asked: a clause. */
export type TerminalAnswer = AskAnswer | { readonly kind: "unusable"; readonly reason: string };

/** How the shell below ends when it has no answer. */
const STATUS = { noTerminal: 3, inBackground: 4, interrupted: 5 } as const;

/**
 * A read in the background would stop us and every program of our group, so the shell looks first
 * who has the terminal. It gives up its settings, perhaps those of a full-screen program, for the
 * time of one line.
 */
const SHELL = `
question=$(cat)
(: </dev/tty) 2>/dev/null || exit ${STATUS.noTerminal}
exec 3>&1 </dev/tty >/dev/tty
if [ -r /proc/$$/stat ]; then
  read -r line </proc/$$/stat
  set -- \${line##*) }
  group=$3 front=$6
else
  set -- $(ps -o pgid= -o tpgid= -p $$)
  group=$1 front=$2
fi
[ "$group" = "$front" ] || exit ${STATUS.inBackground}
saved=$(stty -g) || exit ${STATUS.noTerminal}
trap 'stty "$saved"' EXIT
trap 'printf "\\n"; exit ${STATUS.interrupted}' HUP INT TERM
stty icanon icrnl echo isig opost onlcr
printf %s "$question"
IFS= read -r answer || exit ${STATUS.interrupted}
printf %s "$answer" >&3
`;

/** Asks one question and waits. */
export async function askTerminal(
  question: AskQuestion,
  { path, waitMs, ended }: TerminalAskOptions,
): Promise<TerminalAnswer> {
  const code = String(randomInt(1000, 10_000));
  const shell = new Deno.Command("sh", {
    args: ["-c", SHELL],
    env: { PATH: path },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const late = AbortSignal.timeout(waitMs);
  const stop = AbortSignal.any([late, ended]);
  const end = (): void => endShell(shell);
  stop.addEventListener("abort", end);
  try {
    const writer = shell.stdin.getWriter();
    await writer.write(new TextEncoder().encode(formatQuestion(question, { code, waitMs })));
    await writer.close();
    const { code: status, stdout } = await shell.output();
    if (status === 0) return readAnswer(new TextDecoder().decode(stdout), code);
    if (late.aborted) {
      return { kind: "deny", reason: `nobody answered in ${waitMs / 1000} seconds` };
    }
    return noAnswer(status);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

/** It gives the terminal back by itself, even if we are gone by then. */
function endShell(shell: Deno.ChildProcess): void {
  try {
    shell.kill("SIGTERM");
  } catch {
    // It has just ended.
  }
}

function formatQuestion(
  question: AskQuestion,
  { code, waitMs }: { readonly code: string; readonly waitMs: number },
): string {
  const { provider, connection } = question;
  return `\n${describeRequest(question)} wants the credential ${provider}/${connection}.\n` +
    `Type ${code} to allow it once, ${code}+ until the run ends; Enter denies ` +
    `(${waitMs / 1000} s): `;
}

/** `POST api.openai.com/v1/files`. */
export function describeRequest({ method, host, path, isUpgrade }: AskQuestion): string {
  return escapeControls(`${method}${isUpgrade ? " (upgrade)" : ""} ${host}${path}`);
}

function readAnswer(typed: string, code: string): AskAnswer {
  const answer = typed.trim();
  if (answer === code) return { kind: "once" };
  if (answer === `${code}+`) return { kind: "run" };
  return { kind: "deny", reason: "it was denied at the terminal" };
}

function noAnswer(status: number): TerminalAnswer {
  switch (status) {
    case STATUS.interrupted:
      return { kind: "deny", reason: "the question was interrupted" };
    case STATUS.inBackground:
      return { kind: "unusable", reason: "another program has the terminal, so there is none" };
    default:
      return { kind: "unusable", reason: "there is no terminal" };
  }
}
