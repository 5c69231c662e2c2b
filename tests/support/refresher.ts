/**
 * Processes that want a fresh token of the connection of an {@link OAuthHome}.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { OAuthHome } from "./oauth_home.ts";
import { RunningProgram } from "./running.ts";

const REFRESHER = fileURLToPath(new URL("../fixtures/refresher.ts", import.meta.url));

/** Starts one; it waits for the end of its input. With `last` it kills itself on the way. */
export async function startRefresher(home: OAuthHome, last?: number): Promise<RunningProgram> {
  const permissions = ["read", "write", "net", "env", "sys", "run"].map((name) =>
    `--allow-${name}`
  );
  const program = new RunningProgram([
    ...[Deno.execPath(), "run", "--quiet", "--frozen", "--no-prompt", ...permissions],
    ...[REFRESHER, home.path, ...(last === undefined ? [] : [String(last)])],
  ], Deno.env.toObject());
  await program.readUntil("ready\n");
  return program;
}
