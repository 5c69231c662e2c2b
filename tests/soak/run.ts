/**
 * A run of authsome as a process of its own, looked at from outside.
 *
 * @module
 */

import { authsomeCommand, logIn, type User } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { RunningProgram } from "../support/running.ts";

/** What a process holds. */
export interface Holdings {
  /** Bytes of memory in use now (resident set). */
  readonly memory: number;
  /** The most it ever was. */
  readonly peak: number;
  /** Open descriptors. */
  readonly descriptors: number;
  readonly threads: number;
}

/** A run whose child waits. */
export interface ObservedRun {
  /** The proxy's URL, with the token. */
  readonly proxy: string;
  /** The files of roots of the proxy and of the upstream. */
  readonly caFiles: readonly [proxy: string, upstream: string];
  /** Looks at the proxy's process. Linux only. */
  look(): Promise<Holdings>;
  /** Ends the child, and with it the run. */
  close(): Promise<void>;
}

const CHILD = 'echo "$HTTPS_PROXY $SSL_CERT_FILE end of line"; cat';

/** Starts a run with a key for OpenAI whose upstream is at a port of loopback. */
export async function startObservedRun(
  user: User,
  upstream: { readonly port: number; readonly caFile: string },
): Promise<ObservedRun> {
  await logIn(user);
  const flags = [
    ...["--connect-to", `api.openai.com:443:127.0.0.1:${upstream.port}`],
    ...["--upstream-ca", upstream.caFile],
  ];
  const command = [...authsomeCommand(), "run", ...flags, "--", "sh", "-c", CHILD];
  const program = new RunningProgram(command, user.env);
  const [proxy = "", caFile = ""] = (await program.readUntil(" end of line\n")).split(" ");
  return {
    proxy,
    caFiles: [caFile, upstream.caFile],
    look: () => lookAt(program.pid),
    close: async () => void await program.finish(),
  };
}

/** With programs: Deno lets nobody read /proc who may not do everything. */
async function lookAt(pid: number): Promise<Holdings> {
  const { stdout: status } = await runCommand(["cat", `/proc/${pid}/status`]);
  const { stdout: descriptors } = await runCommand(["ls", `/proc/${pid}/fd`]);
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return {
    memory: field("VmRSS") * 1024,
    peak: field("VmHWM") * 1024,
    descriptors: descriptors.trim().split("\n").length,
    threads: field("Threads"),
  };
}
