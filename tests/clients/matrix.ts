/**
 * The client matrix: every row, what can be run of it here, and how to run it.
 *
 * @module
 */

import { type Missing, openKit } from "../support/client_tools.ts";
import { findProgram, runCommand } from "../support/command.ts";
import type { Client } from "./client.ts";
import { type KitFolders, type KitName, KITS } from "./kits.ts";
import { AGENT_CLIENTS } from "./rows_agents.ts";
import { COMPILED_CLIENTS } from "./rows_compiled.ts";
import { NODE_AND_BUN_CLIENTS } from "./rows_node.ts";
import { PYTHON_CLIENTS } from "./rows_python.ts";
import { SYSTEM_CLIENTS } from "./rows_system.ts";

/** Every row. */
export const CLIENTS: readonly Client[] = [
  ...SYSTEM_CLIENTS,
  ...PYTHON_CLIENTS,
  ...NODE_AND_BUN_CLIENTS,
  ...COMPILED_CLIENTS,
  ...AGENT_CLIENTS,
];

/** No kit at all. */
export const NO_KITS: KitFolders = {
  agents: "",
  go: "",
  java: "",
  node: "",
  python: "",
  rust: "",
};

/** The kits that clients need, as far as they can be had. */
export async function openKits(clients: readonly Client[], missing: Missing): Promise<KitFolders> {
  const folders: Record<KitName, string> = { ...NO_KITS };
  const names = new Set(clients.flatMap(({ kits = [] }) => kits));
  await Promise.all([...names].map(async (name) => {
    folders[name] = await openKit(KITS[name](), missing) ?? "";
  }));
  return folders;
}

/** What a client lacks here, in a word; `undefined` if nothing. */
export async function lackOf(client: Client, folders: KitFolders): Promise<string | undefined> {
  const kit = client.kits?.find((name) => folders[name] === "");
  if (kit !== undefined) return `the packages for ${kit}`;
  const program = client.programs?.find((name) => findProgram(name) === undefined);
  if (program !== undefined || client.probe === undefined) return program;
  const { code } = await runCommand(client.probe);
  return code === 0 ? undefined : `what \`${client.probe.join(" ")}\` looks for`;
}

/** The version of a client that lacks nothing. */
export async function versionOf(client: Client, folders: KitFolders): Promise<string> {
  if (typeof client.version === "string") return client.version;
  const { stdout } = await runCommand(client.version(folders));
  return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? "unknown";
}
