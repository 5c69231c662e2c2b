/**
 * Health checks: everything that can be wrong with a home, each with what to do about it.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Broker } from "./broker.ts";
import { CHECKS } from "./doctor_checks.ts";
import type { CheckResult } from "./doctor_result.ts";

/** The outcome of one check. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence. */
  readonly message: string;
  /** What to do; empty if nothing is to be done. */
  readonly hint: string;
}

/**
 * Runs every check. Never throws for what it finds; if the home itself is unusable, what lies in it
 * is not looked at. A failure that several checks come upon is told once.
 */
export async function checkHealth(broker: Broker): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const { name, find, needsHome } of CHECKS) {
    const homeFailed = checks.some((check) => check.name === "home" && !check.ok);
    if (needsHome && homeFailed) continue;
    const results = await findSafely(() => find(broker));
    const isNew = ({ ok, message }: CheckResult): boolean =>
      ok || !checks.some((check) => !check.ok && check.message === message);
    checks.push(...results.filter(isNew).map((result) => ({ name, hint: "", ...result })));
  }
  return checks;
}

async function findSafely(
  find: () => readonly CheckResult[] | Promise<readonly CheckResult[]>,
): Promise<readonly CheckResult[]> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    return [{ ok: false, message: error.message, hint: error.hint }];
  }
}
