/**
 * Verification: reads and opens everything a store holds and says which records cannot be.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { parseEnvelope } from "./envelope.ts";
import { parseRecord, sealedFieldsOf } from "./record.ts";
import type { SealedField, SealedStore } from "./sealed_store.ts";
import type { Entry } from "./store.ts";
import { DATA_KEY_RECORD } from "./wrapped_key.ts";

/** What was found about one record. */
export interface Verdict {
  readonly key: string;
  readonly ok: boolean;
  /** A sentence; empty if the record is fine. */
  readonly problem: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * Checks the file, and if it is whole, the data key, and of every record that it parses and that
 * each of its secrets opens. The data key has a verdict only if it does not open.
 */
export function verifyStore(store: SealedStore): Verdict[] {
  const damage = store.findDamage();
  if (damage.length > 0) {
    return damage.map((problem) => ({ key: "vault.db", ok: false, problem, hint: "" }));
  }
  const verdicts = verifyEntries(store.entries(""), (field) => store.unseal(field));
  const key = verdictOn(DATA_KEY_RECORD, () => store.checkKey());
  return key.ok ? verdicts : [key, ...verdicts];
}

/** Checks of every entry but the data key that it parses and that each of its secrets opens. */
export function verifyEntries(
  entries: readonly Entry[],
  unseal: (field: SealedField) => unknown,
): Verdict[] {
  return entries.filter((entry) => entry.key !== DATA_KEY_RECORD)
    .map((entry) => verdictOn(entry.key, () => openEverything(entry, unseal)));
}

function openEverything(entry: Entry, unseal: (field: SealedField) => unknown): void {
  const record = parseRecord(entry.key, entry.value);
  for (const field of sealedFieldsOf(entry.key)) {
    const envelope = parseEnvelope(record[field]);
    if (envelope !== undefined) unseal({ recordKey: entry.key, field, envelope });
  }
}

function verdictOn(key: string, check: () => void): Verdict {
  try {
    check();
    return { key, ok: true, problem: "", hint: "" };
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    return { key, ok: false, problem: error.message, hint: error.hint };
  }
}
