/**
 * `authsome completions`: prints a completion script.
 *
 * @module
 */

import { completionScript, type Shell } from "../completion_scripts.ts";
import type { InputOf } from "../dispatch.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals }: InputOf<"completions">, { output }: Session): number {
  // The command table admits no other name.
  const script = completionScript(positionals.shell as Shell);
  output.result({ shell: positionals.shell, script }, () => script);
  return 0;
}
