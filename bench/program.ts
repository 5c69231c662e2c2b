/**
 * Runs the programs the bench needs: to their end, or in the background until stopped.
 *
 * @module
 */

/** How a program is started. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to its standard input, which then ends. */
  readonly input?: string;
  /** Milliseconds after which it is killed. */
  readonly timeout?: number;
}

/** A program in the background. */
export interface Background extends AsyncDisposable {
  readonly pid: number;
  /** The first line of its standard output; empty if nobody asked for it. */
  readonly firstLine: string;
}

/** How a background program is started. */
export interface BackgroundOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether it is ready with its first line of output; the rest is thrown away. */
  readonly awaitLine?: boolean;
}

/** Time a background program has to say its first line, and to end, in milliseconds. */
const START_LIMIT = 30_000;
const STOP_LIMIT = 3_000;

/** Characters kept of what a program says on standard error. */
const COMPLAINT_LIMIT = 1_000;

/**
 * Runs a program and gives its standard output.
 *
 * @throws {Error} with its standard error if it fails, or cannot be found.
 */
export async function runProgram(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const child = spawn(command, { ...options, stdin: "piped", stdout: "piped", stderr: "piped" });
  const timer = options.timeout === undefined
    ? undefined
    : setTimeout(() => signal(child, "SIGKILL"), options.timeout);
  const writer = child.stdin.getWriter();
  // A program that does not read its input may be gone already.
  writer.write(new TextEncoder().encode(options.input ?? "")).catch(() => {});
  writer.close().catch(() => {});
  const { success, code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  if (success) return new TextDecoder().decode(stdout);
  const complaint = new TextDecoder().decode(stderr).trim().split("\n").slice(-5).join("\n");
  throw new Error(`${command.join(" ").slice(0, 200)} ended with ${code}: ${complaint}`);
}

/**
 * Starts a program. Its standard input stays open until it is stopped; programs of the bench end
 * when their input does, so none survives the bench.
 *
 * @throws {Error} if it ends or says nothing for 30 s, where a line is awaited.
 */
export async function startProgram(
  command: readonly string[],
  options: BackgroundOptions = {},
): Promise<Background> {
  const awaitLine = options.awaitLine ?? false;
  const child = spawn(command, {
    ...options,
    stdin: "piped",
    stdout: awaitLine ? "piped" : "null",
    stderr: awaitLine ? "piped" : "null",
  });
  const stop = async (): Promise<void> => {
    await child.stdin.close().catch(() => {});
    signal(child, "SIGTERM");
    const timer = setTimeout(() => signal(child, "SIGKILL"), STOP_LIMIT);
    await child.status;
    clearTimeout(timer);
  };
  let firstLine = "";
  try {
    if (awaitLine) firstLine = await readFirstLine(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid, firstLine, [Symbol.asyncDispose]: stop };
}

/**
 * Waits until something accepts connections on a loopback port.
 *
 * @throws {Error} after 30 s.
 */
export async function awaitPort(port: number): Promise<void> {
  const limit = Date.now() + START_LIMIT;
  while (Date.now() < limit) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** A port that was free a moment ago, for programs that cannot choose one and say which. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function spawn(
  [program, ...args]: readonly string[],
  options: Omit<Deno.CommandOptions, "args">,
): Deno.ChildProcess {
  if (program === undefined) throw new Error("no program named");
  return new Deno.Command(program, { ...options, args }).spawn();
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended by itself.
  }
}

/** Both outputs are read to their ends, so that the program never waits for us. */
async function readFirstLine(child: Deno.ChildProcess): Promise<string> {
  const complaint = collect(child.stderr.pipeThrough(new TextDecoderStream()).getReader());
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => signal(child, "SIGKILL"), START_LIMIT);
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    text += value ?? "";
    if (done) break;
  }
  clearTimeout(timer);
  if (!text.includes("\n")) throw new Error(`it does not start: ${(await complaint).trim()}`);
  void collect(reader);
  return text.slice(0, text.indexOf("\n"));
}

/** Reads to the end and gives the first part of it. */
async function collect(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    if (text.length < COMPLAINT_LIMIT) text += value;
  }
}
