/**
 * A connection as tests see it: raw bytes out, raw bytes in, everything kept.
 *
 * @module
 */

/** One end of a TCP or TLS connection, with all bytes that ever arrived. Text is latin-1. */
export class Wire {
  readonly #conn: Deno.Conn;
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  /** Bytes that `take` functions have handed out, from the first. */
  #taken = 0;
  #ended = false;
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** The underlying connection. */
  get conn(): Deno.Conn {
    return this.#conn;
  }

  /** Whether the other side has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Everything received so far. */
  received(): string {
    return latin1(this.#parts);
  }

  /** How many bytes were received so far. */
  get receivedBytes(): number {
    return this.#length;
  }

  /** Waits for more bytes. Returns whether there were any before the end of the stream. */
  async receive(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = new Uint8Array(65536);
    const count = await this.#conn.read(buffer).catch(() => null);
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#parts.push(buffer.subarray(0, count));
    this.#length += count;
    return true;
  }

  /** Waits until what was not taken yet contains `text`, and takes all up to its end. */
  async takeUntil(text: string): Promise<string> {
    for (;;) {
      const rest = this.received().slice(this.#taken);
      const at = rest.indexOf(text);
      if (at >= 0) return this.#take(at + text.length);
      if (!await this.receive()) throw new Error(`ended before ${JSON.stringify(text)}: ${rest}`);
    }
  }

  /** Takes one head with its empty line. */
  takeHead(): Promise<string> {
    return this.takeUntil("\r\n\r\n");
  }

  /** Takes exactly `count` bytes. */
  async takeBytes(count: number): Promise<string> {
    while (this.#length - this.#taken < count) {
      if (!await this.receive()) throw new Error(`ended before ${count} bytes`);
    }
    return this.#take(count);
  }

  /** Takes all that comes until the end of the stream. */
  async takeRest(): Promise<string> {
    while (await this.receive());
    return this.#take(this.#length - this.#taken);
  }

  /** Reads and forgets until the end of the stream; returns the number of bytes. */
  async drain(): Promise<number> {
    const buffer = new Uint8Array(65536);
    let total = 0;
    for (;;) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      total += count;
    }
    this.#ended = true;
    return total;
  }

  #take(count: number): string {
    const text = this.received().slice(this.#taken, this.#taken + count);
    this.#taken += count;
    return text;
  }

  /** Sends text (latin-1) or bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? fromLatin1(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Ends our direction. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Closes at once, as a process that dies. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch {
      // Closed by the other side before.
    }
  }
}

/** One byte per character. */
export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function latin1(parts: readonly Uint8Array[]): string {
  let text = "";
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 8192) {
      text += String.fromCharCode(...part.subarray(at, at + 8192));
    }
  }
  return text;
}
