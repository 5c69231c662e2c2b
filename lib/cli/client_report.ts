/**
 * The report of `doctor --client`: what became of each program's request, for people and as checks.
 *
 * @module
 */

import type { ClientVerdict } from "../broker/client_check.ts";
import type { Output } from "./output.ts";
import { type Cell, escapeControls } from "./text.ts";

/** A verdict in the shape of a check. */
export interface ClientCheck extends Omit<ClientVerdict, "fix"> {
  readonly ok: boolean;
  /** One sentence. */
  readonly message: string;
  /** What to do; empty if nothing is to be done. */
  readonly hint: string;
}

/** The verdicts as checks. */
export function formatChecks(verdicts: readonly ClientVerdict[]): readonly ClientCheck[] {
  return verdicts.map(({ fix, ...verdict }) => ({
    ...verdict,
    ok: isWell(verdict),
    message: describe(verdict),
    hint: fix,
  }));
}

/** The verdicts as a table; below each program that does not work, what helps. */
export function formatReport(verdicts: readonly ClientVerdict[], output: Output): string {
  const { style } = output;
  const mark = (yes: boolean): Cell => ({
    text: yes ? "yes" : "no",
    paint: yes ? style.good : style.bad,
  });
  const titles = ["client", "version", "routed", "trusted", "injected"];
  const lines = output.table([
    titles.map((text) => ({ text, paint: style.bold })),
    ...verdicts.map(({ name, version, routed, trusted, injected }) => [
      { text: name },
      { text: version },
      ...[routed, trusted, injected].map(mark),
    ]),
  ]).trimEnd().split("\n");
  const [title = "", ...rows] = lines;
  const failed = verdicts.filter((verdict) => !isWell(verdict)).length;
  return [
    title,
    ...rows.flatMap((row, index) => [row, ...adviceFor(verdicts[index])]),
    summary(verdicts.length, failed),
  ].map((line) => `${line}\n`).join("");
}

function adviceFor(verdict: ClientVerdict | undefined): readonly string[] {
  if (verdict === undefined || verdict.fix === "") return [];
  return [`  ${escapeControls(`${verdict.name}: ${verdict.fix}`)}`];
}

function summary(found: number, failed: number): string {
  if (found === 0) return "No program that could be tried was found on PATH.";
  if (failed === 0) return `All ${found} work in a run with no set-up.`;
  return `${failed} of ${found} do not work in a run with no set-up. SDKs may still work with:\n` +
    "authsome run --base-url-mode -- …";
}

function isWell({ routed, trusted, injected }: Omit<ClientVerdict, "fix">): boolean {
  return routed && trusted && injected;
}

function describe(verdict: Omit<ClientVerdict, "fix">): string {
  const { name, version, routed, trusted } = verdict;
  const subject = `${name} ${version}`;
  if (!routed) return `${subject} does not come to the proxy.`;
  if (!trusted) return `${subject} does not trust the proxy.`;
  if (!isWell(verdict)) return `${subject} is answered without the credential.`;
  return `${subject} works in a run with no set-up.`;
}
