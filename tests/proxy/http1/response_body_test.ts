import assert from "node:assert/strict";
import type { Framing } from "../../../lib/proxy/http1/framing.ts";
import { ByteReader } from "../../../lib/proxy/stream/byte_reader.ts";
import type { ByteStream } from "../../../lib/proxy/stream/byte_stream.ts";
import { openResponseBody } from "../../../lib/proxy/http1/response_body.ts";
import { SecretMatcher } from "../../../lib/proxy/redaction/secret_matcher.ts";
import { CANARY } from "../../support/proxy.ts";
import { fromLatin1 } from "../../support/wire.ts";

const STARS = "*".repeat(CANARY.length);
const HEAD = 16 * 1024;

/** Gives one piece for each read, all in the same memory, as sockets do. */
class Pieces implements ByteStream {
  readonly closed: Promise<void> = Promise.resolve();
  readonly #memory = new Uint8Array(4096);
  readonly #pieces: string[];

  constructor(pieces: readonly string[]) {
    this.#pieces = [...pieces];
  }

  read(): Promise<Uint8Array | null> {
    const piece = this.#pieces.shift();
    this.#memory.fill(0);
    if (piece === undefined) return Promise.resolve(null);
    this.#memory.set(fromLatin1(piece));
    return Promise.resolve(this.#memory.subarray(0, piece.length));
  }

  write = (): Promise<void> => Promise.resolve();
  closeWrite = (): Promise<void> => Promise.resolve();
  close(): void {}
}

/** What may leave after each piece; the rest of a cut body comes last. */
async function relay(framing: Framing, pieces: readonly string[]): Promise<string[]> {
  const reader = new ByteReader(new Pieces(pieces));
  const matcher = new SecretMatcher([fromLatin1(CANARY)]);
  const redaction = { matcher: () => matcher, onHit: () => {} };
  const body = openResponseBody(reader, framing, { limits: { headBytes: HEAD }, redaction });
  const left: string[] = [];
  while (!body.done && await reader.fill()) left.push(String.fromCharCode(...body.take()));
  if (!body.done) left.push(String.fromCharCode(...body.takeRest()));
  return left;
}

const UNTIL_CLOSE: Framing = { kind: "until_close" };
const CHUNKED: Framing = { kind: "chunked" };
const [BEGIN, END] = [CANARY.slice(0, 9), CANARY.slice(9)];

interface Case {
  readonly name: string;
  readonly framing: Framing;
  readonly pieces: readonly string[];
  readonly left: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "only the beginning of a secret is held",
    framing: { kind: "length", length: 5 + CANARY.length },
    pieces: [`123${BEGIN}`, `${END}45`],
    left: ["123", `${STARS}45`],
  },
  {
    name: "what turns out to be none leaves with what follows",
    framing: { kind: "length", length: 14 },
    pieces: [`123${BEGIN}`, " ", "5"],
    left: ["123", `${BEGIN} `, "5"],
  },
  {
    name: "the end of the body decides",
    framing: { kind: "length", length: 3 + BEGIN.length },
    pieces: [`123${BEGIN}`],
    left: [`123${BEGIN}`],
  },
  {
    name: "the end of the connection decides",
    framing: UNTIL_CLOSE,
    pieces: [`123${BEGIN}`],
    left: ["123", BEGIN],
  },
  {
    name: "a later beginning takes the place of an earlier one",
    framing: UNTIL_CLOSE,
    pieces: [BEGIN, ` ${BEGIN}`, END],
    left: ["", `${BEGIN} `, STARS, ""],
  },
  {
    name: "chunk sizes between two halves are held with them and stay as they are",
    framing: CHUNKED,
    pieces: [`c\r\n123${BEGIN}`, "\r\n", "f\r", `\n${END}45\r\n`, "0\r\n\r\n"],
    left: ["c\r\n123", "", "", `${"*".repeat(9)}\r\nf\r\n${"*".repeat(13)}45\r\n`, "0\r\n\r\n"],
  },
  {
    name: "a trailer may be cut, too",
    framing: CHUNKED,
    pieces: ["0\r\nX-Key: ", BEGIN, END, "\r\n", "\r\n"],
    left: ["0\r\nX-Key: ", "", STARS, "\r\n", "\r\n"],
  },
  {
    name: "the last chunk decides about the content",
    framing: CHUNKED,
    pieces: [`9\r\n${BEGIN}\r\n`, "0\r\n", "\r\n"],
    left: ["9\r\n", "", `${BEGIN}\r\n0\r\n\r\n`],
  },
];

for (const { name, framing, pieces, left } of CASES) {
  Deno.test(`a body on its way: ${name}`, async () => {
    assert.deepEqual(await relay(framing, pieces), left);
  });
}

Deno.test("a body on its way: byte by byte only three characters are seen, framing is untouched", async () => {
  const content = `x${CANARY}y${BEGIN}`;
  const encoded = `${content.length.toString(16)}\r\n${content}\r\n0\r\nX: ${CANARY}\r\n\r\n`;
  const shown = CANARY.slice(0, 3) + STARS.slice(3);
  const left = await relay(CHUNKED, [...encoded]);
  assert.equal(left.join(""), encoded.replaceAll(CANARY, shown));
});
