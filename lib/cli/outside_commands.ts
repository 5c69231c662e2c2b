/**
 * The commands that are refused inside a run: they reveal a secret, or weaken what protects one.
 *
 * @module
 */

import type { AnyInput } from "./arguments.ts";
import type { CommandInput } from "./command_spec.ts";
import type { CommandName, COMMANDS } from "./command_table.ts";

type Tests = {
  readonly [Name in CommandName]?: (input: CommandInput<(typeof COMMANDS)[Name]>) => boolean;
};

/**
 * A new master key source may be one that the child can read; a definition or an older vault may
 * send a credential elsewhere; `login --force` replaces one. A run within a run is fine, but not one
 * that sends a service's requests to an address, or trusts a certificate, of the child's choice, or
 * that lets answers show the credential.
 */
const TESTS: Tests = {
  export: () => true,
  rekey: () => true,
  register: () => true,
  get: ({ flags }) => flags["show-secret"],
  key: ({ positionals }) => positionals.action === "use",
  vault: ({ positionals }) => positionals.action === "restore",
  login: ({ flags }) => flags.force,
  run: ({ flags }) =>
    flags["connect-to"].length > 0 || flags["upstream-ca"].length > 0 || flags["no-redact"],
};

/** Whether the command, with this input, may not be run inside a run. */
export function needsOutside(command: CommandName, input: AnyInput): boolean {
  const test = TESTS[command] as ((input: AnyInput) => boolean) | undefined;
  return test?.(input) ?? false;
}
