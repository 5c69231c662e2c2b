/**
 * Homes of authsome with little and with much behind them.
 *
 * @module
 */

import { join } from "node:path";
import { runProgram } from "./program.ts";

/** How much has happened in a home. */
export interface History {
  readonly connections: number;
  readonly runs: number;
  /** Lines of the audit trail, those of the runs included. */
  readonly events: number;
}

/** A home just set up. */
export const FRESH: History = { connections: 1, runs: 0, events: 0 };

/** A home after years of use. */
export const LONG: History = { connections: 200, runs: 1_000, events: 100_000 };

/** Logins under way at once. */
const AT_ONCE = 4;

/** Makes a home in `folder` with the program `authsome`. */
export async function createHistory(
  authsome: string,
  folder: string,
  history: History,
): Promise<void> {
  await login(authsome, folder, "default");
  const names = Array.from({ length: history.connections - 1 }, (_, index) => `account-${index}`);
  while (names.length > 0) {
    const batch = names.splice(0, AT_ONCE);
    await Promise.all(batch.map((name) => login(authsome, folder, name)));
  }
  const trail = pastEvents(history).map((event) => JSON.stringify(event) + "\n").join("");
  await Deno.writeTextFile(join(folder, "audit.jsonl"), trail, { append: true });
}

async function login(authsome: string, home: string, connection: string): Promise<void> {
  await runProgram([authsome, "login", "openai", "--connection", connection, "--stdin"], {
    env: { AUTHSOME_HOME: home },
    input: "sk-0123456789abcdefghijklmnopqrstuv",
  });
}

/** Events of past runs, as the audit trail holds them: each a start, requests and an end. */
export function pastEvents({ runs, events }: History): Record<string, unknown>[] {
  return Array.from({ length: events }, (_, index) => {
    const run = Math.floor(index * runs / events);
    const first = Math.floor((index - 1) * runs / events) !== run;
    const last = Math.floor((index + 1) * runs / events) !== run;
    const common = {
      time: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
      profile: "default",
      run: run.toString(16).padStart(16, "0"),
      outcome: "ok",
    };
    if (first) return { ...common, event: "run_start" };
    if (last) return { ...common, event: "run_end", exit_status: 0 };
    return {
      ...common,
      ...{ event: "request", provider: "openai", connection: "default", method: "POST" },
      ...{ host: "api.openai.com", path: "/v1/chat/completions", status: 200 },
      ...{ request_bytes: 812, response_bytes: 1_431, milliseconds: 640 },
    };
  });
}
