/**
 * Looks for secrets where they must not be: in output, in files, in what is known of processes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runCommand } from "./command.ts";

/** How a secret would look if somebody had merely encoded it. */
function disguises(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  return [secret, btoa(secret), bytes.toHex(), [...secret].reverse().join("")];
}

/** Fails if one of `secrets` is in `text`, as it is or thinly disguised. */
export function assertAbsent(secrets: readonly string[], text: string, where: string): void {
  for (const form of secrets.flatMap(disguises)) {
    assert.ok(!text.includes(form), `a secret is in ${where}`);
  }
}

/** Fails if one of `secrets` is in a file under `folder`. */
export function assertAbsentFromFiles(secrets: readonly string[], folder: string): void {
  for (const path of filesUnder(folder)) assertAbsent(secrets, readLatin(path), path);
}

/** Every file under a folder. */
export function* filesUnder(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesUnder(path);
    else yield path;
  }
}

/** A file's bytes as characters. */
export function readLatin(path: string): string {
  return new TextDecoder("latin1").decode(Deno.readFileSync(path));
}

/**
 * Reads command lines and environments of every process, again and again, while `work` goes on, and
 * fails if one shows a secret. Where the system does not show them it only does the work.
 *
 * @param secrets those known by now
 */
export async function watchProcesses<T>(
  secrets: () => readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  let ended = false;
  const watch = async (): Promise<void> => {
    while (!ended) assertAbsent(secrets(), await readProcesses(), "/proc");
  };
  const watching = Deno.build.os === "linux" ? watch() : Promise.resolve();
  try {
    return await work();
  } finally {
    ended = true;
    await watching;
  }
}

async function readProcesses(): Promise<string> {
  const script = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null";
  const { stdout } = await runCommand(["sh", "-c", script]);
  assert.ok(stdout.includes("cat"), "nothing could be read");
  return stdout;
}
