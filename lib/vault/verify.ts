/**
 * Verification: reads and opens everything a store holds and says which records cannot be.
 *
 * @module
 */

import { SECRET_FIELDS } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { parseEnvelope } from "./envelope.ts";
import { parseRecord } from "./record.ts";
import type { SealedStore } from "./sealed_store.ts";
import type { Entry } from "./store.ts";
import { DATA_KEY_RECORD } from "./wrapped_key.ts";

/** What was found about one record. */
export interface Verdict {
  readonly key: string;
  readonly ok: boolean;
  /** A sentence; empty if the record is fine. */
  readonly problem: string;
}

/** Checks the file, and if it is whole, of every record that it parses and that each of its secrets opens. */
export function verifyStore(store: SealedStore): Verdict[] {
  const damage = store.findDamage().map((problem) => ({ key: "vault.db", ok: false, problem }));
  if (damage.length > 0) return damage;
  const entries = store.entries("").filter((entry) => entry.key !== DATA_KEY_RECORD);
  return entries.map((entry) => {
    const problem = findProblem(entry, store);
    return { key: entry.key, ok: problem === "", problem };
  });
}

function findProblem(entry: Entry, store: SealedStore): string {
  try {
    const record = parseRecord(entry.key, entry.value);
    for (const field of SECRET_FIELDS) {
      const envelope = parseEnvelope(record[field]);
      if (envelope !== undefined) store.unseal({ recordKey: entry.key, field, envelope });
    }
    return "";
  } catch (error) {
    if (error instanceof AuthsomeError) return error.message;
    throw error;
  }
}
