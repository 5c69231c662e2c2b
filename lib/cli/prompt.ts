/**
 * Questions to a person at a terminal: a masked secret, a yes or no.
 *
 * Theory of operation: the terminal is switched to raw mode, so that nothing typed is echoed and
 * Ctrl-C arrives as a byte, and to bracketed paste (xterm, "bracketed paste mode"), so that a line
 * break inside a paste does not send half of it. Both are taken back on every way out: an answer,
 * an error, or a signal, which is raised again once the terminal is sane.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { createKeyReader, type Key } from "./keys.ts";
import type { EndSignal, System } from "./system.ts";
import { escapeControls } from "./text.ts";

/** What a prompt needs of the computer. */
export type Terminal = Pick<System, "stdin" | "stderr" | "onSignal" | "raise">;

const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";
/** Stars shown at most: a longer row would wrap, and show how long the secret is. */
const MOST_STARS = 32;

/**
 * Asks for a secret; every character shows as a star.
 *
 * @param remark A line above the question. It is shown only once nothing is echoed any more: who
 * sees it may begin to type.
 * @throws {AuthsomeError} `cancelled` on Ctrl-C, Ctrl-D or the end of input.
 */
export async function promptSecret(
  terminal: Terminal,
  { question, remark = "" }: { readonly question: string; readonly remark?: string },
): Promise<Secret> {
  const mask = (text: string): string => "*".repeat(Math.min([...text].length, MOST_STARS));
  return new Secret(await ask(terminal, { question, remark, show: mask }));
}

/**
 * Asks for a text that may be seen.
 *
 * @throws {AuthsomeError} `cancelled` on Ctrl-C, Ctrl-D or the end of input.
 */
export async function promptText(
  terminal: Terminal,
  { question, remark = "" }: { readonly question: string; readonly remark?: string },
): Promise<string> {
  return await ask(terminal, { question, remark, show: escapeControls });
}

/**
 * Asks a yes-or-no question; anything but `y` or `yes` means no.
 *
 * @throws {AuthsomeError} `cancelled` on Ctrl-C, Ctrl-D or the end of input.
 */
export async function promptConfirm(terminal: Terminal, question: string): Promise<boolean> {
  const answer = await ask(terminal, {
    question: `${question} [y/N] `,
    remark: "",
    show: escapeControls,
  });
  return /^y(es)?$/i.test(answer.trim());
}

interface Question {
  readonly question: string;
  readonly remark: string;
  /** What stands on the screen for the text typed so far; it only grows at its end. */
  readonly show: (text: string) => string;
}

async function ask(terminal: Terminal, question: Question): Promise<string> {
  const interrupted = Promise.withResolvers<never>();
  const raw = enterRawMode(terminal, () => interrupted.reject(cancelled()));
  try {
    return await Promise.race([readAnswer(terminal, question), interrupted.promise]);
  } finally {
    raw[Symbol.dispose]();
    terminal.stderr.write("\n");
  }
}

async function readAnswer(
  terminal: Terminal,
  { question, remark, show }: Question,
): Promise<string> {
  const { stderr } = terminal;
  if (remark !== "") stderr.write(`${escapeControls(remark)}\r\n`);
  stderr.write(escapeControls(question));
  let text = "";
  for await (const key of readKeys(terminal)) {
    if (key.kind === "enter") return text;
    if (key.kind === "cancel" || (key.kind === "end" && text === "")) break;
    const before = show(text);
    text = applyKey(text, key);
    stderr.write(repaint(before, show(text)));
  }
  throw cancelled();
}

function cancelled(): AuthsomeError {
  return new AuthsomeError("cancelled", "Cancelled. Nothing was changed.");
}

async function* readKeys({ stdin }: Terminal): AsyncGenerator<Key> {
  const read = createKeyReader();
  const buffer = new Uint8Array(1024);
  try {
    for (;;) {
      const count = await stdin.read(buffer);
      if (count === null) return;
      yield* read(buffer.subarray(0, count));
    }
  } finally {
    buffer.fill(0);
  }
}

function applyKey(text: string, key: Key): string {
  switch (key.kind) {
    case "text":
      return text + key.text;
    case "erase":
      return [...text].slice(0, -1).join("");
    case "erase_line":
      return "";
    case "enter":
    case "cancel":
    case "end":
      return text;
    default:
      return key satisfies never;
  }
}

/** Shows the change from one row to another of which one begins with the other. */
function repaint(before: string, after: string): string {
  if (after.startsWith(before)) return after.slice(before.length);
  return "\b \b".repeat([...before].length - [...after].length);
}

function enterRawMode(terminal: Terminal, onInterrupt: () => void): Disposable {
  const { stdin, stderr } = terminal;
  let active = true;
  const restore = (): void => {
    if (!active) return;
    active = false;
    stdin.setRaw(false);
    stderr.write(PASTE_OFF);
    for (const listener of listeners) listener[Symbol.dispose]();
  };
  const die = (signal: EndSignal): void => {
    restore();
    stderr.write("\n");
    terminal.raise(signal);
  };
  const listeners = [
    terminal.onSignal("SIGINT", onInterrupt),
    terminal.onSignal("SIGTERM", () => die("SIGTERM")),
    terminal.onSignal("SIGHUP", () => die("SIGHUP")),
  ];
  stdin.setRaw(true);
  stderr.write(PASTE_ON);
  return { [Symbol.dispose]: restore };
}
