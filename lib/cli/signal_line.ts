/**
 * Carries signals into a sandbox, whose processes cannot be signalled by number from outside.
 *
 * @module
 */

/** The end outside. */
export class SignalLine implements Disposable {
  readonly #listener: Deno.UnixListener;
  #conn: Deno.UnixConn | undefined;
  #waiting: Deno.Signal[] = [];
  #writing = Promise.resolve();

  /** Makes a new socket file at `path`. */
  constructor(path: string) {
    this.#listener = Deno.listen({ transport: "unix", path });
  }

  /** Waits for the sandbox to connect, tells it that all is ready, and then what was sent so far. */
  async connect(): Promise<void> {
    try {
      // The first to connect is the relay: the child has not been started yet.
      this.#conn = await this.#listener.accept();
      this.#listener.close();
    } catch {
      return;
    }
    this.#write("\n");
    for (const signal of this.#waiting) this.send(signal);
  }

  /** Whether the sandbox has begun to listen. */
  get isConnected(): boolean {
    return this.#conn !== undefined;
  }

  /** Signals sent before the sandbox listens are kept for it. */
  send(signal: Deno.Signal): void {
    if (this.#conn === undefined) this.#waiting.push(signal);
    else this.#write(`${signal}\n`);
  }

  [Symbol.dispose](): void {
    if (this.#conn === undefined) this.#listener.close();
    else this.#conn.close();
  }

  /** Behind one another, and quietly: the child may end at any time. */
  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#writing = this.#writing.then(() => this.#conn?.write(bytes)).then(() => {}, () => {});
  }
}

/** Connects from inside, and waits until all is ready outside. */
export async function joinSignalLine(path: string): Promise<Deno.UnixConn> {
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.read(new Uint8Array(1));
  return conn;
}

/** The end inside: calls `deliver` for every signal until the line breaks. */
export async function receiveSignals(
  conn: Deno.UnixConn,
  deliver: (signal: Deno.Signal) => void,
): Promise<void> {
  const lines = conn.readable.pipeThrough(new TextDecoderStream());
  let rest = "";
  try {
    for await (const text of lines) {
      const names = (rest + text).split("\n");
      rest = names.pop() ?? "";
      for (const name of names) deliver(name as Deno.Signal);
    }
  } catch {
    // The line broke: authsome itself has ended.
  }
}
