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
  vault: {
    group: "look",
    summary: "Back up the vault to a file, or restore it from one",
    about:
      "A backup holds the connections of all profiles, the settings and your own definitions; no " +
      "key, and nothing of the audit trail. It is as sealed as the vault and opens with the key " +
      "that the vault had then. 'restore' first opens all of it with the key at hand (give " +
      "another one with AUTHSOME_MASTER_KEY_FILE, for example), then replaces what is there.",
    positionals: {
      action: { required: true, choices: ["backup", "restore"] },
      file: { required: true, completes: "file" },
    },
    flags: {
      force: { kind: "switch", summary: "backup: replace a file of that name" },
      yes: { kind: "switch", summary: "restore: do not ask" },
    },
    examples: [
      "authsome vault backup /media/stick/authsome.backup",
      "authsome vault restore /media/stick/authsome.backup",
    ],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;
