/**
 * Turns the words of a command line into a typed input, as the command table says.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { AuthsomeError } from "../errors.ts";
import type { CommandInput, CommandSpec, FlagSpec, FlagTable, FlagValues } from "./command_spec.ts";
import { type CommandName, COMMANDS, GLOBAL_FLAGS } from "./command_table.ts";
import {
  missingArgument,
  notAChoice,
  surplusArgument,
  unknownCommand,
  unknownFlag,
  usage,
} from "./usage_errors.ts";

/** The values of the global flags. */
export type Globals = FlagValues<typeof GLOBAL_FLAGS>;

/** A command's input before its type is known. */
export type AnyInput = CommandInput<CommandSpec>;

/** A read command line. */
export interface CommandLine {
  readonly globals: Globals;
  /** Absent if no known command was named. */
  readonly command?: CommandName;
  readonly input: AnyInput;
  /** What is wrong with it. The global flags are valid all the same, for `--json` failures. */
  readonly failure?: AuthsomeError;
}

type Values = Record<string, string | boolean | string[] | undefined>;
type Token = FlagToken | PositionalToken | {
  readonly kind: "option-terminator";
  readonly index: number;
};

interface FlagToken {
  readonly kind: "option";
  readonly name: string;
  /** As typed, dashes included. */
  readonly rawName: string;
  readonly index: number;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

interface PositionalToken {
  readonly kind: "positional";
  readonly index: number;
  readonly value: string;
}

/** Reads `args`, the words after `authsome`. Never throws. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const words = tokensOf(args, GLOBAL_FLAGS);
  const start = words.findIndex((token) => token.kind !== "option");
  const leading = readTokens(start < 0 ? words : words.slice(0, start), GLOBAL_FLAGS);
  const first = words[start];
  if (first?.kind !== "positional") {
    return finish({ globals: leading.values, values: {}, failure: leading.failure });
  }
  if (!isCommandName(first.value)) {
    const { values } = readTokens(words, GLOBAL_FLAGS);
    return finish({
      globals: values,
      values: {},
      failure: leading.failure ?? unknownCommand(first.value),
    });
  }
  const command = first.value;
  const read = readCommand(command, args.slice(first.index + 1));
  const globals = mergeGlobals(leading.values, read.values);
  return finish({ ...read, globals, command, failure: leading.failure ?? read.failure });
}

/** Whether `word` names a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

interface ReadTokens {
  readonly values: Values;
  readonly positionals: readonly string[];
  readonly failure: AuthsomeError | undefined;
}

interface Finding {
  readonly globals: Values;
  readonly command?: CommandName;
  readonly values: Values;
  readonly positionals?: AnyInput["positionals"];
  readonly rest?: readonly string[];
  readonly failure: AuthsomeError | undefined;
}

/** The one place where the table's shapes become types. */
function finish(found: Finding): CommandLine {
  return {
    globals: { ...emptyValues(GLOBAL_FLAGS), ...found.globals } as Globals,
    input: {
      positionals: found.positionals ?? {},
      flags: found.values as AnyInput["flags"],
      rest: found.rest ?? [],
    },
    ...(found.command === undefined ? {} : { command: found.command }),
    ...(found.failure === undefined ? {} : { failure: found.failure }),
  };
}

function readCommand(command: CommandName, args: readonly string[]): Omit<Finding, "globals"> {
  const spec: CommandSpec = COMMANDS[command];
  const flags = { ...GLOBAL_FLAGS, ...spec.flags };
  if (spec.rest !== undefined) {
    const cut = tokensOf(args, flags).find((token) => token.kind !== "option");
    const own = cut === undefined ? args : args.slice(0, cut.index);
    const rest = cut === undefined
      ? []
      : args.slice(cut.kind === "positional" ? cut.index : cut.index + 1);
    const { values, failure } = readTokens(tokensOf(own, flags), flags);
    return { values, rest, failure };
  }
  const { values, positionals, failure } = readTokens(tokensOf(args, flags), flags);
  const named = namePositionals(command, positionals);
  return { ...named, values, failure: failure ?? named.failure };
}

function readTokens(tokens: readonly Token[], flags: FlagTable): ReadTokens {
  const values = emptyValues(flags);
  const positionals: string[] = [];
  const pending = [...tokens];
  let failure: AuthsomeError | undefined;
  for (let token = pending.shift(); token !== undefined; token = pending.shift()) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (swallowsFlag(token)) pending.unshift(...tokensOf([token.value ?? ""], flags));
    try {
      readFlag(token, { flags, values, pending });
    } catch (error) {
      if (!(error instanceof AuthsomeError)) throw error;
      failure ??= error;
    }
  }
  return { values, positionals, failure };
}

