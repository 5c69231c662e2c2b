/**
 * From a read command line to the command that runs. Each command is loaded when it is wanted, so
 * that none pays for what another imports.
 *
 * @module
 */

import type { CommandLine } from "./arguments.ts";
import type { CommandInput } from "./command_spec.ts";
import type { CommandName, COMMANDS } from "./command_table.ts";
import { findOutside } from "./outside_commands.ts";
import type { Session } from "./session.ts";

/** The typed input of one command. */
export type InputOf<Name extends CommandName> = CommandInput<(typeof COMMANDS)[Name]>;

/** Runs a command and says which status to exit with. */
export type Run<Name extends CommandName> = (
  input: InputOf<Name>,
  session: Session,
) => number | Promise<number>;

type Loaders = {
  readonly [Name in CommandName]: () => Promise<{ readonly run: Run<Name> }>;
};

const LOADERS: Loaders = {
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  revoke: () => import("./commands/revoke.ts"),
  remove: () => import("./commands/remove.ts"),
  "set-default": () => import("./commands/set_default.ts"),
  run: () => import("./commands/run.ts"),
  export: () => import("./commands/export.ts"),
  get: () => import("./commands/get.ts"),
  list: () => import("./commands/list.ts"),
  scan: () => import("./commands/scan.ts"),
  inspect: () => import("./commands/inspect.ts"),
  register: () => import("./commands/register.ts"),
  log: () => import("./commands/log.ts"),
  rekey: () => import("./commands/rekey.ts"),
  key: () => import("./commands/key.ts"),
  vault: () => import("./commands/vault.ts"),
  whoami: () => import("./commands/whoami.ts"),
  doctor: () => import("./commands/doctor.ts"),
  completions: () => import("./commands/completions.ts"),
  version: () => import("./commands/version.ts"),
  help: () => import("./commands/help.ts"),
  __relay: () => import("./commands/relay.ts"),
  __complete: () => import("./commands/complete.ts"),
};

const NO_INPUT: InputOf<"version"> = { positionals: {}, flags: {}, rest: [] };

/**
 * Runs what the command line asks for.
 *
 * @returns The exit status.
 * @throws {AuthsomeError} `usage` if the command line is wrong, and whatever the command throws.
 */
export async function runCommandLine(line: CommandLine, session: Session): Promise<number> {
  const { globals, command, failure, input } = line;
  if (globals.help) return (await import("./commands/help.ts")).explain(command, session);
  if (failure !== undefined) throw failure;
  if (globals.version) return (await LOADERS.version()).run(NO_INPUT, session);
  if (command === undefined) return (await import("./commands/help.ts")).explainNothing(session);
  const outside = findOutside(command, input, session.system.env);
  if (outside !== undefined) {
    await (await import("./guard_rail.ts")).refuseInsideRun(outside, session);
  }
  const { run } = await LOADERS[command]();
  return await (run as Run<CommandName>)(input as InputOf<CommandName> & typeof input, session);
}
