/**
 * `authsome run`: a child behind the injecting proxy.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import { type RunOptions, startRun } from "../../broker/run.ts";
import { type ConnectionName, parseConnectionName } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { AskPerson } from "../../policy.ts";
import { parseProviderName, PLACEHOLDER, type ProviderName } from "../../provider.ts";
import { runChild } from "../child_process.ts";
import type { InputOf } from "../dispatch.ts";
import type { Isolator } from "../isolation.ts";
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
  const isolator = await findIsolator(input.flags, session);
  using broker = openCommandBroker(session);
  const questions = openQuestions(session.system, input.flags["ask-on"]);
  const started = await startRun(broker, {
    ...parseOptions(input.flags),
    askPerson: questions.ask,
    ...isolator === undefined ? {} : { isolation: isolator.isolation },
  });
  let status = 1;
  try {
    for (const note of started.notes) output.warn(note);
    if (started.routed === 0) output.note(describeUnrouted(input.flags));
    const { environment, settle: onStart } = started;
    const command = { program, args, environment, onStart };
    const outcome = await (isolator === undefined
      ? runChild(command)
      : isolator.runChild(command, { run: started, home: broker.home.path, warn: output.warn }));
    status = outcome.status;
    const hint = status === NOT_FOUND ? await hintAtValue(input, broker) : undefined;
    if (outcome.kind === "not_started") {
      const { code, message, cause } = outcome.reason;
      const better = hint === undefined ? undefined : { hint, cause };
      output.failure(better ? new AuthsomeError(code, message, better) : outcome.reason);
    } else if (hint !== undefined) {
      output.note(hint);
    }
    for (const hint of await started.hints(status)) {
      output.note(hint);
    }
  } finally {
    await questions.close();
    for (const note of await started.end(status)) output.warn(note);
  }
  return status;
}

/** As a shell says that a command was not found (POSIX.1-2017, XCU 2.8.2). */
const NOT_FOUND = 127;

async function hintAtValue(input: InputOf<"run">, broker: Broker): Promise<string | undefined> {
  const { explainMisplacedValue } = await import("../misplaced_value.ts");
  return explainMisplacedValue(input, broker.registry);
}

/** What holds of a run that has no credential to give. */
function describeUnrouted({ only, isolate, ...flags }: InputOf<"run">["flags"]): string {
  const { "read-only": readOnly, ask, allow, expires, "max-requests": most } = flags;
  const isPolicy = readOnly !== undefined || ask !== undefined ||
    allow.length + expires.length + most.length > 0;
  const way = isolate ? "in its sandbox" : only || isPolicy ? "without a credential" : "as it is";
  return [
    `Nothing is connected: the command runs ${way}.`,
    ...only ? ["With --only, every host is refused."] : [],
    ...isPolicy && !only ? ["A policy restricts credentials only: it refuses no request."] : [],
  ].join(" ");
}

interface Questions {
  readonly ask: AskPerson;
  /** Takes back a question that is open, and waits until the terminal is as it was. */
  close(): Promise<void>;
}

/** Loads what asks once there is a question. */
function openQuestions(system: Session["system"], flag: string | undefined): Questions {
  const closing = new AbortController();
  const place = flag === "terminal" || flag === "page" ? flag : "auto";
  const options = { system, place, ended: closing.signal } as const;
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: (question) => {
      const answer = import("../ask.ts").then(({ askPerson }) => askPerson(question, options));
      last = answer.catch(() => {});
      return answer;
    },
    close: async () => {
      closing.abort();
      await last;
    },
  };
}

/** Loaded when it is asked for: a run without it does not pay for it. */
async function findIsolator(
  { isolate, share }: InputOf<"run">["flags"],
  { system }: Session,
): Promise<Isolator | undefined> {
  if (isolate) return (await import("../isolation.ts")).findIsolator(system, share);
  if (share.length === 0) return undefined;
  throw new AuthsomeError("usage", "Without --isolate everything is shared.", {
    hint: "Leave --share out, or add --isolate.",
  });
}

function parseOptions(flags: InputOf<"run">["flags"]): RunOptions {
  return {
    connections: parseConnections(flags),
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
    nodePreload: !flags["no-node-preload"],
    connectTo: flags["connect-to"],
    upstreamCa: flags["upstream-ca"],
  };
}

/** Reads `P,P…`; without a value, every provider. */
function parseSubjects(value: string | true | undefined): readonly string[] {
  if (value === undefined) return [];
  return value === true ? ["*"] : value.split(",");
}

/** One connection for each provider of the run. */
function parseConnections(
  { connection, provider }: Pick<InputOf<"run">["flags"], "connection" | "provider">,
): ReadonlyMap<ProviderName, ConnectionName> {
  const chosen = new Map<ProviderName, ConnectionName>();
  for (const text of connection) {
    const [name, wanted] = parseConnectionChoice(text);
    const other = chosen.get(name);
    if (other !== undefined && other !== wanted) {
      throw new AuthsomeError("usage", `--connection names two connections of ${name}.`, {
        hint: `Name one. The command may choose another one per request: ${PLACEHOLDER}:${wanted}`,
      });
    }
    if (provider.length > 0 && !provider.includes(name)) {
      throw new AuthsomeError("usage", `--connection ${text} is about a provider left out.`, {
        hint: `Add --provider ${name}, or leave out --connection ${text}`,
      });
    }
    chosen.set(name, wanted);
  }
  return chosen;
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