/** Puts one flag into `values`; takes the value of an `optional` flag from `pending`. */
function readFlag(
  token: FlagToken,
  into: { readonly flags: FlagTable; readonly values: Values; readonly pending: Token[] },
): void {
  const { flags, values, pending } = into;
  const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
  if (flag === undefined) throw unknownFlag(token.rawName, flags);
  switch (flag.kind) {
    case "switch":
      if (token.value !== undefined) throw usage(`${token.rawName} takes no value.`);
      values[token.name] = true;
      return;
    case "text":
      values[token.name] = requireValue(token, flag);
      return;
    case "list":
      values[token.name] = [...listOf(values[token.name]), requireValue(token, flag)];
      return;
    case "optional": {
      const next = pending[0];
      const follows = flag.inline !== true && token.value === undefined &&
        next?.kind === "positional" &&
        isVariableWord(next.value);
      if (follows) pending.shift();
      values[token.name] = token.value ?? (follows ? next.value : true);
      return;
    }
    default:
      flag.kind satisfies never;
  }
}

/** Provider names are lower case and variables upper case, so the word itself tells. */
function isVariableWord(word: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(word) && /[A-Z]|^_/.test(word);
}

function requireValue(token: FlagToken, flag: FlagSpec): string {
  const { value, rawName } = token;
  if (value === undefined || swallowsFlag(token)) {
    throw usage(`${rawName} needs a value.`, `Write: ${rawName} ${flag.value ?? "VALUE"}`);
  }
  if (flag.choices === undefined || flag.open || flag.choices.includes(value)) return value;
  throw notAChoice(rawName, value, flag.choices);
}

/** `parseArgs` takes `--connection --json` for a connection named `--json`. */
function swallowsFlag({ value, inlineValue }: FlagToken): boolean {
  return value !== undefined && !inlineValue && value.startsWith("-") && value !== "-";
}

function namePositionals(
  command: CommandName,
  words: readonly string[],
): Pick<Finding, "positionals" | "failure"> {
  const spec: CommandSpec = COMMANDS[command];
  const names = Object.keys(spec.positionals);
  const positionals: Record<string, string> = {};
  let failure: AuthsomeError | undefined;
  names.forEach((name, index) => {
    const word = words[index];
    const { required, choices } = spec.positionals[name] ?? {};
    if (word !== undefined) positionals[name] = word;
    if (word === undefined && required) failure ??= missingArgument(command, name);
    if (word === undefined || choices === undefined || choices.includes(word)) return;
    failure ??= notAChoice(`The ${name}`, word, choices);
  });
  if (words.length > names.length) failure ??= surplusArgument(command, names);
  return { positionals, failure };
}

/** A flag before the command counts as one after it. */
function mergeGlobals(before: Values, after: Values): Values {
  const merged: Values = {};
  for (const name of Object.keys(GLOBAL_FLAGS)) {
    const [first, last] = [before[name], after[name]];
    merged[name] = last === undefined || last === false ? first : last;
  }
  return merged;
}

function emptyValues(flags: FlagTable): Values {
  const values: Values = {};
  for (const [name, { kind }] of Object.entries(flags)) {
    values[name] = kind === "switch" ? false : kind === "list" ? [] : undefined;
  }
  return values;
}

function listOf(value: Values[string]): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** Splits words into flags and arguments; unknown flags pass as switches. */
function tokensOf(args: readonly string[], flags: FlagTable): readonly Token[] {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { kind, short }]) => [name, {
      type: kind === "text" || kind === "list" ? "string" as const : "boolean" as const,
      ...(short === undefined ? {} : { short }),
    }]),
  );
  const config = { args: [...args], options, strict: false, allowPositionals: true, tokens: true };
  return parseArgs(config as typeof config & { tokens: true }).tokens;
}
