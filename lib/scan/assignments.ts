/**
 * Variables as dotenv files and shell profiles set them, line by line: POSIX shells, fish and
 * PowerShell. Pure. Values that run over several lines are not read: no key does.
 *
 * @module
 */

/** One variable that a line sets. */
export interface Assignment {
  readonly name: string;
  /** Without quotes. Empty if it is computed. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
  /** Whether the line does nothing else, so that it can go as a whole. */
  readonly alone: boolean;
}

const NAME = "([A-Za-z_][A-Za-z0-9_]*)";
const STARTS: readonly RegExp[] = [
  new RegExp(`^\\s*(?:export\\s+)?${NAME}\\s*=\\s*`),
  new RegExp(`^\\s*(?:set|setx?)\\s+(?:-{1,2}[a-z-]+\\s+)*${NAME}\\s+`),
  new RegExp(`^\\s*\\$env:${NAME}\\s*=\\s*`, "i"),
];
/** What may follow a value on its line. */
const END = /^\s*;?\s*(?:#.*)?$/;

/** The assignments of a text, at most one a line. */
export function readAssignments(text: string): readonly Assignment[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const found = readLine(line);
    return found === undefined ? [] : [{ ...found, line: index + 1 }];
  });
}

function readLine(line: string): Omit<Assignment, "line"> | undefined {
  for (const start of STARTS) {
    const [begin, name] = start.exec(line) ?? [];
    if (begin === undefined || name === undefined) continue;
    const { value, rest } = readValue(line.slice(begin.length));
    return { name, value, alone: END.test(rest) };
  }
  return undefined;
}

function readValue(text: string): { readonly value: string; readonly rest: string } {
  const [single, inSingle] = /^'([^']*)'/.exec(text) ?? [];
  if (single !== undefined) return { value: inSingle ?? "", rest: text.slice(single.length) };
  const [double, inDouble] = /^"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  const [plain = ""] = double === undefined ? /^[^\s;#'"]*/.exec(text) ?? [] : [];
  const written = inDouble ?? plain;
  const computed = /[$`]/.test(written.replace(/\\./g, ""));
  const value = computed ? "" : written.replace(/\\(.)/g, "$1");
  return { value, rest: text.slice((double ?? plain).length) };
}

/**
 * Turns lines into comments that keep the variable's name and not its value.
 *
 * @param notes What the comment says, by line.
 */
export function commentOut(text: string, notes: ReadonlyMap<number, string>): string {
  let number = 0;
  return text.replace(/[^\n]*(?:\n|$)/g, (line) => {
    const note = notes.get(++number);
    if (note === undefined || line === "") return line;
    const indent = /^\s*/.exec(line)?.[0] ?? "";
    const end = /\r?\n?$/.exec(line)?.[0] ?? "";
    return `${indent.replace(/[\r\n]/g, "")}# ${note}${end}`;
  });
}
