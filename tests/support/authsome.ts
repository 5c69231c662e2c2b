/**
 * Runs the command line as a black box: the binary if AUTHSOME_BIN names one, else the bundle that a
 * binary is made of if AUTHSOME_BUNDLE names one (it starts faster), else the source. Every user gets
 * a home and an environment of their own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand } from "./command.ts";

/** A well-formed OpenAI key; made up. */
export const KEY = "sk-abcdefghij0123456789_-";

/** Another one. */
export const OTHER_KEY = "sk-zyxwvutsrq9876543210-_";

/** What a single invocation needs. */
export interface Invocation {
  /** Added to the user's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  /** Ends authsome when it aborts. */
  readonly signal?: AbortSignal;
}

/** A person with a home of their own, and with nothing else. */
export interface User {
  /** Their AUTHSOME_HOME. It does not exist at first. */
  readonly home: string;
  /** An empty folder of theirs. */
  readonly folder: string;
  /** Their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs authsome to its end. */
  authsome(args: readonly string[], invocation?: Invocation): Promise<CommandResult>;
  /** Runs authsome, expects success, and gives what it printed on stdout. */
  succeed(args: readonly string[], invocation?: Invocation): Promise<string>;
  /** Runs authsome, expects this exit status, and gives what it printed on stderr. */
  fail(status: number, args: readonly string[], invocation?: Invocation): Promise<string>;
  /** Runs authsome with `--json` and gives the document and the status. */
  json(args: readonly string[], invocation?: Invocation): Promise<JsonResult>;
}

/** An answer to `--json`. */
export interface JsonResult {
  readonly code: number;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Gives `use` a new person and removes their files afterwards. */
export async function withUser(use: (user: User) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "authsome-e2e-" });
  const home = `${folder}/.authsome`;
  const env = { ...baseEnvironment(), HOME: folder, USERPROFILE: folder, AUTHSOME_HOME: home };
  const authsome = (args: readonly string[], invocation: Invocation = {}) =>
    runCommand([...authsomeCommand(), ...args], {
      ...invocation,
      env: { ...env, ...invocation.env },
    });
  try {
    await use({
      home,
      folder,
      env,
      authsome,
      succeed: async (args, invocation) => {
        const { code, stdout, stderr } = await authsome(args, invocation);
        assert.equal(code, 0, `authsome ${args.join(" ")}\n${stdout}${stderr}`);
        return stdout;
      },
      fail: async (status, args, invocation) => {
        const { code, stdout, stderr } = await authsome(args, invocation);
        assert.equal(code, status, `authsome ${args.join(" ")}\n${stdout}${stderr}`);
        return stderr;
      },
      json: async (args, invocation) => {
        const { code, stdout } = await authsome([...args, "--json"], invocation);
        const document: Readonly<Record<string, unknown>> = JSON.parse(stdout);
        assert.equal(document.v, 1);
        assert.equal(Object.keys(document)[0], "v");
        return { code, document };
      },
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Logs in to OpenAI with a key on stdin. */
export async function logIn(
  user: User,
  { connection, key = KEY }: { readonly connection?: string; readonly key?: string } = {},
): Promise<void> {
  const flags = connection === undefined ? [] : ["--connection", connection];
  await user.succeed(["login", "openai", "--stdin", ...flags], { stdin: key });
}

/** As in `deno.json`. */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=20,--no-maglev," +
  "--invocation-count-for-turbofan=400";

const PERMISSIONS = ["read", "write", "net", "env", "run", "sys"].map((name) => `--allow-${name}`);

/** The words that start authsome. */
export function authsomeCommand(): readonly string[] {
  const binary = Deno.env.get("AUTHSOME_BIN");
  if (binary !== undefined) return [binary];
  const bundle = Deno.env.get("AUTHSOME_BUNDLE");
  const program = bundle === undefined
    ? ["--frozen", fileURLToPath(new URL("../../main.ts", import.meta.url))]
    : ["--no-config", "--no-lock", bundle];
  const flags = ["--quiet", V8_FLAGS, "--no-prompt", "--deny-import"];
  return [Deno.execPath(), "run", ...flags, ...PERMISSIONS, ...program];
}

/** Nothing of the tester's own, but what programs need to start at all. */
function baseEnvironment(): Record<string, string> {
  const kept = ["PATH", "SYSTEMROOT", "PATHEXT", "COMSPEC", "TEMP", "TMP"];
  const env: Record<string, string> = { CI: "true", TZ: "UTC", DENO_DIR: denoFolder() };
  for (const name of kept) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

let knownDenoFolder: string | undefined;

/** Where Deno keeps packages; it would look for them in the new person's home. */
function denoFolder(): string {
  if (knownDenoFolder !== undefined) return knownDenoFolder;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return knownDenoFolder = JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
