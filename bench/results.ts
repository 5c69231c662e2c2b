/**
 * Writes what was found as Markdown tables, and puts them into `RESULTS.md`.
 *
 * @module
 */

import type { Comparison, Outcome } from "./rounds.ts";
import { summarize } from "./statistics.ts";
import { judge, ratio } from "./targets.ts";
import type { Figure, Workload } from "./workloads.ts";

/** A table: the first row is its head. */
export type Table = readonly (readonly string[])[];

/** The peers that others are compared with. */
const BASES = ["direct", "passthrough", "mitmproxy"] as const;

/** Peers that the targets are for. */
const OURS = ["authsome", "authsome-binary"] as const;

/** A table with columns as wide as their widest cell; the first is aligned left, the rest right. */
export function formatTable(table: Table): string {
  const [head = []] = table;
  const widths = head.map((_, column) =>
    Math.max(3, ...table.map((row) => [...(row[column] ?? "")].length))
  );
  const lines = table.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const padding = " ".repeat(width - [...cell].length);
      return column === 0 ? cell + padding : padding + cell;
    })
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [lines[0] ?? [], rule, ...lines.slice(1)]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A number with its digits grouped, or a dash. */
export function formatNumber(value: number | undefined, digits: number): string {
  if (value === undefined) return "–";
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** The whole section: who took part, how each workload went, which targets are met. */
export function formatComparison(
  comparison: Comparison,
  workloads: readonly Workload[],
): string {
  const sections = [
    formatParticipants(comparison),
    ...workloads.map((workload) => formatWorkload(comparison, workload)),
    ...OURS.map((name) => formatTargets(comparison, name)),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function formatParticipants({ participants }: Comparison): string {
  const rows = participants.map(({ peer, description, available }) => [
    `- **${peer.name}**: ${available ? description : `not measured: ${description}`}.`,
    available ? peer.notes : "",
  ]);
  return rows.map((row) => row.join(" ").trimEnd()).join("\n");
}

function formatWorkload(comparison: Comparison, workload: Workload): string {
  const outcomes = comparison.results.get(workload.name);
  if (outcomes === undefined) return "";
  const { figure, more } = workload;
  const head = [
    `${figure.title}, ${figure.unit}`,
    ...["median", "min–max", ...BASES.map((base) => `× ${base}`)],
    ...more.map(({ title, unit }) => `${title}, ${unit}`),
  ];
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const { peer, available } of comparison.participants) {
    if (!available) continue;
    const outcome = outcomes.get(peer.name);
    rows.push([
      peer.name,
      ...formatSpread(outcome, figure),
      ...BASES.map((base) =>
        formatNumber(
          ratio(comparison.results, { workload: workload.name, ours: peer.name, base }),
          2,
        )
      ),
      ...more.map((other) => formatSpread(outcome, other)[0] ?? ""),
    ]);
    if (outcome?.problem !== undefined) problems.push(`- ${peer.name}: ${outcome.problem}`);
  }
  const table = formatTable([head, ...rows]);
  return [`### ${workload.title}`, table, problems.join("\n")].filter((part) => part !== "")
    .join("\n\n");
}

/** Median and extremes of one figure over the rounds. */
function formatSpread(outcome: Outcome | undefined, { read, digits }: Figure): string[] {
  const values = (outcome?.rounds ?? []).flatMap((round) => (round && read(round)) ?? []);
  if (values.length === 0) return ["–", "–"];
  const { median, min, max } = summarize(values);
  const spread = `${formatNumber(min, digits)}–${formatNumber(max, digits)}`;
  return [formatNumber(median, digits), spread];
}

function formatTargets({ participants, results }: Comparison, name: string): string {
  if (!participants.some(({ peer, available }) => available && peer.name === name)) return "";
  const rows = judge(results, name).map(({ text, found, met }) => [
    text,
    formatNumber(found, 2),
    met === undefined ? "not measured" : met ? "met" : "**missed**",
  ]);
  return `### Targets: ${name}\n\n${formatTable([["target", "found", ""], ...rows])}`;
}

/** Replaces the section under `## heading` of a document, or appends it. */
export function replaceSection(document: string, heading: string, content: string): string {
  const sections = document.split(/^(?=## )/m);
  const title = `## ${heading}\n`;
  const section = `${title}\n${content.trim()}\n`;
  const position = sections.findIndex((candidate) => candidate.startsWith(title));
  if (position === -1) return `${document.trimEnd()}\n\n${section}`.trimStart();
  const after = sections.slice(position + 1);
  const parts = [...sections.slice(0, position), after.length > 0 ? `${section}\n` : section];
  return [...parts, ...after].join("");
}
