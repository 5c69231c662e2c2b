/**
 * `authsome help`, `--help`, and authsome without arguments.
 *
 * @module
 */

import { AuthsomeError, ERROR_MEANINGS } from "../../errors.ts";
import { isCommandName } from "../arguments.ts";
import type { CommandName } from "../command_table.ts";
import type { InputOf } from "../dispatch.ts";
import { formatCommandHelp, formatOverview } from "../help_text.ts";
import type { Session } from "../session.ts";
import { unknownCommand } from "../usage_errors.ts";

/** Runs the command. */
export function run({ positionals: { command } }: InputOf<"help">, session: Session): number {
  if (command !== undefined && !isCommandName(command)) throw unknownCommand(command);
  return explain(command, session);
}

/** Explains a command, or authsome as a whole. */
export function explain(command: CommandName | undefined, { output }: Session): number {
  const { style } = output;
  const text = command === undefined ? formatOverview(style) : formatCommandHelp(command, style);
  output.result({ help: text }, () => text);
  return 0;
}

/**
 * Answers to a command line without a command.
 *
 * @throws {AuthsomeError} `usage` if the answer has to be JSON.
 */
export function explainNothing({ output }: Session): number {
  if (output.json) {
    throw new AuthsomeError("usage", "There is no command.", {
      hint: "See all commands: authsome --help",
    });
  }
  output.raw(formatOverview(output.style));
  return ERROR_MEANINGS.usage.exit;
}
