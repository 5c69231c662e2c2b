/**
 * What can follow the words typed so far. The completion scripts of all shells ask this, so that
 * they agree with each other and with the command table.
 *
 * @module
 */

import { isCommandName } from "./arguments.ts";
import type { CommandSpec, Completable, FlagSpec, FlagTable } from "./command_spec.ts";
import { COMMANDS, GLOBAL_FLAGS } from "./command_table.ts";

/** One thing that can follow. */
export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

/** What can follow, or who else knows. */
export type Completion =
  | { readonly kind: "candidates"; readonly candidates: readonly Candidate[] }
  /** Files, which the shell knows better. */
  | { readonly kind: "files" }
  | {
    /** Another command's words. */
    readonly kind: "command";
    /** How many words come before that command. */
    readonly offset: number;
  };

/** What the home knows: names of a kind, of a provider if one is named, in a profile if one is. */
export type Lookup = (
  kind: Exclude<Completable, "file" | "command">,
  context: { readonly provider: string | undefined; readonly profile: string | undefined },
) => readonly Candidate[];

/**
 * Completes a command line.
 *
 * @param words The words after `authsome`; the last one is incomplete, perhaps empty.
 */
export function completeWords(words: readonly string[], lookup: Lookup): Completion {
  const typed = splitEquals(words);
  const partial = typed.at(-1) ?? "";
  const scan = scanWords(typed.slice(0, -1));
  if (scan.restAt !== undefined) return { kind: "command", offset: scan.restAt };
  const [provider] = scan.positionals;
  const context = { provider, profile: scan.profile };
  if (scan.pending !== undefined) return completeValue(scan.pending, partial, { lookup, context });
  if (partial.startsWith("-")) return startingWith(partial, flagCandidates(scan.flags));
  if (scan.spec === undefined) return startingWith(partial, commandCandidates());
  const next = Object.values(scan.spec.positionals)[scan.positionals.length];
  if (next !== undefined) return completeValue(next, partial, { lookup, context });
  if (scan.spec.rest !== undefined) return { kind: "command", offset: typed.length - 1 };
  return { kind: "candidates", candidates: [] };
}

/** bash makes `--format=x` three words; elsewhere it is one. */
function splitEquals(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    const isLast = index === words.length - 1;
    if (word === "=" && words[index - 1]?.startsWith("--")) return isLast ? [""] : [];
    return [word];
  });
}

interface Scan {
  readonly spec: CommandSpec | undefined;
  readonly flags: FlagTable;
  readonly positionals: readonly string[];
  readonly profile: string | undefined;
  /** A flag that waits for its value. */
  readonly pending: FlagSpec | undefined;
  /** Where another command's words begin. */
  readonly restAt: number | undefined;
}

function scanWords(words: readonly string[]): Scan {
  let spec: CommandSpec | undefined;
  let flags: FlagTable = GLOBAL_FLAGS;
  let pending: FlagSpec | undefined;
  let profile: string | undefined;
  const positionals: string[] = [];
  for (const [index, word] of words.entries()) {
    if (pending !== undefined) {
      if (pending === GLOBAL_FLAGS.profile) profile = word;
      pending = undefined;
    } else if (word.startsWith("-") && word !== "--") pending = waitingFlag(word, flags);
    else if (spec?.rest !== undefined) {
      const restAt = word === "--" ? index + 1 : index;
      return { spec, flags, positionals, profile, pending, restAt };
    } else if (spec === undefined && isCommandName(word)) {
      spec = COMMANDS[word];
      flags = { ...GLOBAL_FLAGS, ...spec.flags };
    } else if (word !== "--") positionals.push(word);
  }
  return { spec, flags, positionals, profile, pending, restAt: undefined };
}

function waitingFlag(word: string, flags: FlagTable): FlagSpec | undefined {
  if (word.includes("=")) return undefined;
  const name = word.replace(/^-+/, "");
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  return flag?.kind === "text" || flag?.kind === "list" ? flag : undefined;
}

function completeValue(
  asked: Pick<FlagSpec, "choices" | "completes">,
  partial: string,
  { lookup, context }: {
    readonly lookup: Lookup;
    readonly context: Parameters<Lookup>[1];
  },
): Completion {
  if (asked.choices !== undefined) {
    return startingWith(partial, asked.choices.map((value) => ({ value, summary: "" })));
  }
  switch (asked.completes) {
    case undefined:
      return { kind: "candidates", candidates: [] };
    case "file":
      return { kind: "files" };
    case "command":
      return startingWith(partial, commandCandidates());
    case "provider":
    case "connection":
      return startingWith(partial, lookup(asked.completes, context));
    default:
      return asked.completes satisfies never;
  }
}

function startingWith(partial: string, candidates: readonly Candidate[]): Completion {
  return {
    kind: "candidates",
    candidates: candidates.filter(({ value }) => value.startsWith(partial)),
  };
}

function commandCandidates(): readonly Candidate[] {
  return Object.entries<CommandSpec>(COMMANDS)
    .filter(([, { group }]) => group !== "hidden")
    .map(([value, { summary }]) => ({ value, summary }));
}

function flagCandidates(flags: FlagTable): readonly Candidate[] {
  return Object.entries(flags).map(([name, { summary }]) => ({
    value: name.length === 1 ? `-${name}` : `--${name}`,
    summary,
  }));
}
