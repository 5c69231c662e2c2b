/**
 * The single checks of `doctor`, in the order they are shown.
 *
 * @module
 */

import { describeSubject } from "../policy.ts";
import type { Broker } from "./broker.ts";
import { statusOf } from "./connections.ts";
import { type CheckResult, passed } from "./doctor_result.ts";
import { checkCertificates, checkClock, checkLoginPort } from "./doctor_system.ts";
import {
  checkAudit,
  checkCleaned,
  checkFiles,
  checkHome,
  checkKey,
  checkVault,
} from "./doctor_vault.ts";
import { recoverRequests } from "../vault/request_journal.ts";
import { describe, loginCommand, usablePatterns } from "./route_plan.ts";
import { readConfiguredPolicies } from "./run_policy.ts";
import { removeDeadRuns } from "./run_folder.ts";

/** One check. It may also throw an AuthsomeError, which counts as its failure. */
export interface HealthCheck {
  readonly name: string;
  /** Whether it makes sense only if the home can be opened. */
  readonly needsHome: boolean;
  find(broker: Broker): readonly CheckResult[] | Promise<readonly CheckResult[]>;
}

/** Every check. */
export const CHECKS: readonly HealthCheck[] = [
  { name: "home", needsHome: false, find: checkHome },
  { name: "files", needsHome: true, find: checkFiles },
  { name: "files", needsHome: true, find: checkCleaned },
  { name: "vault", needsHome: true, find: checkVault },
  { name: "key", needsHome: true, find: checkKey },
  { name: "audit", needsHome: true, find: checkAudit },
  { name: "definitions", needsHome: true, find: checkDefinitions },
  { name: "connections", needsHome: true, find: checkConnections },
  { name: "policies", needsHome: true, find: checkPolicies },
  { name: "runs", needsHome: true, find: checkRuns },
  { name: "login page", needsHome: false, find: checkLoginPort },
  { name: "certificates", needsHome: false, find: checkCertificates },
  { name: "clock", needsHome: true, find: checkClock },
];

function checkDefinitions({ registry }: Broker): readonly CheckResult[] {
  const custom = registry.entries().filter((entry) => entry.source === "custom");
  const problems = custom.flatMap(({ problem }) =>
    problem === undefined ? [] : [{ ok: false, message: problem.message, hint: problem.hint }]
  );
  if (problems.length > 0) return problems;
  return passed(
    custom.length === 0
      ? "You have no definitions of your own."
      : `Your own definitions are valid: ${custom.map((entry) => entry.name).join(", ")}.`,
  );
}

function checkConnections(broker: Broker): readonly CheckResult[] {
  const records = broker.vault.connections(broker.profile);
  const problems = records.flatMap((record): readonly CheckResult[] => {
    const problem = problemOfConnection(broker, record);
    if (problem === undefined) return [];
    const command = loginCommand(record.provider, record.connection_name);
    return [{
      ok: false,
      message: `${describe(record)} ${problem}.`,
      hint: `Run: ${command} --force`,
    }];
  });
  if (problems.length > 0) return problems;
  return passed(
    records.length === 0
      ? "Nothing is connected yet. For example: authsome login openai"
      : `All can be used (connections: ${records.length}).`,
  );
}

async function checkPolicies(broker: Broker): Promise<readonly CheckResult[]> {
  const subjects = (await readConfiguredPolicies(broker)).map(({ subject }) => subject);
  return passed(
    subjects.length === 0
      ? "config.json restricts no run."
      : `config.json restricts ${subjects.map(describeSubject).join(", ")}.`,
  );
}

function problemOfConnection(
  broker: Broker,
  record: ReturnType<Broker["vault"]["connections"]>[number],
): string | undefined {
  const status = statusOf(record, broker.now());
  if (status !== "connected") return `is ${status}`;
  const entry = broker.registry.entry(record.provider);
  if (entry === undefined) return "has no definition any more";
  if (entry.provider === undefined) return undefined; // told by the definitions' check
  if (entry.provider.apiUrls.length === 0) return undefined;
  return usablePatterns(entry.provider, record).length === 0
    ? "was made for hosts that its definition no longer names"
    : undefined;
}

function checkRuns({ home, trail, now }: Broker): readonly CheckResult[] {
  const removed = removeDeadRuns(home.runFolder, now());
  const recovered = recoverRequests(home, trail);
  if (removed + recovered === 0) return passed("No run left anything behind.");
  return passed(
    `Of dead runs: removed folders: ${removed}, requests put into the trail: ${recovered}.`,
  );
}
