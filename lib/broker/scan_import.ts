/**
 * What can be done about keys that were found: storing them, and taking them out of files.
 *
 * @module
 */

import { basename, join } from "node:path";
import { type ConnectionName, parseConnectionName } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { ProviderName } from "../provider.ts";
import { commentOut, readAssignments } from "../scan/assignments.ts";
import { Secret } from "../secret.ts";
import {
  createPrivateFolder,
  publish,
  removeQuietly,
  temporaryPath,
  writeFileAtomic,
} from "../vault/private_file.ts";
import type { Broker } from "./broker.ts";
import { parseLoginKey, planLogin, storeLogin } from "./login.ts";
import type { Finding } from "./scan.ts";

/** What became of the findings. */
export interface ImportOutcome {
  /** The findings again; those whose key was stored are now `same`. */
  readonly findings: readonly Finding[];
  readonly imported: ReadonlySet<Finding>;
  /** Why a key was not stored. */
  readonly refusals: readonly AuthsomeError[];
}

/**
 * Stores every key whose provider is certain, if it is the only one found for it and is not stored
 * yet. Nothing that is stored is replaced.
 *
 * @throws {AuthsomeError} `usage` if the connection's name is malformed; `vault_unavailable`.
 */
export function importFindings(
  broker: Broker,
  findings: readonly Finding[],
  connection: string,
): ImportOutcome {
  const target = parseConnectionName(connection);
  const refusals: AuthsomeError[] = [];
  const stored = new Map<string, Secret>();
  for (const [names, group] of Map.groupBy(unstored(findings), namesOf)) {
    const refusal = importKey(broker, { group, connection: target });
    if (refusal !== undefined) refusals.push(refusal);
    else if (group[0] !== undefined) stored.set(names, group[0].secret);
  }
  const imported = new Set<Finding>();
  const updated = findings.map((finding): Finding => {
    const isStored = stored.get(namesOf(finding))?.equals(finding.secret) ?? false;
    if (finding.drift === "same" || !isStored) return finding;
    const now: Finding = { ...finding, drift: "same", connection: target };
    imported.add(now);
    return now;
  });
  return { findings: updated, imported, refusals };
}

function unstored(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ drift }) => drift !== "same");
}

function namesOf({ providers }: Finding): string {
  return providers.join(" or ");
}

/** Stores the one key of a group of findings; gives the reason if it is not stored. */
function importKey(
  broker: Broker,
  { group, connection }: {
    readonly group: readonly Finding[];
    readonly connection: ConnectionName;
  },
): AuthsomeError | undefined {
  const [first] = group;
  const [provider, other] = first?.providers ?? [];
  if (first === undefined || provider === undefined) return undefined;
  if (other !== undefined) return refuseUncertain(first);
  if (group.some(({ secret }) => !secret.equals(first.secret))) {
    return refuseSeveral(group, provider);
  }
  try {
    const plan = planLogin(broker, { provider, connection, force: false, flow: "api_key" });
    storeLogin(broker, plan, parseLoginKey(plan, first.secret.reveal()));
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthsomeError) || error.code === "vault_unavailable") throw error;
    return new AuthsomeError(error.code, `${first.variable} was not stored: ${error.message}`, {
      hint: error.hint,
    });
  }
}

function refuseUncertain(finding: Finding): AuthsomeError {
  const message = `${finding.variable} was not stored: it may belong to ${namesOf(finding)}.`;
  const [provider] = finding.providers;
  return new AuthsomeError("usage", message, {
    hint: `Choose: authsome login ${provider} --stdin`,
  });
}

function refuseSeveral(group: readonly Finding[], provider: ProviderName): AuthsomeError {
  const places = group.map(describePlace).join(", ");
  const message = `Different keys for ${provider} were found, and none was stored: ${places}.`;
  return new AuthsomeError("usage", message, {
    hint: `Store one, and others under names: authsome login ${provider} --connection NAME --stdin`,
  });
}

/** `.env:3`, or the environment. */
export function describePlace({ place }: Finding): string {
  return place.kind === "environment" ? "environment" : `${place.path}:${place.line}`;
}

/** A file whose keys were taken out. */
export interface CleanedFile {
  readonly path: string;
  readonly findings: readonly Finding[];
  /** A copy of the file as it was, 0600, in authsome's home. */
  readonly backup: string;
}

/** The findings that can be taken out of their files: stored ones with a line of their own. */
export function cleanable(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  return Map.groupBy(
    findings.filter(({ drift, place }) =>
      drift === "same" && place.kind !== "environment" && place.alone
    ),
    ({ place }) => place.kind === "environment" ? "" : Deno.realPathSync(place.path),
  );
}

/**
 * Comments the lines of stored keys out, without their values. Whoever reads the file, or a crash,
 * sees the old or the new text.
 *
 * @throws {AuthsomeError} `refused` if the file has changed since it was read, or is not ours;
 * `vault_unavailable` if it cannot be written.
 */
export function cleanFile(
  broker: Broker,
  path: string,
  findings: readonly Finding[],
): CleanedFile {
  const text = Deno.readTextFileSync(path);
  const { mode, uid } = Deno.statSync(path);
  if (uid !== null && uid !== Deno.uid()) throw refuseFile(path, "belongs to another user");
  if (!findings.every((finding) => isThere(text, finding))) {
    throw refuseFile(path, "has changed meanwhile");
  }
  const backup = writeBackup(broker, path, text);
  const notes = findings.flatMap(({ variable, place, providers, connection }) =>
    place.kind === "environment"
      ? []
      : [[place.line, `${variable} is in authsome: ${providers[0]} (${connection})`] as const]
  );
  replaceText(path, commentOut(text, new Map(notes)), mode ?? 0o600);
  return { path, findings, backup };
}

function isThere(text: string, { variable, secret, place }: Finding): boolean {
  return place.kind !== "environment" &&
    readAssignments(text).some(({ name, value, line, alone }) =>
      line === place.line && name === variable && alone && secret.equals(new Secret(value))
    );
}

/** Beside the file it could be committed; in the home nobody else comes across it. */
function writeBackup(broker: Broker, path: string, text: string): string {
  const folder = broker.home.cleanedFolder;
  createPrivateFolder(folder);
  const stamp = new Date(broker.now()).toISOString().replace(/[^0-9]/g, "").slice(0, 17);
  const backup = join(folder, `${stamp}-${basename(path)}`);
  writeFileAtomic(backup, text);
  return backup;
}

function replaceText(path: string, text: string, mode: number): void {
  const temporary = temporaryPath(path);
  try {
    using file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
    file.syncSync();
    if (Deno.build.os !== "windows") Deno.chmodSync(temporary, mode & 0o777);
    publish(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

function refuseFile(path: string, why: string): AuthsomeError {
  return new AuthsomeError("refused", `${path} ${why}, so it was left as it is.`, {
    hint: "Look again: authsome scan",
  });
}
