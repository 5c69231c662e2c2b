/**
 * The printers: results on stdout for people or as one JSON document, everything else on stderr.
 *
 * @module
 */

import { AuthsomeError, ERROR_MEANINGS } from "../errors.ts";
import type { Globals } from "./arguments.ts";
import { createStyle, type Style } from "./style.ts";
import type { System } from "./system.ts";
import { type Cell, escapeControls, formatJson, formatTable } from "./text.ts";

/** Version of the `--json` documents. */
const JSON_VERSION = 1;

/** Prints what a command has to say. */
export interface Output {
  /** Colours for stdout. */
  readonly style: Style;
  /** Whether results are JSON. */
  readonly json: boolean;
  /** Prints a result: `fields` as JSON, or the text that `human` makes, line break included. */
  result(fields: object, human: () => string): void;
  /** Prints that something was done, as one sentence; `--quiet` leaves it out, JSON it does not. */
  success(fields: object, sentence: string): void;
  /** Prints bytes for another program, as they are, JSON or not. */
  raw(text: string): void;
  /** Prints progress for a person on stderr; `--quiet` leaves it out. */
  note(sentence: string): void;
  /** Prints on stderr what a person must know although the command goes on. */
  warn(sentence: string): void;
  /** Lays out rows for stdout. */
  table(rows: readonly (readonly Cell[])[], indent?: string): string;
  /** Prints a failure and says which status to exit with. */
  failure(error: unknown): number;
}

/** Makes the printers for this command line. */
export function createOutput(
  system: Pick<System, "stdout" | "stderr" | "env">,
  globals: Globals,
): Output {
  const { stdout, stderr, env } = system;
  const noColor = globals["no-color"];
  const style = createStyle(stdout, { env, noColor });
  const remark = createStyle(stderr, { env, noColor });
  const printJson = (fields: object): void =>
    stdout.write(`${formatJson({ v: JSON_VERSION, ...fields })}\n`);
  return {
    style,
    json: globals.json,
    result: (fields, human) => globals.json ? printJson(fields) : stdout.write(human()),
    success: (fields, sentence) => {
      if (globals.json) printJson(fields);
      else if (!globals.quiet) stdout.write(`${escapeControls(sentence)}\n`);
    },
    raw: (text) => stdout.write(text),
    note: (sentence) => {
      if (!globals.quiet) stderr.write(`${escapeControls(sentence)}\n`);
    },
    warn: (sentence) => stderr.write(`${remark.poor("Warning:")} ${escapeControls(sentence)}\n`),
    table: (rows, indent = "") => formatTable(rows, { columns: stdout.columns(), indent }),
    failure: (error) => {
      const known = error instanceof AuthsomeError ? error : undefined;
      const code = known?.code ?? "unexpected";
      const { message, hint } = known ?? describeBug(error);
      if (globals.json) printJson({ error: code, message, hint });
      else printSentences(stderr.write, { message, hint, style: remark });
      if (known === undefined || globals.verbose) stderr.write(formatTrace(error, known));
      return ERROR_MEANINGS[code].exit;
    },
  };
}

/** `Error: …` and `Hint: …`, on a line each. */
function printSentences(
  write: (text: string) => void,
  { message, hint, style }: {
    readonly message: string;
    readonly hint: string;
    readonly style: Style;
  },
): void {
  write(`${style.bad("Error:")} ${escapeControls(message)}\n`);
  if (hint !== "") write(`${style.bold("Hint:")} ${escapeControls(hint)}\n`);
}

function describeBug(error: unknown): { readonly message: string; readonly hint: string } {
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Something unexpected happened: ${message}`,
    hint: "This is a bug in authsome. Please report it with the lines below.",
  };
}

/** A stack for bugs; for expected failures only what caused them. */
function formatTrace(error: unknown, known: AuthsomeError | undefined): string {
  const traced = known === undefined ? error : known.cause;
  if (traced === undefined) return "";
  const text = traced instanceof Error ? traced.stack ?? traced.message : String(traced);
  return `${text.split("\n").map(escapeControls).join("\n")}\n`;
}
