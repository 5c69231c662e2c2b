/**
 * `authsome __complete`: called by the completion scripts. The last word has a full stop before it,
 * since some shells drop an empty one.
 *
 * @module
 */

import { AuthsomeError } from "../../errors.ts";
import { parseProviderName } from "../../provider.ts";
import { type Candidate, completeWords, type Completion, type Lookup } from "../completion.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import { escapeControls } from "../text.ts";

/** Runs the command. */
export function run({ rest }: InputOf<"__complete">, session: Session): number {
  const words = rest.map((word, index) => index === rest.length - 1 ? word.slice(1) : word);
  session.output.raw(formatCompletion(completeWords(words, createLookup(session))));
  return 0;
}

/** One candidate a line, a tab before its summary; `:files` or `:command N` for the rest. */
function formatCompletion(completion: Completion): string {
  switch (completion.kind) {
    case "files":
      return ":files\n";
    case "command":
      return `:command ${completion.offset}\n`;
    case "candidates":
      return completion.candidates.map(formatCandidate).join("");
    default:
      return completion satisfies never;
  }
}

function formatCandidate({ value, summary }: Candidate): string {
  return `${escapeControls(value)}\t${escapeControls(summary)}\n`;
}

/** Completion is a courtesy: what cannot be looked up is not offered. */
function createLookup(session: Session): Lookup {
  return (kind, { provider, profile }) => {
    try {
      const globals = profile === undefined ? session.globals : { ...session.globals, profile };
      using broker = openCommandBroker({ ...session, globals });
      if (kind === "provider") {
        return broker.registry.entries()
          .map((entry) => ({ value: entry.name, summary: entry.displayName }));
      }
      const name = provider === undefined ? undefined : parseProviderName(provider);
      return broker.vault.connections(broker.profile, name)
        .map((record) => ({ value: record.connection_name, summary: record.provider }));
    } catch (error) {
      if (error instanceof AuthsomeError) return [];
      throw error;
    }
  };
}
