/**
 * The bench's only way to the terminal and to `RESULTS.md`.
 *
 * @module
 */

import { join } from "node:path";
import { replaceSection } from "./results.ts";

const RESULTS = join(import.meta.dirname ?? ".", "RESULTS.md");

const PREFACE = `# Results

Written by \`deno task bench\` and \`deno task bench:startup\`, never by hand. The numbers are one
machine's; the ratios are what to compare.
`;

/** Prints the result on standard output. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Shows progress on standard error: one line that changes on a terminal, else one line each. */
export function tell(progress: string): void {
  const terminal = Deno.stderr.isTerminal();
  const line = terminal ? `\r\x1b[K${progress}` : `${progress}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

/** Puts a section into `RESULTS.md`. */
export async function writeResults(heading: string, content: string): Promise<void> {
  const document = await Deno.readTextFile(RESULTS).catch(() => PREFACE);
  await Deno.writeTextFile(RESULTS, replaceSection(document, heading, content));
}
