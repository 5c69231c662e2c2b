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
  key: {
    group: "look",
    summary: "Show or change what the vault is locked with",
    about:
      "Sources: AUTHSOME_MASTER_KEY or AUTHSOME_MASTER_KEY_FILE (base64 of 32 bytes, yours to " +
      "keep), passphrase (AUTHSOME_PASSPHRASE, or asked for), keychain (of the system), " +
      "master.key (a private file in the home). With 'use', the vault is locked with another one.",
    positionals: {
      action: { required: true, choices: ["status", "use"] },
      source: { required: false },
    },
    flags: {},
    examples: ["authsome key status", "authsome key use passphrase"],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;
