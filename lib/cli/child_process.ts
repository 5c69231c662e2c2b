/**
 * Runs the child of `authsome run` as a shell would: same terminal, same signals, same status.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";

/** A program, its arguments and its complete environment. */
export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Is told the child's process number as soon as there is one. */
  readonly onStart?: (pid: number) => void;
  /** Takes the signals for the child; default: they are sent to it. */
  readonly deliver?: (signal: Deno.Signal) => void;
}

/** How a child ended, or why it never began. */
export type ChildOutcome =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "not_started"; readonly status: 126 | 127; readonly reason: AuthsomeError };

/** Signals passed on to the child; Windows knows only the first two. */
const FORWARDED: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGWINCH", "SIGUSR1", "SIGUSR2", "SIGCONT"];

/**
 * A terminal sends these to its whole foreground group, the child included. Passing them on would
 * deliver Ctrl-C twice, which many programs take for "quit at once".
 */
const SENT_BY_TERMINAL: readonly Deno.Signal[] = ["SIGINT", "SIGQUIT", "SIGWINCH", "SIGBREAK"];

/**
 * Starts the child on our own standard streams and waits for it.
 *
 * @returns its exit status; 128 + n if signal n ended it; 127 if it was not found and 126 if it
 * cannot be executed (POSIX.1-2017, XCU 2.8.2).
 */
export async function runChild(command: ChildCommand): Promise<ChildOutcome> {
  let child: Deno.ChildProcess | undefined;
  const release = forwardSignals(command.deliver ?? ((signal) => signalChild(child, signal)));
  try {
    child = new Deno.Command(command.program, {
      args: [...command.args],
      env: { ...command.environment },
      clearEnv: true,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    command.onStart?.(child.pid);
    const status = await child.status;
    return { kind: "ended", status: status.code };
  } catch (error) {
    return notStarted(command.program, error);
  } finally {
    release();
  }
}

function forwardSignals(forward: (signal: Deno.Signal) => void): () => void {
  const fromTerminal = Deno.stdin.isTerminal();
  const listeners = FORWARDED.map((signal) => {
    const silent = fromTerminal && SENT_BY_TERMINAL.includes(signal);
    return { signal, listener: silent ? () => {} : () => forward(signal) };
  });
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
  };
}

function signalChild(child: Deno.ChildProcess | undefined, signal: Deno.Signal): void {
  try {
    child?.kill(signal);
  } catch {
    // The child ended between the signal's arrival and now.
  }
}

function notStarted(program: string, error: unknown): ChildOutcome {
  if (error instanceof Deno.errors.NotFound) {
    const reason = new AuthsomeError("usage", `Command not found: ${program}`, {
      hint: "Check the spelling, or give the program's full path.",
      cause: error,
    });
    return { kind: "not_started", status: 127, reason };
  }
  const reason = new AuthsomeError("usage", `Cannot execute ${program}.`, {
    hint: `Check that it is an executable program: ls -l ${program}`,
    cause: error,
  });
  return { kind: "not_started", status: 126, reason };
}
