/**
 * `authsome vault`: makes a backup, or restores one.
 *
 * @module
 */

import { backUp, planRestore, restore, type RestorePlan } from "../../broker/backup.ts";
import { AuthsomeError } from "../../errors.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export async function run(
  { positionals: { action, file }, flags }: InputOf<"vault">,
  session: Session,
): Promise<number> {
  return action === "backup"
    ? await makeBackup(file, flags.force, session)
    : await restoreFile(file, flags.yes, session);
}

async function makeBackup(file: string, force: boolean, session: Session): Promise<number> {
  using broker = openCommandBroker(session);
  const { madeAt, connections, definitions } = await backUp(broker, file, { force });
  const key = broker.vault.keySource();
  session.output.success(
    { file, made_at: madeAt, connections, definitions, key_source: key },
    `Backed up to ${file} (connections: ${connections}, definitions: ${definitions}).`,
  );
  if (!session.output.json) {
    session.output.note(`It opens with the key of this vault only (${key}): keep that elsewhere.`);
  }
  return 0;
}

async function restoreFile(file: string, yes: boolean, session: Session): Promise<number> {
  const { output } = session;
  using broker = openCommandBroker(session);
  const plan = await planRestore(broker, file);
  const { madeAt, connections, definitions, present, trailProblems } = plan;
  for (const problem of trailProblems) output.warn(`The audit trail: ${problem} It stays so.`);
  if (!yes && present > 0) await requireConsent(session, plan, file);
  restore(broker, plan);
  const key_source = plan.backup.keySource;
  output.success(
    { file, made_at: madeAt, connections, definitions, key_source },
    `Restored what was backed up at ${madeAt} (connections: ${connections}, definitions: ` +
      `${definitions}). The vault is locked with ${key_source}.`,
  );
  return 0;
}

/** @throws {AuthsomeError} `cancelled` if the person says no; `usage` if there is nobody to ask. */
async function requireConsent(
  { system, output }: Session,
  { madeAt, connections, present }: RestorePlan,
  file: string,
): Promise<void> {
  if (!system.stdin.isTerminal) {
    throw new AuthsomeError("usage", "There is a vault already, and no terminal to ask you.", {
      hint: `To replace what is in it: authsome vault restore '${file}' --yes`,
    });
  }
  output.note(
    `In the vault now: ${present} connections. Of the backup: ${connections}, ${madeAt}.`,
  );
  output.note("What the backup does not have will be gone: connections, settings, definitions.");
  const { promptConfirm } = await import("../prompt.ts");
  if (await promptConfirm(system, "Replace it?")) return;
  throw new AuthsomeError("cancelled", "Nothing was restored.");
}
