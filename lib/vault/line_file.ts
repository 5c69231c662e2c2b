/**
 * Files of lines that only grow: read from the end, and followed as they grow.
 *
 * @module
 */

import { folderOf } from "./private_file.ts";

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Every line of a file, the last one first, without its line break. Reads only as far as it is asked
 * for; empty lines are left out.
 *
 * @param end Bytes from the start of the file where reading begins; at most its size counts.
 */
export function* readLinesFromEnd(path: string, end: number): Generator<string, void> {
  using file = Deno.openSync(path);
  let position = Math.min(end, file.statSync().size);
  // Blocks of the line whose beginning has not been reached yet, first one first.
  let tail: Uint8Array[] = [];
  while (position > 0) {
    const length = Math.min(BLOCK_BYTES, position);
    position -= length;
    let rest = readAt(file, { position, length });
    for (let at = rest.lastIndexOf(NEWLINE); at !== -1; at = rest.lastIndexOf(NEWLINE)) {
      yield* decodeLine([rest.subarray(at + 1), ...tail]);
      tail = [];
      rest = rest.subarray(0, at);
    }
    tail.unshift(rest);
  }
  yield* decodeLine(tail);
}

/**
 * Every whole line appended from `start` on, until `signal` aborts. A file that became shorter or was
 * replaced is read from its beginning; a missing one is waited for. The folder must exist.
 */
export async function* followLines(
  path: string,
  options: { readonly start: number; readonly signal: AbortSignal },
): AsyncGenerator<string, void> {
  const { start, signal } = options;
  if (signal.aborted) return;
  const growing = new GrowingFile(path, start);
  // Watching the folder, since the file may be made or replaced meanwhile.
  const watcher = Deno.watchFs(folderOf(path), { recursive: false });
  const stop = (): void => watcher.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield* growing.readNew();
    for await (const { kind } of watcher) {
      // Reading, by anybody, is reported as access.
      if (kind !== "access") yield* growing.readNew();
    }
  } finally {
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) stop();
  }
}

/** Remembers how far a file has been read. */
class GrowingFile {
  readonly #path: string;
  #offset: number;
  #inode: number | null | undefined;

  constructor(path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
    this.#inode = statOf(path)?.ino;
  }

  /** The whole lines since the last call. */
  *readNew(): Generator<string, void> {
    const info = statOf(this.#path);
    if (info === undefined) return;
    if (info.ino !== this.#inode || info.size < this.#offset) this.#offset = 0;
    this.#inode = info.ino;
    if (info.size === this.#offset) return;
    using file = Deno.openSync(this.#path);
    const bytes = readAt(file, { position: this.#offset, length: info.size - this.#offset });
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#offset += end;
    const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n");
    yield* lines.filter((line) => line !== "");
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Reads `length` bytes, or fewer at the end of the file. */
function readAt(
  file: Deno.FsFile,
  { position, length }: { readonly position: number; readonly length: number },
): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function* decodeLine(parts: readonly Uint8Array[]): Generator<string, void> {
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join("");
  const line = text + decoder.decode();
  if (line !== "") yield line;
}
