/**
 * What is wrong with a command line, in sentences that teach.
 *
 * Nothing a person typed by mistake is repeated unless it is shaped like a name: it might be a
 * secret.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { nearestName } from "../suggestion.ts";
import type { FlagTable } from "./command_spec.ts";
import { type CommandName, COMMANDS } from "./command_table.ts";

/** A mistyped word is quoted only if it is shaped like a name. */
function quote(word: string): string | undefined {
  return /^[a-z][a-z_-]{0,30}$/i.test(word) ? `'${word}'` : undefined;
}

/** The first word is no command. */
export function unknownCommand(word: string): AuthsomeError {
  const visible = Object.keys(COMMANDS).filter((name) => !name.startsWith("_"));
  const near = nearestName(word, visible);
  const message = quote(word) === undefined
    ? "That is not a command of authsome."
    : `There is no command ${quote(word)}.`;
  return usage(
    message,
    near === undefined ? "See all commands: authsome --help" : `Did you mean: authsome ${near}`,
  );
}

/** `rawName`, dashes included, is none of `flags`. */
export function unknownFlag(rawName: string, flags: FlagTable): AuthsomeError {
  const near = nearestName(rawName.replace(/^-+/, ""), Object.keys(flags));
  const known = quote(rawName.replace(/^-+/, "")) !== undefined;
  return usage(
    known ? `There is no flag ${rawName} here.` : "That is not a flag of this command.",
    near === undefined ? "See what there is: add --help" : `Did you mean: --${near}`,
  );
}

/** `word` is none of `choices`. */
export function notAChoice(what: string, word: string, choices: readonly string[]): AuthsomeError {
  const near = nearestName(word, choices);
  const hint = near === undefined ? "" : `Did you mean: ${near}`;
  return usage(`${what} must be one of: ${choices.join(", ")}.`, hint);
}

/** A required argument is missing. */
export function missingArgument(command: CommandName, name: string): AuthsomeError {
  const [example] = COMMANDS[command].examples;
  return usage(
    `authsome ${command} needs ${/^[aeiou]/.test(name) ? "an" : "a"} ${name}.`,
    `For example: ${example}`,
  );
}

/** There are more arguments than `names`. */
export function surplusArgument(command: CommandName, names: readonly string[]): AuthsomeError {
  const takes = names.length === 0
    ? "no arguments"
    : `nothing but ${names.map((name) => name.toUpperCase()).join(" and ")}`;
  return usage(
    `authsome ${command} takes ${takes}.`,
    command === "login"
      ? "A secret is never an argument. Pipe it in: authsome login PROVIDER --stdin"
      : `See: authsome ${command} --help`,
  );
}

/** A mistake in the command line. */
export function usage(message: string, hint = ""): AuthsomeError {
  return new AuthsomeError("usage", message, { hint });
}
