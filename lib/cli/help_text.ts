/**
 * Help as text: for authsome as a whole and for one command, within 80 columns.
 *
 * @module
 */

import { ERROR_MEANINGS } from "../errors.ts";
import type { CommandSpec, FlagSpec, FlagTable } from "./command_spec.ts";
import { type CommandName, COMMANDS, GLOBAL_FLAGS } from "./command_table.ts";
import type { Style } from "./style.ts";
import { wrapText } from "./text.ts";

const WIDTH = 80;
const INDENT = "  ";
/** The same in every group, so that the groups line up. */
const COMMAND_WIDTH = 13;

const GROUPS: readonly (readonly [CommandSpec["group"], string])[] = [
  ["connect", "Connect"],
  ["use", "Use"],
  ["look", "Look and change"],
  ["shell", "Shell"],
];

const INTRODUCTION = "authsome lets programs use your API keys without giving the keys to them. " +
  "You log in once; a program that runs under authsome sees a placeholder, and the real " +
  "key is put into its requests on their way out.";

/** What a person who sets up a machine needs to know; the README tells more. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ["AUTHSOME_HOME", "Folder of the vault and all else (default: ~/.authsome)"],
  ["AUTHSOME_PROFILE", "As --profile"],
  ["AUTHSOME_MASTER_KEY", "Key of the vault: base64 of 32 bytes"],
  ["AUTHSOME_MASTER_KEY_FILE", "File that holds this key"],
  ["AUTHSOME_PASSPHRASE", "Passphrase of the vault"],
];

const STATUSES = "Exit status: 0 done, " +
  Object.entries(ERROR_MEANINGS)
    .map(([code, { exit }]) => `${exit} ${code.replaceAll("_", " ")}`).join(", ") +
  "; run: that of the program.";

/** The help of authsome as a whole. */
export function formatOverview({ bold }: Style): string {
  const commands = Object.entries<CommandSpec>(COMMANDS);
  return [
    ...wrapText(INTRODUCTION, WIDTH),
    "",
    bold("Usage"),
    `${INDENT}authsome COMMAND [flags]`,
    ...GROUPS.flatMap(([group, title]) => [
      "",
      bold(title),
      ...formatRows(
        commands.filter(([, spec]) => spec.group === group)
          .map(([name, spec]) => [name, spec.summary]),
        COMMAND_WIDTH,
      ),
    ]),
    "",
    bold("Flags of every command"),
    ...formatFlags(GLOBAL_FLAGS),
    "",
    bold("Variables"),
    ...formatRows(VARIABLES, 26),
    "",
    ...wrapText(STATUSES, WIDTH),
    "",
    bold("Begin with"),
    `${INDENT}authsome login openai`,
    `${INDENT}authsome run -- python my_agent.py`,
    "",
    "Help on one command: authsome COMMAND --help",
    "",
  ].join("\n");
}

/** The help of one command. */
export function formatCommandHelp(name: CommandName, { bold }: Style): string {
  const spec: CommandSpec = COMMANDS[name];
  const flags = Object.keys(spec.flags).length > 0;
  return [
    ...wrapText(`${spec.summary}.`, WIDTH),
    ...(spec.about === undefined ? [] : ["", ...wrapText(spec.about, WIDTH)]),
    "",
    bold("Usage"),
    `${INDENT}${formatUsage(name)}`,
    ...(flags ? ["", bold("Flags"), ...formatFlags(spec.flags)] : []),
    ...(spec.examples.length === 0
      ? []
      : ["", bold("Examples"), ...spec.examples.map((example) => `${INDENT}${example}`)]),
    "",
    "Flags of every command: authsome --help",
    "",
  ].join("\n");
}

/** `authsome get PROVIDER [flags]`. */
export function formatUsage(name: CommandName): string {
  const spec: CommandSpec = COMMANDS[name];
  const words = Object.entries(spec.positionals).map(([word, { required, choices }]) => {
    const shown = choices === undefined ? word.toUpperCase() : choices.join("|");
    return required ? shown : `[${shown}]`;
  });
  const flags = Object.keys(spec.flags).length > 0 ? ["[flags]"] : [];
  const rest = spec.rest === undefined ? [] : ["[--]", spec.rest, "[ARGS…]"];
  const order = spec.rest === undefined ? [...words, ...flags] : [...flags, ...rest];
  return ["authsome", name, ...order].join(" ");
}

function formatFlags(flags: FlagTable): readonly string[] {
  return formatRows(
    Object.entries(flags).map(([name, flag]) => [formatFlag(name, flag), flag.summary]),
  );
}

function formatFlag(name: string, { kind, short, value, inline }: FlagSpec): string {
  const long = name.length === 1 ? [] : [`--${name}`];
  const names = [...(short === undefined ? [] : [`-${short}`]), ...long].join(", ");
  if (kind === "switch") return names;
  if (inline === true) return `${names}[=${value}]`;
  return kind === "optional" ? `${names} [${value}]` : `${names} ${value}`;
}

/** Names beside wrapped explanations; a long name has a line of its own. */
function formatRows(
  rows: readonly (readonly [string, string])[],
  width = Math.min(20, Math.max(...rows.map(([name]) => name.length))) + 2,
): readonly string[] {
  return rows.flatMap(([name, text]) => {
    const lines = wrapText(text, WIDTH - INDENT.length - width);
    const [first = "", ...more] = lines;
    const body = more.map((line) => INDENT + " ".repeat(width) + line);
    if (name.length < width) return [INDENT + name.padEnd(width) + first, ...body];
    return [INDENT + name, INDENT + " ".repeat(width) + first, ...body];
  });
}
