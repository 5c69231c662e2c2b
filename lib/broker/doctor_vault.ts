/**
 * The checks of `doctor` that look into the home: its files, the key, the records, the audit trail.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { fileError } from "../vault/file_error.ts";
import { checkPrivateFile, checkPrivateFolder, findWriteProblem } from "../vault/private_file.ts";
import { parseRecordKey } from "../vault/record.ts";
import type { Vault } from "../vault/vault.ts";
import type { Verdict } from "../vault/verify.ts";
import { DATA_KEY_RECORD } from "../vault/wrapped_key.ts";
import type { Broker } from "./broker.ts";
import { type CheckResult, failed, passed } from "./doctor_result.ts";
import { readKeyState } from "./key_state.ts";

/** Findings of one kind that are told one by one. */
const MOST_TOLD = 20;

/** Nothing that authsome writes lies deeper than this below the home. */
const DEEPEST = 4;

/** Whether the home can be opened and written. */
export function checkHome({ home }: Broker): readonly CheckResult[] {
  const problem = findWriteProblem(home.path);
  if (problem !== undefined) throw fileError(home.path, problem, "cannot be written", home.path);
  return passed(`${home.path} is private to you.`);
}

/** Whether all that is in it is its owner's alone; what is merely too open is closed. */
export function checkFiles({ home }: Broker): readonly CheckResult[] {
  const closed: string[] = [];
  const problems = [...inspect(home.path, closed, DEEPEST)];
  if (problems.length > 0) return limited(problems);
  return passed(
    closed.length === 0
      ? "All of them are closed to others."
      : `Now closed to others: ${closed.join(", ")}.`,
  );
}

/** Keys in clear text that `scan --clean` has left in the home; said, since only a person may end them. */
export function checkCleaned({ home }: Broker): readonly CheckResult[] {
  const { cleanedFolder: path } = home;
  const count = entriesOf(path).filter(({ isFile }) => isFile).length;
  if (count === 0) return [];
  return [{
    ok: true,
    message: `${path} has ${count} of your files as they were before scan --clean, with keys in ` +
      "clear text.",
    hint: `When you need them no more: rm -r '${path}'`,
  }];
}

/** Checks everything in a folder, and takes it away from others where it is too open. */
function* inspect(folder: string, closed: string[], depth: number): Generator<CheckResult> {
  for (const { name, isDirectory, isFile, isSymlink } of entriesOf(folder)) {
    // A run may have sockets in its folder.
    if (!isDirectory && !isFile && !isSymlink) continue;
    const path = `${folder}/${name}`;
    try {
      const info = isDirectory ? checkPrivateFolder(path) : checkPrivateFile(path);
      if (isOpen(info)) closed.push(path);
    } catch (error) {
      if (!(error instanceof AuthsomeError)) throw error;
      yield { ok: false, message: error.message, hint: error.hint };
    }
    if (isDirectory && depth > 0) yield* inspect(path, closed, depth - 1);
  }
}

/** As it was before the check closed it. */
function isOpen(info: Deno.FileInfo | undefined): boolean {
  return Deno.build.os !== "windows" && ((info?.mode ?? 0) & 0o077) !== 0;
}

/** A run that ends meanwhile takes its folder away. */
function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

/** What the vault is locked with. */
export function checkKey(broker: Broker): readonly CheckResult[] {
  return passed(readKeyState(broker).sentence);
}

/** Whether every record can be read and opened. */
export async function checkVault(broker: Broker): Promise<readonly CheckResult[]> {
  await broker.unlock();
  const verdicts = broker.vault.verify();
  const damaged = verdicts.filter((verdict) => !verdict.ok);
  if (damaged.length === 0) return passed(`Everything in it opens (records: ${verdicts.length}).`);
  // If the key does not open, nothing does: one finding, with the key's own hint.
  const key = damaged.find((verdict) => verdict.key === DATA_KEY_RECORD);
  if (key !== undefined) return failed(key.problem, key.hint);
  return limited(damaged.map((verdict) => ({
    ok: false,
    message: verdict.problem,
    hint: fixOf(verdict),
  })));
}

/** A connection can be made again; anything else comes from a backup. */
function fixOf({ key }: Verdict): string {
  const { provider, name, kind } = parseRecordKey(key) ?? {};
  const restore = "authsome vault restore FILE";
  if (kind !== "connection") return `If you have a backup: ${restore}`;
  return `Run: authsome login ${provider} --connection ${name} --force (or: ${restore})`;
}

/** Whether the trail is as it was recorded, and can be written. */
export async function checkAudit(broker: Broker): Promise<readonly CheckResult[]> {
  const { trail, home } = broker;
  trail.open();
  const { events, problems } = trail.verify(await keptHead(broker));
  if (problems.length === 0) return passed(`${home.auditFile} is whole (events: ${events}).`);
  return limited(problems.map((message) => ({
    ok: false,
    message,
    hint: "Nothing repairs a trail. Find out who changed it: authsome log --verify",
  })));
}

/** If the vault does not open, the check of the vault says so. */
async function keptHead(broker: Broker): Promise<ReturnType<Vault["keptAuditHead"]>> {
  try {
    await broker.unlock();
    return broker.vault.keptAuditHead();
  } catch (error) {
    if (error instanceof AuthsomeError) return undefined;
    throw error;
  }
}

function limited(results: readonly CheckResult[]): readonly CheckResult[] {
  if (results.length <= MOST_TOLD) return results;
  const message = `There are ${results.length - MOST_TOLD} more.`;
  return [...results.slice(0, MOST_TOLD), { ok: false, message }];
}
