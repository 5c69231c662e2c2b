/**
 * Measures how long the binary takes from start to end, against a compiled hello world, and fails if
 * that is over the budget or grows with what has happened before. Takes `--no-write`. The hello
 * world is compiled with $DENO_COMPILER, or the Deno that runs this.
 *
 * @module
 */

import { join } from "node:path";
import { createHistory, FRESH, LONG } from "./history.ts";
import { describeMachine, runtimeOf } from "./machine.ts";
import { runProgram } from "./program.ts";
import { print, tell, writeResults } from "./report.ts";
import { formatNumber, formatTable } from "./results.ts";
import { summarize, type Summary } from "./statistics.ts";

const BINARY = join(import.meta.dirname ?? ".", "..", "dist", "authsome");
const ROUNDS = 25;
const WARM_UP_ROUNDS = 3;

/** Something to start. */
interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  readonly home?: string;
}

/** One budget and what was found. */
export interface Verdict {
  readonly text: string;
  readonly found: number;
  readonly limit: number;
}

/** Median times in ms by subject: `hello`, and `run`, `list`, each `fresh` and `long`. */
export type Times = Readonly<Record<string, Summary>>;

/** Ways to run that are measured beside the budgets; each is skipped where it does not work. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  "with a policy": ["--read-only", "--expires", "1h"],
  "without redaction": ["--no-redact"],
  "isolated": ["--isolate"],
};

/** Growth that is not told from noise: this much more, and at least this many ms. */
const GROWTH_FACTOR = 1.1;
const GROWTH_FLOOR = 3;

const METHOD =
  `Time from start to end of the process, medians of ${ROUNDS} interleaved rounds after ` +
  `${WARM_UP_ROUNDS} to warm up. Fresh: ${describe(FRESH)}. Long: ${describe(LONG)}.`;

/** Holds the times against the budgets. */
export function judgeTimes(times: Times): Verdict[] {
  const median = (name: string): number => times[name]?.median ?? NaN;
  const hello = median("hello");
  const growth = (command: string): Verdict => ({
    text: `${command}, long history: ms`,
    found: median(`${command} long`),
    limit: Math.max(
      median(`${command} fresh`) * GROWTH_FACTOR,
      median(`${command} fresh`) + GROWTH_FLOOR,
    ),
  });
  return [
    { text: "run: multiple of hello world", found: median("run fresh") / hello, limit: 2.5 },
    { text: "run: ms", found: median("run fresh"), limit: 120 },
    { text: "list: multiple of hello world", found: median("list fresh") / hello, limit: 1.6 },
    growth("run"),
    growth("list"),
  ];
}

/** Whether a budget is kept. A time that is missing keeps none. */
export function isMet({ found, limit }: Verdict): boolean {
  return found <= limit;
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-startup-" });
  try {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const times = measureTimes(await prepare(folder));
    const verdicts = judgeTimes(times);
    const version = (await runProgram([BINARY, "--version"])).trim().replaceAll("\n", ", ");
    const content = [
      `${await describeMachine()}\n- ${version}, compiled with ${await runtimeOf(BINARY)}`,
      ...[METHOD, format(times), formatVerdicts(verdicts)],
    ].join("\n\n");
    tell("");
    print(content);
    if (!Deno.args.includes("--no-write")) await writeResults("Start-up", content);
    if (!verdicts.every(isMet)) Deno.exitCode = 1;
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    Deno.exitCode = 1;
  }
}

async function prepare(folder: string): Promise<Subject[]> {
  tell("compiling hello world");
  const hello = await compileHello(folder);
  const homes = { fresh: join(folder, "fresh"), long: join(folder, "long") };
  tell("making homes with little and much history");
  await createHistory(BINARY, homes.fresh, FRESH);
  await createHistory(BINARY, homes.long, LONG);
  const ours = Object.entries(homes).flatMap(([name, home]) => [
    { name: `run ${name}`, command: [BINARY, "run", "--", "true"], home },
    { name: `list ${name}`, command: [BINARY, "list"], home },
  ]);
  const home = homes.fresh;
  const more = Object.entries(FLAGS).map(([name, flags]) => (
    { name: `run ${name}`, command: [BINARY, "run", ...flags, "--", "true"], home }
  ));
  return [{ name: "hello", command: [hello] }, ...ours, ...more.filter(works)];
}

/** Compiles it as `deno task compile` does, with the same compiler. */
async function compileHello(folder: string): Promise<string> {
  const source = join(folder, "hello.ts");
  await Deno.writeTextFile(source, `console.log("hello world");\n`);
  const output = join(folder, "hello");
  const compiler = Deno.env.get("DENO_COMPILER") ?? Deno.execPath();
  await runProgram([
    ...[compiler, "compile", "--no-lock", "--no-check", "--no-code-cache", "--no-prompt"],
    ...["--output", output, source],
  ]);
  return output;
}

function measureTimes(subjects: readonly Subject[]): Times {
  const samples = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    tell(`round ${round + 1} of ${ROUNDS}`);
    for (const subject of subjects) {
      const milliseconds = timeOnce(subject);
      if (round >= 0) samples.get(subject.name)?.push(milliseconds);
    }
  }
  return Object.fromEntries([...samples].map(([name, values]) => [name, summarize(values)]));
}

function works(subject: Subject): boolean {
  try {
    timeOnce(subject);
    return true;
  } catch {
    return false;
  }
}

/** Blocks until the process has ended: an event loop between would add its own delay. */
function timeOnce({ name, command: [program = "", ...args], home }: Subject): number {
  const command = new Deno.Command(program, {
    ...{ args, stdin: "null", stdout: "null", stderr: "null" },
    ...(home === undefined ? {} : { env: { AUTHSOME_HOME: home } }),
  });
  const start = performance.now();
  const { success } = command.outputSync();
  if (!success) throw new Error(`'${name}' failed`);
  return performance.now() - start;
}

function format(times: Times): string {
  const hello = times.hello?.median ?? NaN;
  const rows = Object.entries(times).map(([name, { median, min, max }]) => [
    name,
    formatNumber(median, 1),
    `${formatNumber(min, 1)}–${formatNumber(max, 1)}`,
    formatNumber(median / hello, 2),
  ]);
  return formatTable([["process", "median, ms", "min–max", "× hello"], ...rows]);
}

function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.text,
    formatNumber(verdict.found, 2),
    formatNumber(verdict.limit, 2),
    isMet(verdict) ? "met" : "**missed**",
  ]);
  return formatTable([["budget", "found", "at most", ""], ...rows]);
}

function describe({ connections, events, runs }: typeof FRESH): string {
  return `${formatNumber(connections, 0)} connections, ${formatNumber(runs, 0)} past runs, ` +
    `${formatNumber(events, 0)} audit events`;
}

if (import.meta.main) await main();
