/**
 * Tests that need real programs besides Deno: as judges of what we make, or as clients. Where one is
 * missing its tests are skipped, and their names say what they need.
 *
 * @module
 */

import { findProgram } from "./command.ts";

/** Declares a test. */
export type DeclareTest = (
  name: string,
  run: (context: Deno.TestContext) => Promise<void> | void,
) => void;

/** What declares tests that need these programs on PATH. */
export function testNeeding(...programs: readonly string[]): DeclareTest {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return Deno.test;
  return (name, run) => Deno.test.ignore(`${name} (needs ${missing.join(" and ")})`, run);
}
