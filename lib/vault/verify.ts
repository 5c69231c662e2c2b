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
}

/**
 * Checks the file, and if it is whole, the data key, and of every record that it parses and that
 * each of its secrets opens. The data key has a verdict only if it does not open.
 */
export function verifyStore(store: SealedStore): Verdict[] {
  const damage = store.findDamage().map((problem) => ({ key: "vault.db", ok: false, problem }));
  if (damage.length > 0) return damage;
  const keyProblem = problemOf(() => store.checkKey());
  const verdicts = verifyEntries(store.entries(""), (field) => store.unseal(field));
  if (keyProblem === "") return verdicts;
  return [{ key: DATA_KEY_RECORD, ok: false, problem: keyProblem }, ...verdicts];
}

/** Checks of every entry but the data key that it parses and that each of its secrets opens. */
export function verifyEntries(
  entries: readonly Entry[],
  unseal: (field: SealedField) => unknown,
): Verdict[] {
  return entries.filter((entry) => entry.key !== DATA_KEY_RECORD).map((entry) => {
    const problem = problemOf(() => openEverything(entry, unseal));
    return { key: entry.key, ok: problem === "", problem };
  });
}

function openEverything(entry: Entry, unseal: (field: SealedField) => unknown): void {
  const record = parseRecord(entry.key, entry.value);
  for (const field of sealedFieldsOf(entry.key)) {
    const envelope = parseEnvelope(record[field]);
    if (envelope !== undefined) unseal({ recordKey: entry.key, field, envelope });
  }
}

function problemOf(check: () => void): string {
  try {
    check();
    return "";
  } catch (error) {
    if (error instanceof AuthsomeError) return error.message;
    throw error;
  }
}
