/**
 * The seam between the command line and the computer: what a command may know and touch.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";

/** Environment variables, names to values. */
export type Environment = Readonly<Record<string, string>>;

/** Where text is printed. */
export interface TextWriter {
  /** Whether a person looks at it directly. */
  readonly isTerminal: boolean;
  /** Width in character cells, or `undefined` if it is not a terminal. */
  columns(): number | undefined;
  /**
   * Writes all of `text` before it returns. On stderr it gives up quietly: losing a remark must not
   * end a run.
   *
   * @throws {OutputClosed} if the reader of stdout has gone away; {@link AuthsomeError}
   * `unexpected` if the text cannot be written, for instance because the disk is full.
   */
  write(text: string): void;
}

/** Where typed or piped bytes come from. */
export interface ByteInput {
  /** Whether a person types into it. */
  readonly isTerminal: boolean;
  /** Switches echo, line editing and signal keys off, or back on. */
  setRaw(on: boolean): void;
  /** Reads some bytes into `buffer` and says how many, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Signals that end authsome while it waits for a person. */
export type EndSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What `main.ts` hands to the commands. */
export interface System {
  readonly env: Environment;
  readonly os: typeof Deno.build.os;
  /** Version of authsome. */
  readonly version: string;
  /** JSON texts of the definitions that come with the program, by provider name. */
  readonly bundled: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly stdin: ByteInput;
  readonly stdout: TextWriter;
  readonly stderr: TextWriter;
  /** Calls `listener` on `signal` until disposed; does nothing where the system has no such signal. */
  onSignal(signal: EndSignal, listener: () => void): Disposable;
  /** Ends this process the way `signal` does when nobody listens. */
  raise(signal: EndSignal): void;
}

/** The reader of our output has gone away (`authsome list | head -1`): end quietly. */
export class OutputClosed extends Error {
  constructor() {
    super("The reader of the output has gone away.");
    this.name = "OutputClosed";
  }
}

/** The real computer. */
export function openSystem(program: Pick<System, "version" | "bundled">): System {
  return {
    ...program,
    env: Deno.env.toObject(),
    os: Deno.build.os,
    now: Date.now,
    stdin: {
      isTerminal: Deno.stdin.isTerminal(),
      setRaw: (on) => Deno.stdin.setRaw(on),
      read: (buffer) => Deno.stdin.read(buffer),
    },
    stdout: createWriter(Deno.stdout, writeAll),
    stderr: createWriter(Deno.stderr, writeIfPossible),
    onSignal,
    raise: (signal) => Deno.kill(Deno.pid, signal),
  };
}

function createWriter(
  stream: typeof Deno.stdout,
  write: (stream: typeof Deno.stdout, bytes: Uint8Array) => void,
): TextWriter {
  const isTerminal = stream.isTerminal();
  return {
    isTerminal,
    columns: () => isTerminal ? terminalColumns() : undefined,
    write: (text) => write(stream, new TextEncoder().encode(text)),
  };
}

/** Undefined if the size is unknown: a console without one, or neither stream is the terminal. */
function terminalColumns(): number | undefined {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : undefined;
  } catch {
    return undefined;
  }
}

function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += stream.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      // A parent may have made the shared pipe non-blocking: wait until it drains.
      if (!(error instanceof Deno.errors.WouldBlock)) throw cannotWrite(error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function writeIfPossible(stream: typeof Deno.stdout, bytes: Uint8Array): void {
  try {
    writeAll(stream, bytes);
  } catch {
    // Nobody can be told.
  }
}

function cannotWrite(cause: unknown): AuthsomeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AuthsomeError("unexpected", `The output cannot be written: ${reason}.`, {
    hint: "Check where it goes, and that the disk is not full.",
    cause,
  });
}

function onSignal(signal: EndSignal, listener: () => void): Disposable {
  const listens = Deno.build.os !== "windows" || signal === "SIGINT";
  if (listens) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]: () => {
      if (listens) Deno.removeSignalListener(signal, listener);
    },
  };
}
