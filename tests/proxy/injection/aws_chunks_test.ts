import assert from "node:assert/strict";
import { ChunkSigner } from "../../../lib/proxy/injection/aws_chunks.ts";
import { MalformedHeadError } from "../../../lib/proxy/http1/head_lines.ts";
import { S3_SIGNER } from "../../support/sigv4.ts";
import { fromLatin1 } from "../../support/wire.ts";

/** What a child's client puts where signatures go. */
const PLACEHOLDER = "0".repeat(64);

/** A body as `aws-chunked`, with these signatures. */
function formatChunks(sizes: readonly number[], signatures: readonly string[]): string {
  return sizes.map((size, index) => {
    const signature = signatures[index] ?? PLACEHOLDER;
    const line = `${size.toString(16)};chunk-signature=${signature}\r\n`;
    return size === 0 ? line : `${line}${"a".repeat(size)}\r\n`;
  }).join("");
}

interface Example {
  readonly what: string;
  readonly seed: string;
  /** Of the chunks of 65,536, 1,024 and 0 times `a`. */
  readonly chunks: readonly string[];
  /** What follows the last chunk's line, with and without signatures. */
  readonly end: (signature: string) => string;
  readonly trailer?: string;
}

/** From the Amazon S3 API Reference, "Transferring Payload in Multiple Chunks", and with trailers. */
const EXAMPLES: readonly Example[] = [
  {
    what: "the chunks",
    seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    chunks: [
      "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ],
    end: () => "\r\n",
  },
  ...["\r\n", "\n\r\n"].map((lineEnd) => ({
    what: `the chunks and the trailer, ended with ${JSON.stringify(lineEnd)},`,
    seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    chunks: [
      "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
      "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ],
    trailer: "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
    end: (signature: string) =>
      `x-amz-checksum-crc32c:sOO8/Q==${lineEnd}x-amz-trailer-signature:${signature}\r\n\r\n`,
  })),
];

const SIZES = [65_536, 1_024, 0];

/** Feeds a body in pieces of `step` bytes. */
function rewrite(signer: ChunkSigner, body: string, step: number): string {
  const bytes = fromLatin1(body);
  let sent = "";
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.slice(at, at + step);
    sent += new TextDecoder("latin1").decode(signer.rewrite(part, at + step >= bytes.length));
    part.fill(0);
  }
  return sent;
}

for (const { what, seed, chunks, end, trailer } of EXAMPLES) {
  Deno.test(`ChunkSigner signs ${what} of the S3 documentation, however they arrive`, () => {
    const body = formatChunks(SIZES, []) + end(PLACEHOLDER);
    const expected = formatChunks(SIZES, chunks) + end(trailer ?? "");
    for (const step of [1, 2, 63, 4_096, 65_600, body.length]) {
      const signer = new ChunkSigner({ signer: S3_SIGNER, seed, trailer: trailer !== undefined });
      assert.equal(rewrite(signer, body, step), expected);
    }
  });
}

Deno.test("ChunkSigner lets a chunk go as soon as it is whole", () => {
  const signer = new ChunkSigner({ signer: S3_SIGNER, seed: PLACEHOLDER, trailer: false });
  const chunk = formatChunks([10], []);
  assert.equal(signer.rewrite(fromLatin1(chunk.slice(0, -1)), false).length, 0);
  assert.equal(signer.rewrite(fromLatin1("\n5;"), false).length, chunk.length);
});

const LINE = `;chunk-signature=${PLACEHOLDER}\r\n`;
const LAST = `0${LINE}`;

const MALFORMED: readonly (readonly [what: string, body: string, trailer?: boolean])[] = [
  ["no chunks", "hello, world\r\n"],
  ["no line at all", "a".repeat(200)],
  ["a chunk without a signature", "5\r\naaaaa\r\n"],
  ["a short signature", `5;chunk-signature=${"0".repeat(63)}\r\naaaaa\r\n${LAST}\r\n`],
  ["another extension", `5;x=1;chunk-signature=${PLACEHOLDER}\r\naaaaa\r\n${LAST}\r\n`],
  ["no size", `${LINE}\r\n${LAST}\r\n`],
  ["a chunk longer than its size", `5${LINE}aaaaaa\r\n${LAST}\r\n`],
  ["a chunk shorter than its size", `5${LINE}aaaa\r\n${LAST}\r\n`],
  ["an end in a chunk", `5${LINE}aaa`],
  ["an end before the last chunk", `5${LINE}aaaaa\r\n`],
  ["a trailer without its signature", `${LAST}x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n`, true],
  ["an endless trailer", LAST + "x".repeat(20_000), true],
];

for (const [what, body, trailer = false] of MALFORMED) {
  Deno.test(`ChunkSigner refuses ${what}`, () => {
    const signer = new ChunkSigner({ signer: S3_SIGNER, seed: PLACEHOLDER, trailer });
    assert.throws(() => rewrite(signer, body, 7), MalformedHeadError);
  });
}

Deno.test("ChunkSigner refuses a chunk that is too large to hold, before it comes", () => {
  const signer = new ChunkSigner({ signer: S3_SIGNER, seed: PLACEHOLDER, trailer: false });
  assert.throws(
    () => signer.rewrite(fromLatin1(`ffffffff${LINE}`), false),
    (error) => error instanceof MalformedHeadError && error.status === 413,
  );
});
