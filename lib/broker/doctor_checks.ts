/**
 * The single checks of `doctor`, in the order they are shown.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Broker } from "./broker.ts";
import { LOGIN_HOST, LOGIN_PORT } from "../login_address.ts";
import { statusOf } from "./connections.ts";
import { describe, loginCommand, usablePatterns } from "./route_plan.ts";
import { removeDeadRuns } from "./run_folder.ts";

/** What a check found. */
export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

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
  { name: "key", needsHome: true, find: checkKey },
  { name: "vault", needsHome: true, find: checkVault },
  { name: "audit", needsHome: true, find: checkAudit },
  { name: "definitions", needsHome: true, find: checkDefinitions },
  { name: "connections", needsHome: true, find: checkConnections },
  { name: "runs", needsHome: true, find: checkRuns },
  { name: "login page", needsHome: false, find: checkLoginPort },
  { name: "certificates", needsHome: false, find: checkCertificates },
  { name: "clock", needsHome: true, find: checkClock },
];

/** The clock may be this far behind the last event, in milliseconds: 5 minutes. */
const CLOCK_TOLERANCE_MS = 300_000;

/** No clock that is right shows an earlier time than this program was written at. */
const EARLIEST = Date.UTC(2025, 0, 1);

function passed(message: string): readonly CheckResult[] {
  return [{ ok: true, message }];
}

function checkHome({ home }: Broker): readonly CheckResult[] {
  return passed(`${home.path} is private to you.`);
}

function checkKey({ vault }: Broker): readonly CheckResult[] {
  return passed(`The vault is locked with ${vault.keySource()}.`);
}

async function checkVault(broker: Broker): Promise<readonly CheckResult[]> {
  await broker.unlock();
  const verdicts = broker.vault.verify();
  const damaged = verdicts.filter((verdict) => !verdict.ok);
  const [first] = damaged;
  if (first === undefined) return passed(`Everything in it opens (records: ${verdicts.length}).`);
  // Opening it once more gives the hint that belongs to the problem.
  for (const record of broker.vault.connections(broker.profile)) broker.vault.credential(record);
  const more = damaged.length > 1 ? ` And ${damaged.length - 1} more.` : "";
  return [{
    ok: false,
    message: `${first.problem}${more}`,
    hint: "If you have a backup: authsome vault restore FILE",
  }];
}

function checkAudit({ trail, home }: Broker): readonly CheckResult[] {
  trail.open();
  return passed(`${home.auditFile} can be written.`);
}

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

function checkRuns({ home, now }: Broker): readonly CheckResult[] {
  const removed = removeDeadRuns(home.runFolder, now());
  return passed(
    removed === 0 ? "No run left anything behind." : `Removed what dead runs left: ${removed}.`,
  );
}

function checkLoginPort(): readonly CheckResult[] {
  try {
    Deno.listen({ hostname: LOGIN_HOST, port: LOGIN_PORT }).close();
    return passed(`Port ${LOGIN_PORT} is free.`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw unusableLoopback(error);
    return passed(`Port ${LOGIN_PORT} is in use; the page will take another.`);
  }
}

function unusableLoopback(cause: unknown): AuthsomeError {
  return new AuthsomeError(
    "unexpected",
    "This computer does not let programs listen on 127.0.0.1.",
    {
      hint: "Check the firewall and the sandbox, if there is one.",
      cause,
    },
  );
}

async function checkCertificates({ env }: Broker): Promise<readonly CheckResult[]> {
  const file = env.SSL_CERT_FILE ?? "";
  if (file !== "" && !isFile(file)) {
    return [{
      ok: false,
      message: `SSL_CERT_FILE names ${file}, which is not there.`,
      hint: "Correct it, or: unset SSL_CERT_FILE",
    }];
  }
  const { createTrustBundles } = await import("../ca/trust.ts");
  const { complete } = await createTrustBundles({ env, rootPem: "" });
  const count = complete.split("BEGIN CERTIFICATE").length - 1;
  if (count > 0) return passed(`Children will trust the system's roots (${count}).`);
  return [{
    ok: false,
    message: "No root certificates were found on this system.",
    hint: "Install them (the package is mostly called ca-certificates), or set SSL_CERT_FILE.",
  }];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function checkClock({ trail, now }: Broker): readonly CheckResult[] {
  const time = now();
  const [last] = trail.readLast(1);
  const lastTime = last === undefined ? 0 : Date.parse(last.time);
  if (time >= EARLIEST && !(time < lastTime - CLOCK_TOLERANCE_MS)) {
    return passed("The clock looks right.");
  }
  return [{
    ok: false,
    message: `The clock shows ${new Date(time).toISOString()}, which is in the past.`,
    hint: "Set it: certificates and token lifetimes depend on it.",
  }];
}
