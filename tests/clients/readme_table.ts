/**
 * The table of clients in the README: made from the rows of the matrix and the versions it has met.
 *
 * @module
 */

import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { type Client, nameOf } from "./client.ts";
import { CLIENTS } from "./matrix.ts";

/** Names of rows to the versions that were run; `undefined` if it was not. */
export type Tested = ReadonlyMap<string, string | undefined>;

/** One line of the table. */
export interface TableLine {
  readonly client: string;
  readonly versions: string;
  readonly routedBy: string;
  readonly trustedBy: string;
  readonly result: string;
}

const README = join(import.meta.dirname ?? ".", "..", "..", "README.md");
const [BEGIN, END] = ["<!-- clients: begin -->", "<!-- clients: end -->"];
const NOT_TESTED = "not tested";
const HEADINGS = ["client", "version tested", "through the proxy by", "trusts by", "result"];

/**
 * What the table is to say.
 *
 * @param versions By the name of the client; what has none was not tested.
 */
export function tableLines(versions: ReadonlyMap<string, string>): readonly TableLine[] {
  const names = [...new Set(CLIENTS.map(({ name }) => name))];
  return names.map((name) => {
    const variants = CLIENTS.filter((client) => client.name === name);
    const { routedBy = "", trustedBy = "" } = variants[0] ?? {};
    const version = versions.get(name);
    const result = version === undefined ? NOT_TESTED : formatResult(variants);
    return { client: name, versions: version ?? "-", routedBy, trustedBy, result };
  });
}

/** @returns `undefined` if none was met. */
function formatVersions(variants: readonly Client[], tested: Tested): string | undefined {
  const met = variants.filter((client) => tested.get(nameOf(client)) !== undefined);
  const versions = [...new Set(met.map((client) => tested.get(nameOf(client))))];
  if (met.length === 0) return undefined;
  const runtimes = met.flatMap(({ variant }) => variant ?? []);
  if (runtimes.length === 0 || versions.length > 1) return versions.join(", ");
  const numbers = runtimes.map((runtime) => runtime.replace(/^Node /, "")).join(", ");
  return `${versions[0]} on Node ${numbers}`;
}

function formatResult(variants: readonly Client[]): string {
  const failing = variants.filter(({ fails }) => fails !== undefined);
  if (failing.length === 0) return "works";
  const { fails } = failing[0] ?? {};
  const what = fails?.at === "trust" ? "does not trust the proxy" : "goes around the proxy";
  const where = failing.length === variants.length
    ? ""
    : `works; on ${failing.map(({ variant }) => variant).join(", ")}: `;
  return `${where}${what}; ${fails?.instead}`;
}

/** The lines as the README has them now. */
export function readReadmeLines(): readonly TableLine[] {
  const text = Deno.readTextFileSync(README);
  const block = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END));
  const lines = block.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return lines.map((line) => {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    const [client = "", versions = "", routedBy = "", trustedBy = "", result = ""] = cells;
    return { client, versions, routedBy, trustedBy, result };
  });
}

/** The versions that these lines tell, by client. */
export function versionsIn(lines: readonly TableLine[]): Map<string, string> {
  const tested = lines.filter(({ versions }) => versions !== "-");
  return new Map(tested.map(({ client, versions }) => [client, versions]));
}

/** Replaces the table in the README. Rows that were not run keep the version that it had. */
export async function writeReadme(tested: Tested): Promise<void> {
  const text = Deno.readTextFileSync(README);
  const [before = "", after = ""] = [text.split(BEGIN)[0], text.split(END)[1]];
  const versions = versionsIn(readReadmeLines());
  for (const name of new Set(CLIENTS.map(({ name }) => name))) {
    const met = formatVersions(CLIENTS.filter((client) => client.name === name), tested);
    if (met !== undefined) versions.set(name, met);
  }
  const rows = tableLines(versions).map((line) => [
    ...[line.client, line.versions, line.routedBy, line.trustedBy, line.result],
  ]);
  const table = [HEADINGS, HEADINGS.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`);
  Deno.writeTextFileSync(README, [before + BEGIN, "", ...table, "", END + after].join("\n"));
  await runCommand([Deno.execPath(), "fmt", "--quiet", README]);
}
