/**
 * The policies of a run: what `config.json` says, and what its flags add.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { AskPerson, Policy } from "../policy.ts";
import type { PolicyFlags } from "../policy_settings.ts";
import type { FindPermit } from "../proxy/decision/permit.ts";
import { readConfig } from "../vault/config.ts";
import type { Broker } from "./broker.ts";

/** What a run may be restricted by. */
export interface PolicyOptions {
  /** Policies beside those of `config.json`; a request must satisfy both. */
  readonly policy?: Partial<PolicyFlags>;
  /** Asks a person, where a policy says so; without it such requests are refused. */
  readonly askPerson?: AskPerson;
}

/** The permits of a run, and what the person should know about them. */
export interface RunPolicy {
  /** `undefined` if nothing is restricted. */
  readonly permitOf: FindPermit | undefined;
  /** Sentences for stderr. */
  readonly notes: readonly string[];
}

const NO_FLAGS: PolicyFlags = { allow: [], readOnly: [], maxRequests: [], expires: [], ask: [] };

/**
 * Reads the policies of a run that begins now.
 *
 * @throws {AuthsomeError} `usage` if one is wrong, naming the file and field or the flag, or if it
 * is about a provider that does not exist; `vault_unavailable` if `config.json` is not safely ours.
 */
export async function readRunPolicy(broker: Broker, options: PolicyOptions): Promise<RunPolicy> {
  const policies = [
    ...await readConfiguredPolicies(broker),
    ...await readFlags(broker, { ...NO_FLAGS, ...options.policy }),
  ];
  if (policies.length === 0) return { permitOf: undefined, notes: [] };
  const { createPermits } = await import("../proxy/decision/permit.ts");
  const ask = options.askPerson ?? denyAll;
  return {
    permitOf: createPermits({ policies, ask, now: broker.now }),
    notes: [...new Set(policies.flatMap((policy) => noteAbout(broker, policy)))],
  };
}

/**
 * The policies of `config.json`.
 *
 * @throws {AuthsomeError} as {@link readRunPolicy} does.
 */
export async function readConfiguredPolicies(broker: Broker): Promise<readonly Policy[]> {
  const { policy: written } = readConfig(broker.home);
  if (written === undefined) return [];
  const { parsePolicyConfig } = await import("../policy_settings.ts");
  const where = broker.home.configFile;
  const policies = parsePolicyConfig(written, { where, now: broker.now() });
  for (const policy of policies) assertProvider(broker, policy);
  return policies;
}

async function readFlags(broker: Broker, flags: PolicyFlags): Promise<readonly Policy[]> {
  if (Object.values(flags).every((list) => list.length === 0)) return [];
  const { parsePolicyFlags } = await import("../policy_settings.ts");
  const policies = parsePolicyFlags(flags, broker.now());
  for (const policy of policies) assertProvider(broker, policy);
  return policies;
}

const denyAll: AskPerson = () =>
  Promise.resolve({ kind: "deny", reason: "there is nobody to ask in this run" });

/** A misspelled name would restrict nothing. */
function assertProvider(broker: Broker, { subject: { provider }, origin }: Policy): void {
  if (provider === undefined || broker.registry.entry(provider) !== undefined) return;
  const message = `A policy (${origin}) is about ${provider}, which is no provider.`;
  const hint = origin === "config.json"
    ? `Correct 'policy' in ${broker.home.configFile}; authsome list shows every provider.`
    : "See every provider: authsome list";
  throw new AuthsomeError("usage", message, { hint });
}

/** A connection may come later, so that one which is missing is no error. */
function noteAbout(broker: Broker, { subject, origin }: Policy): readonly string[] {
  const { provider, connection } = subject;
  if (provider === undefined || connection === undefined) return [];
  if (broker.vault.connection(broker.profile, provider, connection) !== undefined) return [];
  return [`A policy (${origin}) is about ${provider}/${connection}, which is not connected.`];
}
