/**
 * Audit events: recorded facts, never a secret, a header, a query string or a body.
 *
 * @module
 */

import type { ConnectionName, ProfileName } from "./connection.ts";
import type { ProviderName } from "./provider.ts";

/** Every event there is. */
export const AUDIT_EVENTS = [
  "login",
  "logout",
  "revoke",
  "remove",
  "refresh",
  "refresh_failed",
  "export",
  "show_secret",
  "register",
  "set_default",
  "rekey",
  "backup",
  "restore",
  "run_start",
  "run_end",
  "request",
  "refused",
  "redacted",
] as const;

/** What happened. */
export type AuditEventName = typeof AUDIT_EVENTS[number];

/** One fact. Absent and undefined fields do not apply. */
export interface AuditEvent {
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string;
  readonly event: AuditEventName;
  readonly profile: ProfileName;
  readonly provider?: ProviderName | undefined;
  readonly connection?: ConnectionName | undefined;
  /** Identifier of the run the event belongs to. */
  readonly run?: string | undefined;
  /** `ok`, the error code that ended it, or `unknown` if the run was killed while it was under way. */
  readonly outcome?: string | undefined;
  /** Number of a forwarded request in its run, counted from 1. */
  readonly request?: number | undefined;
  /** Of a request. */
  readonly method?: string | undefined;
  readonly host?: string | undefined;
  /** Without query. */
  readonly path?: string | undefined;
  /** HTTP status sent to the child. */
  readonly status?: number | undefined;
  /** Body bytes from the child. */
  readonly request_bytes?: number | undefined;
  /** Body bytes to the child. */
  readonly response_bytes?: number | undefined;
  readonly milliseconds?: number | undefined;
  /** Exit status of the child, of `run_end`. */
  readonly exit_status?: number | undefined;
  /** Number in the trail, counted from 1. Given by the trail. */
  readonly seq?: number | undefined;
  /** SHA-256 of the line before, hexadecimal; empty for the first. Given by the trail. */
  readonly prev?: string | undefined;
}

/** An event before the trail stamps it with time, profile and place. */
export type AuditFact = Omit<AuditEvent, "time" | "profile" | "seq" | "prev">;

/** One line of JSON without a line break; fields in a fixed order, absent ones left out. */
export function formatAuditEvent(event: AuditEvent): string {
  return JSON.stringify(event);
}

/** What the fields hold that are not texts. */
const NUMBERS: readonly string[] = [
  "request",
  "status",
  "request_bytes",
  "response_bytes",
  "milliseconds",
  "exit_status",
  "seq",
] satisfies readonly (keyof AuditEvent)[];

const TEXTS: readonly string[] = [
  "profile",
  "provider",
  "connection",
  "run",
  "outcome",
  "method",
  "host",
  "path",
  "prev",
] satisfies readonly (keyof AuditEvent)[];

/**
 * Reads one line of the trail. Fields that this program does not know are kept.
 *
 * @returns `undefined` if the line is not an event (a torn or foreign line).
 */
export function parseAuditEvent(line: string): AuditEvent | undefined {
  try {
    const value: Readonly<Record<string, unknown>> | null = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    if (typeof value.time !== "string" || typeof value.event !== "string") return undefined;
    if (!TEXTS.every((name) => isTextOrAbsent(value[name]))) return undefined;
    if (!NUMBERS.every((name) => isNumberOrAbsent(value[name]))) return undefined;
    return value as unknown as AuditEvent;
  } catch {
    return undefined;
  }
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** JSON has no infinity, but texts of numbers that are read as one. */
function isNumberOrAbsent(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}
