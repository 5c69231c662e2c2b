/**
 * A program that is still running while the test does something else.
 *
 * @module
 */

/** A child that a test talks to line by line. */
export class RunningProgram {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #text = "";
  #taken = 0;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      env,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Process number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Types one line. */
  async type(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for a line that ends with `end`, and gives what came up to it. */
  async readUntil(end: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end, this.#taken);
      if (at >= 0) {
        const found = this.#text.slice(this.#taken, at + end.length);
        this.#taken = at + end.length;
        return found;
      }
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`ended before ${JSON.stringify(end)}: ${this.#text}`);
      this.#text += value;
    }
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Closes its input, waits for the end, and gives the exit status. */
  async finish(): Promise<number> {
    await this.#input.close().catch(() => {});
    return await this.ended();
  }

  /** Waits for the end and gives the exit status. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    for (;;) {
      const { value, done } = await this.#output.read();
      if (done) break;
      this.#text += value;
    }
    return code;
  }

  /** Everything printed. */
  get text(): string {
    return this.#text;
  }
}
