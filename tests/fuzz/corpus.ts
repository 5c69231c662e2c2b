/**
 * The inputs that are kept: examples to start from, and every finding of the past.
 *
 * @module
 */

import { join } from "node:path";

const FOLDER = join(import.meta.dirname ?? ".", "../fixtures/fuzz");

/** The kept inputs of a target, in a fixed order. */
export function readCorpus(target: string): Uint8Array[] {
  const folder = join(FOLDER, target);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  return names.map((name) => Deno.readFileSync(join(folder, name)));
}

/** Keeps an input. Returns the file's path. */
export function writeFinding(target: string, input: Uint8Array): string {
  const folder = join(FOLDER, target);
  Deno.mkdirSync(folder, { recursive: true });
  const sum = input.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
  const path = join(folder, `finding-${sum.toString(16).padStart(8, "0")}.bin`);
  Deno.writeFileSync(path, input);
  return path;
}
