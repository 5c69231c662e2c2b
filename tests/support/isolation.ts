/**
 * Tests of children in a sandbox. They are skipped, and their names say so, where bubblewrap is
 * missing or may not make namespaces.
 *
 * @module
 */

import { dirname } from "node:path";
import { authsomeCommand } from "./authsome.ts";
import { findProgram } from "./command.ts";
import { type DeclareTest, testNeeding } from "./needs.ts";

/** What declares tests that need bubblewrap and these programs. */
export function testIsolated(...programs: readonly string[]): DeclareTest {
  const bwrap = findProgram("bwrap");
  if (bwrap === undefined || mayMakeNamespaces(bwrap)) return testNeeding("bwrap", ...programs);
  return (name, run) => Deno.test.ignore(`${name} (needs leave to make namespaces)`, run);
}

/** Shows the sandbox what runs authsome in these tests, wherever that is. */
export const SHARE_AUTHSOME: readonly string[] = ["--share", dirname(authsomeCommand()[0] ?? "")];

function mayMakeNamespaces(bwrap: string): boolean {
  const args = ["--unshare-all", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"];
  return new Deno.Command(bwrap, { args, stdout: "null", stderr: "null" }).outputSync().success;
}
