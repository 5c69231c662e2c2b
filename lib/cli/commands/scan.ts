/**
 * `authsome scan`: finds keys that lie about, stores them and takes them out of files.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import { type Finding, scanForKeys } from "../../broker/scan.ts";
import {
  cleanable,
  cleanFile,
  importFindings,
  type ImportOutcome,
} from "../../broker/scan_import.ts";
import { DEFAULT_NAME } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { InputOf } from "../dispatch.ts";
import { describeFinding, formatFindings, formatPath, type Standpoint } from "../finding_table.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

type Flags = InputOf<"scan">["flags"];

/** Runs the command. */
export async function run({ flags }: InputOf<"scan">, session: Session): Promise<number> {
  const { output, system } = session;
  const { env, os } = system;
  const from = { folder: Deno.cwd(), userFolder: os === "windows" ? env.USERPROFILE : env.HOME };
  using broker = openCommandBroker(session);
  const stored = broker.vault.connections(broker.profile);
  if (flags.import || stored.length > 0) await broker.unlock();
  const { findings: found, truncated } = scanForKeys(broker, { ...from, env });
  const outcome: ImportOutcome = flags.import
    ? importFindings(broker, found, flags.connection ?? DEFAULT_NAME)
    : { findings: found, imported: new Set(), refusals: [] };
  const { findings, imported, refusals } = outcome;
  if (!output.json && findings.length > 0) {
    output.raw(output.table(formatFindings(findings, { style: output.style, from, imported })));
  }
  for (const { message, hint } of refusals) output.warn(`${message} ${hint}`);
  if (truncated) output.warn("The tree is too large: not all of it was looked at.");
  warnOfCommits(findings, { session, from });
  const backups = flags.clean
    ? await cleanFiles(broker, { findings, flags, session, from })
    : new Map<Finding, string>();
  if (output.json) {
    const shown = findings.map((finding) =>
      describeFinding(finding, { imported: imported.has(finding), backup: backups.get(finding) })
    );
    output.result({ findings: shown }, () => "");
  } else output.note(advise(findings, flags));
  return 0;
}

interface Place {
  readonly session: Session;
  readonly from: Standpoint;
}

/** A key in a file that git does not ignore is one commit away from everybody. */
function warnOfCommits(findings: readonly Finding[], { session, from }: Place): void {
  const paths = findings.flatMap(({ place }) =>
    place.kind === "file" && place.ignored === false ? [formatPath(place.path, from)] : []
  );
  for (const path of new Set(paths)) {
    session.output.warn(`git does not ignore ${path}. Add it to .gitignore.`);
  }
}

/** @throws {AuthsomeError} `cancelled` if the person says no; `usage` if there is nobody to ask. */
async function cleanFiles(
  broker: Broker,
  { findings, flags, session, from }: Place & {
    readonly findings: readonly Finding[];
    readonly flags: Flags;
  },
): Promise<ReadonlyMap<Finding, string>> {
  const { output } = session;
  const files = cleanable(findings);
  const backups = new Map<Finding, string>();
  if (files.size > 0 && !flags.yes) await requireConsent(session, [...files.values()].flat());
  for (const [path, own] of files) {
    try {
      const { backup } = cleanFile(broker, path, own);
      for (const finding of own) backups.set(finding, backup);
      output.note(
        `Cleaned ${
          formatPath(path, from)
        }. As it was, keys and all (remove it when all works): ${backup}`,
      );
    } catch (error) {
      if (!(error instanceof AuthsomeError)) throw error;
      output.warn(`${error.message} ${error.hint}`);
    }
  }
  for (const { place, variable, drift } of findings) {
    if (drift !== "same" || place.kind === "environment" || place.alone) continue;
    const line = `${formatPath(place.path, from)}:${place.line}`;
    output.warn(`${line} does more than set ${variable}. Take the key out by hand.`);
  }
  return backups;
}

async function requireConsent(
  { system }: Session,
  findings: readonly Finding[],
): Promise<void> {
  if (!system.stdin.isTerminal) {
    throw new AuthsomeError("usage", "There is no terminal to ask for your consent.", {
      hint: "To comment the lines out all the same: authsome scan --clean --yes",
    });
  }
  const count = findings.length === 1 ? "1 line" : `${findings.length} lines`;
  const { promptConfirm } = await import("../prompt.ts");
  if (await promptConfirm(system, `Comment ${count} out?`)) return;
  throw new AuthsomeError("cancelled", "No file was changed.");
}

/** What to do next. */
function advise(findings: readonly Finding[], flags: Flags): string {
  if (findings.length === 0) return "No keys were found.";
  if (!flags.import && findings.some(({ drift }) => drift === "new")) {
    return "To store them: authsome scan --import";
  }
  if (!flags.clean && cleanable(findings).size > 0) {
    return "To take stored keys out of the files: authsome scan --clean";
  }
  return "Programs get stored keys with: authsome run -- COMMAND";
}
