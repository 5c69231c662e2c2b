/**
 * The head of the audit trail: the link of a recent event, sealed in the vault, against which the end
 * of the trail is checked.
 *
 * Theory of operation: the head moves forward only while the event it names is still in the trail
 * with the same hash. Whoever cuts or rewrites the trail behind it leaves a head that never moves
 * again, and every later check says so, however many events have come since.
 *
 * @module
 */

import { Secret } from "../secret.ts";
import type { AuditLink } from "./audit_chain.ts";
import type { AuditTrail } from "./audit_trail.ts";
import { parseEnvelope } from "./envelope.ts";
import { AUDIT_HEAD_RECORD, parseFields, parseRecord } from "./record.ts";
import type { SealedStore } from "./sealed_store.ts";

const FIELD = "link";

/** The link that is kept; `undefined` if there is none yet. */
export function readAuditHead(store: SealedStore): AuditLink | undefined {
  const text = store.get(AUDIT_HEAD_RECORD);
  if (text === undefined) return undefined;
  const envelope = parseEnvelope(parseRecord(AUDIT_HEAD_RECORD, text)[FIELD]);
  if (envelope === undefined) return undefined;
  const place = { recordKey: AUDIT_HEAD_RECORD, field: FIELD };
  const link = parseFields(store.unseal({ ...place, envelope }).reveal());
  const { seq, hash } = link ?? {};
  return typeof seq === "number" && typeof hash === "string" ? { seq, hash } : undefined;
}

/**
 * Keeps the link of the trail's last event.
 *
 * @returns `false` if the event that the kept link names is not in the trail any more.
 */
export function sealAuditHead(store: SealedStore, trail: AuditTrail): boolean {
  const kept = readAuditHead(store);
  const last = trail.link();
  if (last?.hash === kept?.hash) return true;
  if (kept !== undefined && trail.link(kept.seq)?.hash !== kept.hash) return false;
  if (last === undefined) return true;
  store.change((change) => {
    // Another process may have come further meanwhile.
    const current = readAuditHead(store);
    if (current !== undefined && current.seq >= last.seq) return;
    const place = { recordKey: AUDIT_HEAD_RECORD, field: FIELD };
    const envelope = store.sealField(change, place, new Secret(JSON.stringify(last)));
    change.put(AUDIT_HEAD_RECORD, JSON.stringify({ schema_version: 1, [FIELD]: envelope }));
  });
  return true;
}
