/**
 * Found keys for people and for programs, never whole.
 *
 * @module
 */

import { isAbsolute, relative } from "node:path";
import { type Finding, fingerprintKey, maskKey } from "../broker/scan.ts";
import type { Style } from "./style.ts";
import type { Cell } from "./text.ts";

/** What was done about a finding. */
export interface FindingOutcome {
  readonly imported: boolean;
  /** The copy of the file that it was taken out of. */
  readonly backup?: string | undefined;
}

/** Where paths are seen from. */
export interface Standpoint {
  readonly folder: string;
  readonly userFolder?: string | undefined;
}

/** The finding in `--json`. */
export function describeFinding(
  finding: Finding,
  { imported, backup }: FindingOutcome,
): Readonly<Record<string, unknown>> {
  const { place, providers, variable, secret, by, drift, connection } = finding;
  const [provider, other] = providers;
  return {
    provider: other === undefined ? provider : null,
    candidates: providers,
    variable,
    source: place.kind,
    path: place.kind === "environment" ? null : place.path,
    line: place.kind === "environment" ? null : place.line,
    git_ignored: place.kind === "environment" ? null : place.ignored ?? null,
    key: maskKey(secret),
    fingerprint: fingerprintKey(secret),
    matched_by: by,
    stored: drift,
    connection: connection ?? null,
    imported,
    cleaned: backup !== undefined,
    backup: backup ?? null,
  };
}

/** Rows with a header. */
export function formatFindings(
  findings: readonly Finding[],
  options: {
    readonly style: Style;
    readonly from: Standpoint;
    readonly imported: ReadonlySet<Finding>;
  },
): readonly (readonly Cell[])[] {
  const { style, from, imported } = options;
  const header = ["PROVIDER", "VARIABLE", "KEY", "FINGERPRINT", "STORED", "FOUND IN"];
  return [
    header.map((text) => ({ text, paint: style.dim })),
    ...findings.map((finding) => [
      { text: finding.providers.join(" or "), paint: style.bold },
      { text: finding.variable },
      { text: maskKey(finding.secret) },
      { text: fingerprintKey(finding.secret), paint: style.dim },
      driftCell(finding, { style, isNew: imported.has(finding) }),
      { text: formatPlace(finding, from) },
    ]),
  ];
}

function driftCell(
  { drift, connection }: Finding,
  { style, isNew }: { readonly style: Style; readonly isNew: boolean },
): Cell {
  switch (drift) {
    case "new":
      return { text: "no", paint: style.poor };
    case "different":
      return { text: "another key", paint: style.bad };
    case "same":
      return { text: `${isNew ? "now" : "yes"} (${connection})`, paint: style.good };
    default:
      return drift satisfies never;
  }
}

/** `.env:3`, `~/.bashrc:10` or `environment`. */
export function formatPlace({ place }: Finding, from: Standpoint): string {
  return place.kind === "environment"
    ? "environment"
    : `${formatPath(place.path, from)}:${place.line}`;
}

/** A path as a person would write it who stands in `folder`. */
export function formatPath(path: string, { folder, userFolder }: Standpoint): string {
  const near = relative(folder, path);
  if (!near.startsWith("..") && !isAbsolute(near)) return near;
  if (userFolder === undefined) return path;
  const own = relative(userFolder, path);
  return own.startsWith("..") || isAbsolute(own) ? path : `~/${own}`;
}
