/**
 * What every command is given beside its own input.
 *
 * @module
 */

import type { Globals } from "./arguments.ts";
import type { Output } from "./output.ts";
import type { System } from "./system.ts";

/** One invocation of authsome. */
export interface Session {
  readonly system: System;
  readonly output: Output;
  readonly globals: Globals;
}
