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

import type { Envelope } from "../connection.ts";
import { Secret } from "../secret.ts";
import type { AuditLink } from "./audit_chain.ts";
import type { AuditTrail } from "./audit_trail.ts";
import { parseEnvelope, seal, type SealingKey, unseal } from "./envelope.ts";
import { AUDIT_HEAD_RECORD, parseFields, parseRecord } from "./record.ts";
import type { SealedStore } from "./sealed_store.ts";

const FIELD = "link";
const PLACE = { recordKey: AUDIT_HEAD_RECORD, field: FIELD } as const;

/** The link that is kept; `undefined` if there is none yet. */
export function readAuditHead(store: SealedStore): AuditLink | undefined {
  const text = store.get(AUDIT_HEAD_RECORD);
  if (text === undefined) return undefined;
  const envelope = parseEnvelope(parseRecord(AUDIT_HEAD_RECORD, text)[FIELD]);
  if (envelope === undefined) return undefined;
  return parseLink(store.unseal({ ...PLACE, envelope }).reveal());
}

/** Reads the link that the text of the record keeps; `undefined` if it does not open. */
export function openAuditHead(text: string, key: SealingKey): AuditLink | undefined {
  const envelope = parseEnvelope(parseFields(text)?.[FIELD]);
  try {
    return envelope && parseLink(unseal(envelope, key, PLACE).reveal());
  } catch {
    return undefined;
  }
}

/** The text of the record that keeps a link. */
export function formatAuditHead(link: AuditLink, key: SealingKey): string {
  return formatHead(seal(new Secret(JSON.stringify(link)), key, PLACE));
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
    const envelope = store.sealField(change, PLACE, new Secret(JSON.stringify(last)));
    change.put(AUDIT_HEAD_RECORD, formatHead(envelope));
  });
  return true;
}

function formatHead(envelope: Envelope): string {
  return JSON.stringify({ schema_version: 1, [FIELD]: envelope });
}

function parseLink(text: string): AuditLink | undefined {
  const { seq, hash } = parseFields(text) ?? {};
  return typeof seq === "number" && typeof hash === "string" ? { seq, hash } : undefined;
}
