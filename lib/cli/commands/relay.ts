/**
 * `authsome __relay`: the first program in a sandbox. It holds no secret: it carries bytes to the
 * proxy, passes signals on, and starts the child.
 *
 * @module
 */

import { AuthsomeError } from "../../errors.ts";
import { startRelay } from "../../isolation/relay.ts";
import { runChild } from "../child_process.ts";
import type { InputOf } from "../dispatch.ts";
import type { Session } from "../session.ts";
import { joinSignalLine, receiveSignals } from "../signal_line.ts";

/** Runs the child and gives its exit status. */
export async function run(
  { flags, rest }: InputOf<"__relay">,
  { output, system }: Session,
): Promise<number> {
  const [program, ...args] = rest;
  if (flags.proxy === undefined || flags.signals === undefined || program === undefined) {
    throw new AuthsomeError("usage", "This is only for authsome itself.", {
      hint: "Run: authsome run --isolate -- COMMAND",
    });
  }
  using _relay = startRelay(flags.proxy);
  const line = await joinSignalLine(flags.signals);
  const child = runChild({ program, args, environment: system.env });
  void receiveSignals(line, (signal) => Deno.kill(Deno.pid, signal));
  const outcome = await child;
  if (outcome.kind === "not_started") output.failure(outcome.reason);
  return outcome.status;
}
