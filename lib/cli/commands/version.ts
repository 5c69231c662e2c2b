/**
 * `authsome version`: prints the version.
 *
 * @module
 */

import type { InputOf } from "../dispatch.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run(_input: InputOf<"version">, { system, output }: Session): number {
  output.result({ version: system.version }, () => `authsome ${system.version}\n`);
  return 0;
}
