/**
 * The file of a backup: one JSON text that holds every record of a vault, sealed as they were, the
 * settings and the definitions of one's own; and a seal over all of it.
 *
 * Theory of operation: what is secret in the records is sealed there already. The seal is the hash of
 * everything in the file, sealed with the vault's data key: a file that was changed by anybody who
 * cannot open the vault is found out, and with it a definition that would send keys elsewhere.
 *
 * @module
 */

import type { Envelope } from "../connection.ts";
import { Secret } from "../secret.ts";
import { parseEnvelope, seal, type SealingKey, unseal } from "./envelope.ts";
import { nodeCrypto } from "./node_crypto.ts";
import type { Entry } from "./store.ts";

/** The format this program reads and writes. */
export const BACKUP_FORMAT = 1;

/** A file of the home. */
export interface SavedFile {
  /** `config.json` or `providers/<name>.json`. */
  readonly name: string;
  readonly text: string;
}

/** What a backup holds. */
export interface BackupContents {
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly records: readonly Entry[];
  readonly files: readonly SavedFile[];
}

/** A backup as it was read. Nothing is known of its seal yet. */
export interface Backup {
  readonly contents: BackupContents;
  readonly seal: Envelope;
}

/** The only names that are ever written: each becomes part of a path. */
const FILE_NAME = /^(?:config\.json|providers\/[a-z0-9][a-z0-9_-]{0,63}\.json)$/;

const PLACE = { recordKey: "backup", field: "seal" } as const;

/** Whether a file of this name may be part of a backup. */
export function isSavedName(name: string): boolean {
  return FILE_NAME.test(name);
}

/** The text of a backup, sealed with the data key of its records. */
export function formatBackup(contents: BackupContents, key: SealingKey): string {
  const { madeAt, records, files } = contents;
  const document = {
    authsome_backup: BACKUP_FORMAT,
    made_at: madeAt,
    records: records.map(({ key, value }) => ({ key, value })),
    files: files.map(({ name, text }) => ({ name, text })),
    seal: seal(new Secret(digestOf(contents)), key, PLACE),
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

/**
 * Reads a backup.
 *
 * @returns `"newer"` if only a newer authsome can read it, `undefined` if it is none.
 */
export function parseBackup(text: string): Backup | "newer" | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { authsome_backup: format, made_at: madeAt, records, files, seal } = value;
  if (typeof format !== "number" || !Number.isSafeInteger(format)) return undefined;
  if (format > BACKUP_FORMAT) return "newer";
  const envelope = parseEnvelope(seal);
  if (format !== BACKUP_FORMAT || typeof madeAt !== "string" || envelope === undefined) return;
  const entries = parseList(records, "key", "value");
  const saved = parseList(files, "name", "text");
  if (entries === undefined || saved === undefined) return undefined;
  const names = saved.map(([name]) => name);
  if (!names.every(isSavedName)) return undefined;
  return {
    contents: {
      madeAt,
      records: entries.map(([key, value]) => ({ key, value })),
      files: saved.map(([name, text]) => ({ name, text })),
    },
    seal: envelope,
  };
}

/** Whether a backup is as it was when it was made. */
export function isIntact({ contents, seal }: Backup, key: SealingKey): boolean {
  try {
    return unseal(seal, key, PLACE).reveal() === digestOf(contents);
  } catch {
    return false;
  }
}

/** Pairs of texts, the first ones all different; `undefined` if it is anything else. */
function parseList(value: unknown, first: string, second: string): [string, string][] | undefined {
  if (!Array.isArray(value)) return undefined;
  const pairs: [string, string][] = [];
  for (const item of value) {
    const [one, two] = isObject(item) ? [item[first], item[second]] : [];
    if (typeof one !== "string" || typeof two !== "string") return undefined;
    pairs.push([one, two]);
  }
  return new Set(pairs.map(([one]) => one)).size === pairs.length ? pairs : undefined;
}

function digestOf({ madeAt, records, files }: BackupContents): string {
  const text = JSON.stringify([
    madeAt,
    records.map(({ key, value }) => [key, value]),
    files.map(({ name, text }) => [name, text]),
  ]);
  return nodeCrypto().createHash("sha256").update(text, "utf8").digest("hex");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
