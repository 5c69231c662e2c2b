/**
 * The commands that are refused inside a run: they reveal a secret, or weaken what protects one.
 *
 * @module
 */

import type { AnyInput } from "./arguments.ts";
import type { CommandInput } from "./command_spec.ts";
import type { CommandName, COMMANDS } from "./command_table.ts";

type Env = Readonly<Record<string, string>>;

/**
 * What follows the command's name where it may not be run: empty if that is the command itself,
 * `undefined` if it may be run.
 */
type Words = string | undefined;

type Tests = {
  readonly [Name in CommandName]?: (
    input: CommandInput<(typeof COMMANDS)[Name]>,
    env: Env,
  ) => Words;
};

/**
 * A new master key source may be one that the child can read; a definition or an older vault may
 * send a credential elsewhere; `login --force` replaces one. A run within a run is fine, but not one
 * that sends a service's requests to an address, or trusts a certificate, of the child's choice, or
 * that lets answers show the credential.
 */
const TESTS: Tests = {
  export: () => "",
  rekey: () => "",
  register: () => "",
  get: ({ flags }) => flags["show-secret"] ? "--show-secret" : undefined,
  key: ({ positionals: { action } }) => action === "use" ? action : undefined,
  vault: ({ positionals: { action } }) => action === "restore" ? action : undefined,
  login: ({ flags }) => flags.force ? "--force" : undefined,
  run: ({ flags }, env) => {
    if (flags["connect-to"].length > 0) return "--connect-to";
    if (flags["upstream-ca"].length > 0) return "--upstream-ca";
    if (flags["no-redact"]) return "--no-redact";
    return doubtfulRoots(env);
  },
};

const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const RUN_FILE = /[/\\]run[/\\][0-9a-f]{16}[/\\][^/\\]+$/;

/**
 * Names the variable that does what those flags do: lead to a proxy, and trust other certificates
 * than those of a run, without which the proxy of a run around this one would be of no use anyway. A
 * folder of certificates may be the person's own, and is doubted only with a proxy that is no run's.
 */
function doubtfulRoots(env: Env): Words {
  const roots = env["SSL_CERT_FILE"] ?? "";
  const proxies = PROXY_VARIABLES.flatMap((name) => env[name] || []);
  if (roots !== "" && !RUN_FILE.test(roots)) {
    return proxies.length > 0 ? "with SSL_CERT_FILE" : undefined;
  }
  const hasFolder = (env["SSL_CERT_DIR"] ?? "") !== "";
  const isOwnProxy = proxies.some((proxy) => !proxy.startsWith("http://authsome:"));
  return hasFolder && isOwnProxy ? "with SSL_CERT_DIR" : undefined;
}

/**
 * Whether the command, with this input and environment, may not be run inside a run.
 *
 * @returns What is not to be run, as in `run --connect-to`, or `undefined`.
 */
export function findOutside(command: CommandName, input: AnyInput, env: Env): string | undefined {
  const test = TESTS[command] as ((input: AnyInput, env: Env) => Words) | undefined;
  const words = test?.(input, env);
  return words === undefined ? undefined : `${command} ${words}`.trimEnd();
}
