/**
 * The bench's own Go programs, built into a folder.
 *
 * @module
 */

import { join } from "node:path";
import { runProgram } from "./program.ts";

/** Paths of the built programs. */
export interface Tools {
  readonly loadgen: string;
  readonly origin: string;
  readonly delay: string;
}

/**
 * Builds the programs into `folder`.
 *
 * @throws {Error} if Go is missing or the build fails.
 */
export async function buildTools(folder: string): Promise<Tools> {
  const cwd = import.meta.dirname ?? ".";
  await runProgram(["go", "build", "-o", `${folder}/`, "./loadgen", "./origin", "./delay"], {
    cwd,
  });
  return {
    loadgen: join(folder, "loadgen"),
    origin: join(folder, "origin"),
    delay: join(folder, "delay"),
  };
}
