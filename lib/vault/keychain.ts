/**
 * The keychain of the operating system, through the tool each system has for it: `security` on
 * macOS, `secret-tool` (Secret Service) on Linux, DPAPI through PowerShell on Windows.
 *
 * Theory of operation: a key travels to the tool on its standard input and back on its standard
 * output, never in arguments, which every user of the machine can read. DPAPI keeps nothing: it
 * gives back an encrypted form that only this user can open, and we keep that in the item.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { KEY_BYTES } from "./envelope.ts";

/** Where a key is found again. Nothing in it is secret. */
export interface KeychainItem {
  /** Names the item; letters and digits. */
  readonly account: string;
  /** What DPAPI made of the key, base64; on Windows only. */
  readonly sealed?: string;
}

/** One keychain. Every method throws `vault_unavailable` if it cannot be reached or refuses. */
export interface Keychain {
  /** Reads a key: 32 bytes. May make the system ask its user. */
  read(item: KeychainItem): Uint8Array;
  /** Stores a key under a new account. */
  store(account: string, key: Uint8Array): Promise<KeychainItem>;
  /** Removes an item; one that is gone is fine. */
  remove(item: KeychainItem): void;
}

/** What a finished program left. */
export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the system's tools. */
export interface ProgramRunner {
  /** Runs a program without input. */
  run(command: readonly string[]): ProgramResult;
  /** Runs a program with `input` on its standard input. */
  runWithInput(command: readonly string[], input: string): Promise<ProgramResult>;
}

/** The name all our items share. */
const SERVICE = "authsome";

/** The keychain of this system. Nothing is run before it is used. */
export function createKeychain(
  os: typeof Deno.build.os = Deno.build.os,
  runner: ProgramRunner = SYSTEM_RUNNER,
): Keychain {
  if (os === "darwin") return macKeychain(runner);
  if (os === "windows") return windowsKeychain(runner);
  return linuxKeychain(runner);
}

/** Reads an item from JSON; `undefined` if it is not exactly that. */
export function parseKeychainItem(value: unknown): KeychainItem | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { account, sealed } = value as Record<string, unknown>;
  if (typeof account !== "string" || !/^[a-z0-9]{1,64}$/.test(account)) return undefined;
  if (sealed === undefined) return { account };
  // It becomes part of a PowerShell script.
  if (typeof sealed !== "string" || !/^[A-Za-z0-9+/]{1,4096}={0,2}$/.test(sealed)) return undefined;
  return { account, sealed };
}

function macKeychain(runner: ProgramRunner): Keychain {
  const tool = "/usr/bin/security";
  const find = (account: string): string[] => ["-s", SERVICE, "-a", account];
  return {
    read: ({ account }) =>
      parseKey(runner.run([tool, "find-generic-password", ...find(account), "-w"])),
    store: async (account, key) => {
      // In interactive mode the tool takes its commands, and so the key, from standard input.
      const words = ["add-generic-password", "-U", ...find(account), "-w", key.toBase64()];
      requireOk(await runner.runWithInput([tool, "-i"], `${words.join(" ")}\n`));
      return { account };
    },
    remove: ({ account }) => void runner.run([tool, "delete-generic-password", ...find(account)]),
  };
}

function linuxKeychain(runner: ProgramRunner): Keychain {
  const tool = "secret-tool";
  const find = (account: string): string[] => ["service", SERVICE, "account", account];
  return {
    read: ({ account }) => parseKey(runner.run([tool, "lookup", ...find(account)])),
    store: async (account, key) => {
      const command = [tool, "store", "--label=authsome master key", ...find(account)];
      requireOk(await runner.runWithInput(command, key.toBase64()));
      return { account };
    },
    remove: ({ account }) => void runner.run([tool, "clear", ...find(account)]),
  };
}

function windowsKeychain(runner: ProgramRunner): Keychain {
  const powershell = (script: string): string[] => {
    const load = "Add-Type -AssemblyName System.Security";
    return ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", `${load}; ${script}`];
  };
  const convert = (verb: "Protect" | "Unprotect", bytes: string): string =>
    `[Convert]::ToBase64String([Security.Cryptography.ProtectedData]::${verb}(` +
    `[Convert]::FromBase64String(${bytes}), $null, 'CurrentUser'))`;
  return {
    read: ({ sealed = "" }) =>
      parseKey(runner.run(powershell(convert("Unprotect", `'${sealed}'`)))),
    store: async (account, key) => {
      const script = convert("Protect", "[Console]::In.ReadToEnd().Trim()");
      const result = await runner.runWithInput(powershell(script), key.toBase64());
      requireOk(result);
      const item = parseKeychainItem({ account, sealed: result.stdout.trim() });
      if (item?.sealed === undefined) throw unreachable("Windows gave no protected key");
      return item;
    },
    remove: () => {},
  };
}

function parseKey(result: ProgramResult): Uint8Array {
  requireOk(result);
  try {
    const key = Uint8Array.fromBase64(result.stdout.trim(), { lastChunkHandling: "strict" });
    if (key.length === KEY_BYTES) return key;
  } catch {
    // The text may hold a key: it is not passed on.
  }
  throw unreachable("it holds something else under the name of this vault's key");
}

function requireOk({ ok, stderr }: ProgramResult): void {
  if (!ok) throw unreachable(stderr.trim().split("\n")[0] || "the key of this vault is not in it");
}

function unreachable(reason: string): AuthsomeError {
  return new AuthsomeError("vault_unavailable", `The keychain does not give the key: ${reason}.`, {
    hint: "Unlock your keychain, and log in to your desktop session; then try again.",
  });
}

const SYSTEM_RUNNER: ProgramRunner = {
  run: ([program = "", ...args]) =>
    explainMissing(program, () => {
      const options = { args, stdin: "null", stdout: "piped", stderr: "piped" } as const;
      return readOutput(new Deno.Command(program, options).outputSync());
    }),
  runWithInput: async ([program = "", ...args], input) => {
    const child = explainMissing(program, () => {
      const options = { args, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
      return new Deno.Command(program, options).spawn();
    });
    const output = child.output();
    // A tool that ends early says why by its status.
    await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
    return readOutput(await output);
  },
};

function readOutput({ success, stdout, stderr }: Deno.CommandOutput): ProgramResult {
  const decoder = new TextDecoder();
  return { ok: success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function explainMissing<T>(program: string, start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const message = `The keychain is reached through ${program}, which was not found.`;
    throw new AuthsomeError("vault_unavailable", message, {
      hint: "On Debian or Ubuntu: sudo apt install libsecret-tools",
      cause: error,
    });
  }
}
