/**
 * `authsome log`: the audit trail.
 *
 * @module
 */

import type { AuditEvent } from "../../audit.ts";
import type { Broker } from "../../broker/broker.ts";
import { DEFAULT_NAME } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import { recoverRequests } from "../../vault/request_journal.ts";
import type { InputOf } from "../dispatch.ts";
import { createLogFilter } from "../log_filter.ts";
import type { Output } from "../output.ts";
import { findProfile, openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import { type Cell, escapeControls } from "../text.ts";

const DEFAULT_COUNT = 20;

/** Runs the command. */
export async function run({ flags }: InputOf<"log">, session: Session): Promise<number> {
  const { output } = session;
  const count = parseCount(flags.n);
  if (flags.follow && output.json) throw refuseEndlessDocument();
  using broker = openCommandBroker(session);
  recoverRequests(broker.home, broker.trail);
  if (flags.verify) return await verifyTrail(broker, session);
  requireKnownProvider(broker, flags.provider);
  const profile = findProfile(session);
  const filter = createLogFilter({ ...flags, profile }, session.system.now());
  if (flags.follow) {
    const end = new AbortController();
    using _listener = session.system.onSignal("SIGINT", () => end.abort());
    for await (const event of broker.trail.follow(end.signal, { count, filter })) {
      output.raw(formatEvents([event], output));
    }
    return 0;
  }
  const events = broker.trail.readLast(count, filter);
  output.result({ events }, () => formatEvents(events, output));
  if (events.length === 0 && !output.json) {
    const isEmpty = broker.trail.readLast(1).length === 0;
    output.note(isEmpty ? "Nothing has happened yet." : "There are no such events.");
  }
  return 0;
}

/** Those that are gone may still have events. */
function requireKnownProvider({ registry, trail }: Broker, name: string | undefined): void {
  if (name === undefined || registry.entry(name) !== undefined) return;
  if (trail.readLast(1, ({ provider }) => provider === name).length === 0) registry.get(name);
}

/** 1 if the trail is not what was recorded. */
async function verifyTrail(broker: Broker, { output }: Session): Promise<number> {
  await broker.unlock();
  const { events, problems } = broker.vault.verifyAudit(broker.trail);
  const ok = problems.length === 0;
  output.result({ ok, events, problems }, () => {
    if (ok) return `The audit trail is whole (events: ${events}).\n`;
    const lines = problems.map((problem) => `${escapeControls(problem)}\n`).join("");
    return `${output.style.bad("The audit trail is not what was recorded:")}\n${lines}`;
  });
  return ok ? 0 : 1;
}

function parseCount(text: string | undefined): number {
  if (text === undefined) return DEFAULT_COUNT;
  if (/^[0-9]{1,7}$/.test(text)) return Number(text);
  throw new AuthsomeError("usage", "-n needs a number of events.", {
    hint: "For example: authsome log -n 50",
  });
}

function refuseEndlessDocument(): AuthsomeError {
  return new AuthsomeError("usage", "--json prints one document, and --follow has no end.", {
    hint: "Every line of the trail is JSON: tail -f ~/.authsome/audit.jsonl",
  });
}

function formatEvents(events: readonly AuditEvent[], output: Output): string {
  return output.table(events.map((event) => formatRow(event, output)));
}

/** Columns of a fixed least width, so that rows printed one by one still line up. */
function formatRow(event: AuditEvent, { style }: Output): readonly Cell[] {
  const failed = event.outcome !== undefined && event.outcome !== "ok";
  return [
    { text: formatLocalTime(event.time), paint: style.dim },
    { text: event.event.padEnd(11), paint: failed ? style.bad : style.bold },
    { text: subjectOf(event).padEnd(16) },
    { text: detailsOf(event) },
  ];
}

function subjectOf({ provider, connection }: AuditEvent): string {
  if (provider === undefined) return "-";
  return connection === undefined ? provider : `${provider}/${connection}`;
}

function detailsOf(event: AuditEvent): string {
  const { profile, method, host, path, status, milliseconds, outcome, exit_status, run } = event;
  return [
    ...(method === undefined ? [] : [method]),
    ...(host === undefined ? [] : [`${host}${path ?? ""}`]),
    ...(status === undefined ? [] : [String(status)]),
    ...(milliseconds === undefined ? [] : [`${Math.round(milliseconds)} ms`]),
    ...(exit_status === undefined ? [] : [`exit status ${exit_status}`]),
    ...(outcome === undefined || outcome === "ok" ? [] : [outcome]),
    ...(event.event.startsWith("run_") && run !== undefined ? [run] : []),
    ...(profile === DEFAULT_NAME ? [] : [`(profile ${profile})`]),
  ].join(" ");
}

/** `2026-01-31 09:05:07` where the person is. */
function formatLocalTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
