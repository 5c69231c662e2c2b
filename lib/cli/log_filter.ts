/**
 * Which events `authsome log` shows: its flags as a filter of the trail.
 *
 * @module
 */

import type { AuditEvent } from "../audit.ts";
import { AuthsomeError } from "../errors.ts";

/** The flags that choose; every one given must hold. */
export interface LogChoice {
  readonly profile?: string | undefined;
  readonly provider?: string | undefined;
  readonly connection?: string | undefined;
  /** Beginning of a run's identifier. */
  readonly run?: string | undefined;
  readonly event?: string | undefined;
  /** An age (`30m`, `12h`, `7d`) or a moment (RFC 3339, or a date). */
  readonly since?: string | undefined;
}

const AGE = /^([0-9]{1,6})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Makes the filter.
 *
 * @param now Milliseconds since the epoch; ages count back from it.
 * @throws {AuthsomeError} `usage` if `since` is neither an age nor a moment.
 */
export function createLogFilter(choice: LogChoice, now: number): (event: AuditEvent) => boolean {
  const since = choice.since === undefined ? -Infinity : parseSince(choice.since, now);
  const { profile, provider, connection, run, event: name } = choice;
  return (event) =>
    (profile === undefined || event.profile === profile) &&
    (provider === undefined || event.provider === provider) &&
    (connection === undefined || event.connection === connection) &&
    (run === undefined || event.run?.startsWith(run) === true) &&
    (name === undefined || event.event === name) &&
    (since === -Infinity || Date.parse(event.time) >= since);
}

/** Milliseconds since the epoch. A moment without an offset is meant where the person is. */
function parseSince(text: string, now: number): number {
  const [, count, unit = ""] = AGE.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  // A bare date would be read as UTC (ECMA-262, section 21.4.1.32).
  const local = text.length === 10 ? `${text}T00:00` : text.replace(" ", "T");
  const time = MOMENT.test(text) ? Date.parse(local) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new AuthsomeError("usage", "--since is neither an age nor a moment.", {
    hint: "For example: authsome log --since 12h, or --since 2026-01-31T09:00",
  });
}
