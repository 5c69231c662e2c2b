/**
 * The commands about the vault itself, as data; part of the command table.
 *
 * @module
 */

import type { CommandSpec } from "./command_spec.ts";

/** In the order of the help. */
export const VAULT_COMMANDS = {
  rekey: {
    group: "look",
    summary: "Make a new master key and seal everything anew",
    about:
      "The new key is kept where the old one was; a passphrase is asked for anew. Afterwards the " +
      "old key opens nothing any more, but it still opens backups that were made before. A key " +
      "in the environment is yours to change.",
    positionals: {},
    flags: {},
    examples: ["authsome rekey"],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;
