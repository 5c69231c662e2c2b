/**
 * `authsome run`: a child behind the injecting proxy.
 *
 * @module
 */

import { type RunOptions, startRun } from "../../broker/run.ts";
import { type ConnectionName, parseConnectionName } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { AskPerson } from "../../policy.ts";
import { parseProviderName, type ProviderName } from "../../provider.ts";
import { runChild } from "../child_process.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the child and gives its exit status. */
export async function run(input: InputOf<"run">, session: Session): Promise<number> {
  const [program, ...args] = input.rest;
  if (program === undefined) {
    throw new AuthsomeError("usage", "There is no command to run.", {
      hint: "For example: authsome run -- python my_agent.py",
    });
  }
  const { output } = session;
  using broker = openCommandBroker(session);
  const started = await startRun(broker, {
    ...parseOptions(input.flags),
    askPerson: createAskPerson(session, input.flags["ask-on"]),
  });
  let status = 1;
  try {
    for (const note of started.notes) output.warn(note);
    if (started.routed === 0) output.note("Nothing is connected: the command runs as it is.");
    const { environment, settle: onStart } = started;
    const outcome = await runChild({ program, args, environment, onStart });
    status = outcome.status;
    if (outcome.kind === "not_started") output.failure(outcome.reason);
    for (const hint of await started.hints(status)) output.note(hint);
  } finally {
    for (const note of await started.end(status)) output.warn(note);
  }
  return status;
}

/** Loads what asks once there is a question. */
function createAskPerson({ system }: Session, place: string | undefined): AskPerson {
  return async (question) => {
    const { askPerson } = await import("../ask.ts");
    const chosen = place === "terminal" || place === "page" ? place : "auto";
    return await askPerson(question, { system, place: chosen });
  };
}

function parseOptions(flags: InputOf<"run">["flags"]): RunOptions {
  return {
    connections: new Map(flags.connection.map(parseConnectionChoice)),
    providers: flags.provider.map(parseProviderName),
    only: flags.only,
    policy: {
      allow: flags.allow,
      readOnly: parseSubjects(flags["read-only"]),
      maxRequests: flags["max-requests"],
      expires: flags.expires,
      ask: parseSubjects(flags.ask),
    },
    baseUrlMode: flags["base-url-mode"],
    redact: !flags["no-redact"],
    connectTo: flags["connect-to"],
    upstreamCa: flags["upstream-ca"],
  };
}

/** Reads `P,P…`; without a value, every provider. */
function parseSubjects(value: string | true | undefined): readonly string[] {
  if (value === undefined) return [];
  return value === true ? ["*"] : value.split(",");
}

/** Reads `P=NAME`. */
function parseConnectionChoice(text: string): [ProviderName, ConnectionName] {
  const equals = text.indexOf("=");
  if (equals > 0) {
    return [
      parseProviderName(text.slice(0, equals)),
      parseConnectionName(text.slice(equals + 1)),
    ];
  }
  throw new AuthsomeError("usage", `--connection ${text} does not name a provider.`, {
    hint: "Write it as --connection openai=work",
  });
}
