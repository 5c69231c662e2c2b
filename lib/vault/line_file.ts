/**
 * Files of lines, read from either end.
 *
 * @module
 */

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Every line of a file, the last one first, without its line break. Reads only as far as it is asked
 * for; empty lines are left out.
 *
 * @param end Where reading begins, in bytes from the start of the file.
 */
export function* readLinesFromEnd(file: Deno.FsFile, end: number): Generator<string, void> {
  let position = end;
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

/** Where the line that holds byte `end` begins: behind the last line break before it. */
export function findLineStart(file: Deno.FsFile, end: number): number {
  let position = end;
  while (position > 0) {
    const length = Math.min(BLOCK_BYTES, position);
    position -= length;
    const at = readAt(file, { position, length }).lastIndexOf(NEWLINE);
    if (at !== -1) return position + at + 1;
  }
  return 0;
}

/** Every line of a file up to `end` bytes, the first one first; empty lines are left out. */
export function* readLines(file: Deno.FsFile, end: number): Generator<string, void> {
  const decoder = new TextDecoder();
  let text = "";
  for (let position = 0; position < end; position += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, end - position);
    text += decoder.decode(readAt(file, { position, length }), { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (text !== "") yield text;
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
