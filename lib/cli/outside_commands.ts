/**
 * The commands that are refused inside a run: they reveal a secret, or weaken what protects one.
 *
 * @module
 */

import type { AnyInput } from "./arguments.ts";
import type { CommandInput } from "./command_spec.ts";
import type { CommandName, COMMANDS } from "./command_table.ts";

type Env = Readonly<Record<string, string>>;

type Tests = {
  readonly [Name in CommandName]?: (
    input: CommandInput<(typeof COMMANDS)[Name]>,
    env: Env,
  ) => boolean;
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
  run: ({ flags }, env) =>
    flags["connect-to"].length > 0 || flags["upstream-ca"].length > 0 || flags["no-redact"] ||
    trustsOwnProxy(env),
};

const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const RUN_FILE = /[/\\]run[/\\][0-9a-f]{16}[/\\][^/\\]+$/;

/**
 * Whether variables do what those flags do: lead to a proxy, and trust other certificates than those
 * of a run, without which the proxy of a run around this one would be of no use anyway. A folder of
 * certificates may be the person's own, and is doubted only with a proxy that is no run's.
 */
function trustsOwnProxy(env: Env): boolean {
  const roots = env["SSL_CERT_FILE"] ?? "";
  const proxies = PROXY_VARIABLES.flatMap((name) => env[name] || []);
  if (roots !== "" && !RUN_FILE.test(roots)) return proxies.length > 0;
  return (env["SSL_CERT_DIR"] ?? "") !== "" &&
    proxies.some((proxy) => !proxy.startsWith("http://authsome:"));
}

/** Whether the command, with this input and environment, may not be run inside a run. */
export function needsOutside(command: CommandName, input: AnyInput, env: Env): boolean {
  const test = TESTS[command] as ((input: AnyInput, env: Env) => boolean) | undefined;
  return test?.(input, env) ?? false;
}
