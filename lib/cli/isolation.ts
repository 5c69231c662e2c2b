/**
 * Runs a child in a sandbox: through bubblewrap on Linux, through `sandbox-exec` on macOS.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";
import type { Run } from "../broker/run.ts";
import { PROXY_SOCKET, type RunIsolation } from "../broker/run_isolation.ts";
import { AuthsomeError } from "../errors.ts";
import { planSandbox, realPath } from "../isolation/host_files.ts";
import { RELAY_PORT } from "../isolation/relay.ts";
import { formatSandboxCommand, PROGRAM_IN_SANDBOX } from "../isolation/sandbox.ts";
import { formatSeatbeltProfile } from "../isolation/seatbelt.ts";
import { formatSyscallFilter } from "../isolation/syscall_filter.ts";
import { type ChildCommand, type ChildOutcome, runChild } from "./child_process.ts";
import { SignalLine } from "./signal_line.ts";
import type { System } from "./system.ts";

/** A way to isolate that this machine has. */
export interface Isolator {
  /** What the run is to be prepared for. */
  readonly isolation: RunIsolation;
  /**
   * Runs `command` in its sandbox.
   *
   * @throws {AuthsomeError} `usage` if the sandbox cannot be made.
   */
  runChild(command: ChildCommand, context: IsolatedRun): Promise<ChildOutcome>;
}

/** The run that a sandbox is for. */
export interface IsolatedRun {
  readonly run: Pick<Run, "folder" | "proxyPort" | "openProxy">;
  /** authsome's home. */
  readonly home: string;
  /** Tells a person what is not as they might expect. */
  readonly warn: (sentence: string) => void;
}

/**
 * Finds the way to isolate on this machine. `shared`: paths that stay visible.
 *
 * @throws {AuthsomeError} `usage` if there is none, or a path is empty.
 */
export function findIsolator(system: System, shared: readonly string[]): Isolator {
  const { env, os } = system;
  if (shared.includes("")) {
    throw new AuthsomeError("usage", "--share names no path.", {
      hint: 'Name one, for example: --share "$SSH_AUTH_SOCK"; the variable may be unset.',
    });
  }
  const paths = shared.map((path) => isAbsolute(path) ? path : join(Deno.cwd(), path));
  if (os === "linux") return createBubblewrap(env, paths);
  if (os === "darwin") return createSeatbelt(env, paths);
  throw new AuthsomeError("usage", "--isolate works on Linux and macOS only.", {
    hint: "On Windows, run authsome in WSL.",
  });
}

function createBubblewrap(env: System["env"], shared: readonly string[]): Isolator {
  const bwrap = findProgram("bwrap", env);
  if (bwrap === undefined) {
    throw new AuthsomeError("usage", "--isolate needs bubblewrap (bwrap), which is not on PATH.", {
      hint: "Install it: sudo apt install bubblewrap (or dnf, pacman, apk, zypper)",
    });
  }
  const runInBubblewrap = async (
    command: ChildCommand,
    { run, home, warn }: IsolatedRun,
  ): Promise<ChildOutcome> => {
    for (const note of checkShares(shared, home)) warn(note);
    const { folder } = run;
    const standalone = Deno.build.standalone;
    const program = Deno.realPathSync(Deno.execPath());
    const main = standalone ? undefined : fileURLToPath(Deno.mainModule);
    const plan = planSandbox({
      env,
      home,
      runFolder: folder.path,
      workingFolder: Deno.cwd(),
      shared,
      program,
      source: main && dirname(main),
    });
    const filter = folder.write("syscalls.bpf", formatSyscallFilter(Deno.build.arch));
    const signals = join(folder.path, "signals.sock");
    using line = openSignalLine(signals);
    const [launcher = "sh", ...args] = formatSandboxCommand(plan, { bwrap, filter });
    const relay = ["__relay", "--proxy", join(folder.path, PROXY_SOCKET), "--signals", signals];
    const child = runChild({
      program: launcher,
      args: [...args, ...selfCommand(main), ...relay, "--", command.program, ...command.args],
      environment: command.environment,
      deliver: (signal) => line.send(signal),
    });
    await run.openProxy();
    void line.connect();
    const outcome = await child;
    if (line.isConnected || outcome.status === 0) return outcome;
    throw new AuthsomeError("usage", "bubblewrap could not make the sandbox; it says why above.", {
      hint: "If it may not make namespaces, see 'Put a wall around it' in authsome's README.",
    });
  };
  return { isolation: { relayPort: RELAY_PORT, shared }, runChild: runInBubblewrap };
}

/**
 * authsome's home stays hidden, whatever is shared.
 *
 * @returns Sentences about what is shared without it.
 * @throws {AuthsomeError} `usage` for the home itself, or something in it.
 */
function checkShares(shared: readonly string[], home: string): readonly string[] {
  const hidden = Deno.realPathSync(home);
  return shared.flatMap((path) => {
    const real = realPath(path);
    if (real === undefined) return [];
    if (isBelow(hidden, real)) {
      throw new AuthsomeError("usage", `${path} is authsome's own, which stays hidden.`, {
        hint: "Leave it out. What a program needs of it, a run gives it.",
      });
    }
    if (!isBelow(real, hidden)) return [];
    return [`${path} is shared, but not authsome's home in it (${home}), which stays hidden.`];
  });
}

/** Whether `path` is `folder`, or in it. Both are real paths. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

/** A socket file's path may have 107 bytes (`sun_path` in `unix(7)`). */
function openSignalLine(path: string): SignalLine {
  try {
    return new SignalLine(path);
  } catch (cause) {
    throw new AuthsomeError("usage", `${path} cannot be made.`, {
      hint: "Use a shorter AUTHSOME_HOME: the path of a socket has 107 characters at most.",
      cause,
    });
  }
}

/** The words that start authsome inside, from `main` or as a binary. */
function selfCommand(main: string | undefined): readonly string[] {
  if (main === undefined) return [PROGRAM_IN_SANDBOX];
  const permissions = ["read", "write", "net", "env", "run", "sys"].map((name) =>
    `--allow-${name}`
  );
  const flags = ["--quiet", "--frozen", "--no-prompt", "--cached-only", ...permissions];
  return [PROGRAM_IN_SANDBOX, "run", ...flags, main];
}

/** Not tried on a real macOS yet: the profile is tested, the sandbox is not. */
function createSeatbelt(env: System["env"], shared: readonly string[]): Isolator {
  const runInSeatbelt = (
    command: ChildCommand,
    { run: { folder, proxyPort }, home, warn }: IsolatedRun,
  ): Promise<ChildOutcome> => {
    for (const note of checkShares(shared, home)) warn(note);
    const keyFile = env.AUTHSOME_MASTER_KEY_FILE;
    const profile = formatSeatbeltProfile({
      proxyPort,
      home: Deno.realPathSync(home),
      runFolder: Deno.realPathSync(folder.path),
      userHome: env.HOME && Deno.realPathSync(env.HOME),
      keyFile: keyFile && Deno.realPathSync(keyFile),
      program: Deno.realPathSync(Deno.execPath()),
    });
    return runChild({
      ...command,
      program: "/usr/bin/sandbox-exec",
      args: ["-p", profile, command.program, ...command.args],
    });
  };
  return { isolation: { shared }, runChild: runInSeatbelt };
}

function findProgram(name: string, env: System["env"]): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
