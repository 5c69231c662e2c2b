/**
 * A login that waits on its page, and the browser's part of it.
 *
 * @module
 */

import { authsomeCommand, type User } from "./authsome.ts";
import type { CommandResult } from "./command.ts";

/** A running `authsome login … --no-browser`. */
export interface PageLogin {
  /** The page's address. */
  readonly address: string;
  /** Sends the form as a browser would. */
  submit(key: string): Promise<Response>;
  signal(name: Deno.Signal): void;
  /** Everything it printed, once it has ended. */
  readonly ended: Promise<CommandResult>;
}

/** Starts a login and waits for the address on stderr. */
export async function startPageLogin(
  user: User,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<PageLogin> {
  const [program = "", ...words] = authsomeCommand();
  const child = new Deno.Command(program, {
    args: [...words, ...args],
    env: { ...user.env, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  let address: string | undefined;
  while (address === undefined) {
    const { value, done } = await stderr.read();
    if (done) throw new Error(`The login ended: ${printed}`);
    printed += value;
    address = /(http:\/\/127\.0\.0\.1:\d+\/\S+)\n/.exec(printed)?.[1];
  }
  return {
    address,
    submit: (key) => submitForm(address, key),
    signal: (name) => child.kill(name),
    ended: finish(child, { stderr, printed }),
  };
}

async function finish(
  child: Deno.ChildProcess,
  { stderr, printed }: {
    readonly stderr: ReadableStreamDefaultReader<string>;
    readonly printed: string;
  },
): Promise<CommandResult> {
  let text = printed;
  const rest = async (): Promise<void> => {
    for (let part = await stderr.read(); !part.done; part = await stderr.read()) text += part.value;
  };
  const [stdout, status] = await Promise.all([
    new Response(child.stdout).text(),
    child.status,
    rest(),
  ]);
  return { code: status.code, stdout, stderr: text };
}

async function submitForm(address: string, key: string): Promise<Response> {
  const page = await (await fetch(address)).text();
  const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1] ?? address;
  return await fetch(new URL(action, address), {
    method: "POST",
    headers: { origin: new URL(address).origin },
    body: new URLSearchParams({ api_key: key }),
  });
}
