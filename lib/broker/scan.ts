/**
 * Finding keys that lie about in files and in the environment, and how they compare to the vault.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ConnectionName, ConnectionRecord } from "../connection.ts";
import type { Provider, ProviderName } from "../provider.ts";
import { type Assignment, readAssignments } from "../scan/assignments.ts";
import { profilePaths } from "../scan/profiles.ts";
import { createRecognizer, type Recognizer } from "../scan/recognition.ts";
import { findEnvFiles } from "../scan/tree.ts";
import { Secret } from "../secret.ts";
import type { Broker, Environment } from "./broker.ts";

/** Where a key lies. */
export type FindingPlace =
  | { readonly kind: "environment" }
  | {
    readonly kind: "file" | "profile";
    readonly path: string;
    /** Counted from 1. */
    readonly line: number;
    /** Whether the line can be commented out as a whole. */
    readonly alone: boolean;
    /** Whether git ignores the file; absent outside of a repository. */
    readonly ignored?: boolean;
  };

/** How a key compares to the vault: not there, the very same, or unlike those that are there. */
export type Drift = "new" | "same" | "different";

/** One key that was found. */
export interface Finding {
  readonly variable: string;
  readonly secret: Secret;
  readonly place: FindingPlace;
  /** Whose it is; several if its shape alone does not tell. */
  readonly providers: readonly ProviderName[];
  readonly by: "variable" | "pattern";
  readonly drift: Drift;
  /** Of `same`: the connection that holds it. */
  readonly connection?: ConnectionName;
}

/** Where to look. */
export interface ScanWish {
  /** With everything below it. */
  readonly folder: string;
  /** The person's own folder, for shell profiles. */
  readonly userFolder?: string | undefined;
  readonly env: Environment;
}

/** What was found. */
export interface Scan {
  readonly findings: readonly Finding[];
  /** Whether the tree was too large to look at all of it. */
  readonly truncated: boolean;
}

/** Larger files are no settings. In bytes. */
const LARGEST_FILE = 1024 * 1024;

/**
 * Looks for keys of known providers. Only vault records of their providers are opened.
 *
 * @throws {AuthsomeError} `vault_unavailable` if stored keys cannot be compared.
 */
export function scanForKeys(broker: Broker, { folder, userFolder, env }: ScanWish): Scan {
  const providers = broker.registry.entries().flatMap(({ provider }) => provider ?? []);
  const recognize = createRecognizer(providers);
  const compare = createComparison(broker);
  const { files, truncated } = findEnvFiles(folder);
  const profiles = userFolder === undefined ? [] : profilePaths(userFolder);
  const found = [
    ...files.flatMap(({ path, ignored }) =>
      findInFile(path, recognize).map((hit) =>
        placed(
          hit,
          ignored === undefined
            ? { kind: "file", path, ...lineOf(hit) }
            : { kind: "file", path, ...lineOf(hit), ignored },
        )
      )
    ),
    ...profiles.flatMap((path) =>
      findInFile(path, recognize).map((hit) =>
        placed(hit, { kind: "profile", path, ...lineOf(hit) })
      )
    ),
    ...Object.entries(env).flatMap(([name, value]) => {
      const hit = recognizeKey({ name, value, line: 0, alone: false }, recognize);
      return hit.map((one) => placed(one, { kind: "environment" }));
    }),
  ];
  return { findings: found.map((one) => ({ ...one, ...compare(one) })), truncated };
}

/** What may be shown of a key: its first four characters, if that leaves most of it unsaid. */
export function maskKey(secret: Secret): string {
  const key = secret.reveal();
  return `${key.length < 16 ? "" : key.slice(0, 4)}…`;
}

/** Tells keys apart without showing them: 32 bits of SHA-256, in hexadecimal. */
export function fingerprintKey(secret: Secret): string {
  return createHash("sha256").update(secret.reveal()).digest("hex").slice(0, 8);
}

interface Hit {
  readonly assignment: Assignment;
  readonly secret: Secret;
  readonly providers: readonly Provider[];
  readonly by: Finding["by"];
}

type Placed = Omit<Finding, "drift" | "connection">;

function findInFile(path: string, recognize: Recognizer): readonly Hit[] {
  const text = readSettings(path);
  if (text === undefined) return [];
  return readAssignments(text).flatMap((assignment) => recognizeKey(assignment, recognize));
}

function readSettings(path: string): string | undefined {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile || size > LARGEST_FILE) return undefined;
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function recognizeKey(assignment: Assignment, recognize: Recognizer): readonly Hit[] {
  const { name, value } = assignment;
  if (name.startsWith("AUTHSOME_")) return [];
  const found = recognize(name, value);
  return found === undefined ? [] : [{ assignment, secret: new Secret(value), ...found }];
}

function lineOf({ assignment: { line, alone } }: Hit): { line: number; alone: boolean } {
  return { line, alone };
}

function placed({ assignment, secret, providers, by }: Hit, place: FindingPlace): Placed {
  const names = providers.map(({ name }) => name);
  return { variable: assignment.name, secret, place, providers: names, by };
}

type Comparison = (finding: Placed) => Pick<Finding, "drift" | "connection" | "providers">;

/** Opens each stored key once, and only those of providers whose keys were found. */
function createComparison(broker: Broker): Comparison {
  const stored = Map.groupBy(
    broker.vault.connections(broker.profile),
    (record): string => record.provider,
  );
  const opened = new Map<ConnectionRecord, Secret | undefined>();
  const open = (record: ConnectionRecord): Secret | undefined => {
    if (!opened.has(record)) opened.set(record, openKey(broker, record));
    return opened.get(record);
  };
  return ({ providers, secret }) => {
    const records = providers.flatMap((name) => stored.get(name) ?? []);
    const same = records.find((record) => open(record)?.equals(secret));
    if (same === undefined) return { providers, drift: records.length === 0 ? "new" : "different" };
    return { providers: [same.provider], drift: "same", connection: same.connection_name };
  };
}

function openKey({ vault }: Broker, record: ConnectionRecord): Secret | undefined {
  return vault.unseal(record, "api_key") ?? vault.unseal(record, "access_token");
}
