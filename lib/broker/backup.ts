/**
 * Backing up and restoring a home, on the record.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { AuditLink } from "../vault/audit_chain.ts";
import {
  type BackupOptions,
  backUpVault,
  openBackup,
  type OpenedBackup,
  restoreBackup,
} from "../vault/backup.ts";
import type { BackupContents } from "../vault/backup_file.ts";
import { countConnections } from "../vault/record.ts";
import type { Broker, PassphrasePrompt } from "./broker.ts";

/** What a backup holds, for people. */
export interface BackupSummary {
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  /** In all profiles. */
  readonly connections: number;
  /** Definitions of one's own. */
  readonly definitions: number;
}

/**
 * Writes a backup of the vault, the settings and the definitions of one's own.
 *
 * @throws {AuthsomeError} `already_exists` unless `force`; `connection_not_found` if there is nothing
 * to back up; `usage` if it would lie in the home; `vault_unavailable` if it cannot be made.
 */
export async function backUp(
  broker: Broker,
  path: string,
  { force }: { readonly force: boolean },
): Promise<BackupSummary> {
  broker.trail.open();
  const contents = await backUpVault({ ...optionsOf(broker, broker.ask), force }, path);
  broker.trail.append({ event: "backup", outcome: "ok" });
  return summarize(contents);
}

/** A backup that can be restored, and what that would do. */
export interface RestorePlan extends BackupSummary {
  readonly backup: OpenedBackup;
  /** Connections that are there now, and will not be unless the backup has them; 0 if none can be seen. */
  readonly present: number;
  /** What is wrong with the audit trail, a sentence each. It stays as it is. */
  readonly trailProblems: readonly string[];
  readonly auditHead: AuditLink | undefined;
}

/**
 * Opens a backup with the key at hand, all of it, and looks at what it would replace. Changes nothing.
 *
 * @throws {AuthsomeError} `usage` if there is no such file; `vault_unavailable` if it is no backup,
 * changed, newer, or does not open.
 */
export async function planRestore(broker: Broker, path: string): Promise<RestorePlan> {
  const ask = askOnce(broker.ask);
  const backup = await openBackup(optionsOf(broker, ask), path);
  const known = await ifReadable(async () => {
    await broker.vault.unlock(ask);
    return broker.vault.keptAuditHead();
  });
  const auditHead = known ?? inTrail(broker, backup.auditHead);
  return {
    ...summarize(backup.contents),
    backup,
    present: await ifReadable(() => broker.vault.connectionCount()) ?? 0,
    trailProblems: broker.trail.verify(auditHead).problems,
    auditHead,
  };
}

/**
 * Restores what was planned, on the record.
 *
 * @throws {AuthsomeError} `vault_unavailable` if something cannot be written.
 */
export function restore(broker: Broker, { backup, auditHead }: RestorePlan): void {
  const { home, trail } = broker;
  trail.open();
  const record = (): void => void trail.append({ event: "restore", outcome: "ok" });
  restoreBackup({ home, auditHead, record }, backup);
}

function optionsOf(broker: Broker, ask: PassphrasePrompt | undefined): BackupOptions {
  const { home, env, now } = broker;
  return { home, env, now, ...(ask === undefined ? {} : { ask }) };
}

/** The backup and what it replaces are mostly locked with the same passphrase. */
function askOnce(ask: PassphrasePrompt | undefined): PassphrasePrompt | undefined {
  let answer: ReturnType<PassphrasePrompt> | undefined;
  return ask && ((purpose) => answer ??= ask(purpose));
}

/** What is there now may be damaged, or its key lost: that is what backups are for. */
async function ifReadable<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AuthsomeError) return undefined;
    throw error;
  }
}

/** A backup from another machine knows nothing of the trail of this one. */
function inTrail({ trail }: Broker, link: AuditLink | undefined): AuditLink | undefined {
  return link !== undefined && trail.link(link.seq)?.hash === link.hash ? link : undefined;
}

function summarize({ madeAt, records, files }: BackupContents): BackupSummary {
  const definitions = files.filter(({ name }) => name.startsWith("providers/"));
  return { madeAt, connections: countConnections(records), definitions: definitions.length };
}
