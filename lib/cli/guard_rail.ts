/**
 * Keeps the programs in a run from having authsome itself hand out what the run keeps from them.
 *
 * @module
 */

import { join } from "node:path";
import { isInsideRun } from "../broker/run_ancestor.ts";
import { AuthsomeError } from "../errors.ts";
import { findHome } from "./open_broker.ts";
import type { Session } from "./session.ts";

/**
 * Refuses `command`, which is named with the flag or variable it is refused for, as in
 * `run --connect-to`. Looks at our own variable, which a child can remove, and at the ancestors of
 * this process.
 *
 * @throws {AuthsomeError} `refused` inside a run.
 */
export async function refuseInsideRun(command: string, { system }: Session): Promise<void> {
  const { env } = system;
  if ((env.AUTHSOME_RUN ?? "") === "" && !await isInsideRun(join(findHome(system), "run"))) return;
  throw new AuthsomeError(
    "refused",
    `This is inside a run, where authsome does not reveal or weaken secrets ('${command}').`,
    {
      hint:
        "Do it outside, in another terminal. This is a guard rail against accidents; the wall " +
        "is: authsome run --isolate",
    },
  );
}
