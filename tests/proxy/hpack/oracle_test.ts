import assert from "node:assert/strict";
import { join } from "node:path";
import { HpackDecoder } from "../../../lib/proxy/hpack/decoder.ts";
import { HpackError } from "../../../lib/proxy/hpack/hpack_error.ts";
import { wholeOf } from "../../../lib/proxy/stream/bytes.ts";
import type { HpackField } from "../../../lib/proxy/hpack/tables.ts";
import { readCorpus } from "../../fuzz/corpus.ts";
import { mutate } from "../../fuzz/mutate.ts";
import { hpack, splitBlocks } from "../../fuzz/targets/hpack.ts";
import { findProgram, runCommand } from "../../support/command.ts";
import { bytesOf, hexOf } from "../../support/h2.ts";
import { buildGoPeers, withPeerFolder } from "../../support/peers.ts";
import { createRandom } from "../../support/random.ts";

/** What became of the blocks of one connection: the fields of each, up to one that is refused. */
interface Decoded {
  readonly blocks: readonly (readonly HpackField[])[];
  /** Why it is refused, or nothing. */
  readonly error: string;
}

function decodeBlocks(blocks: readonly Uint8Array[]): Decoded {
  const decoder = new HpackDecoder();
  const decoded: HpackField[][] = [];
  try {
    for (const block of blocks) {
      const fields = decoder.decode(wholeOf(block), { headBytes: Infinity, headFields: Infinity });
      decoded.push(fields ?? []);
    }
    return { blocks: decoded, error: "" };
  } catch (error) {
    if (!(error instanceof HpackError)) throw error;
    return { blocks: decoded, error: error.message };
  }
}

function parseAnswer(line: string): Decoded {
  const text = (hex: string): string => String.fromCharCode(...bytesOf(hex));
  const { blocks, error } = JSON.parse(line) as {
    readonly blocks: { name: string; value: string; sensitive: boolean }[][];
    readonly error: string;
  };
  const fieldsOf = (block: typeof blocks[number]): HpackField[] =>
    block.map(({ name, value, sensitive }) => ({
      name: text(name),
      value: text(value),
      neverIndexed: sensitive,
    }));
  return { blocks: blocks.map(fieldsOf), error };
}

/**
 * Go takes an update in the middle of a block if the table is empty, and refuses a second one at the
 * start of a block if it is not; RFC 7541, section 4.2 says otherwise in both cases.
 */
function isAboutTableSize({ error }: Decoded): boolean {
  return error.includes("table size update");
}

Deno.test({
  name: "Go's decoder reads and refuses the same header blocks",
  ignore: findProgram("go") === undefined,
  fn: () =>
    withPeerFolder(async (folder) => {
      const random = createRandom(7541);
      const corpus = readCorpus("hpack");
      const connections = Array.from({ length: 5000 }, () => {
        const input = random.chance(3) ? hpack.generate(random) : mutate(corpus, random);
        if (random.chance(10)) corpus.push(input);
        return splitBlocks(input).filter((block) => block.length > 0);
      }).filter((blocks) => blocks.length > 0);
      const { peers: program } = await buildGoPeers();
      const file = join(folder, "blocks");
      const lines = connections.map((blocks) => blocks.map(hexOf).join(" "));
      await Deno.writeTextFile(file, lines.join("\n"));
      const { code, stdout, stderr } = await runCommand([program, "hpack", file]);
      assert.equal(code, 0, stderr);
      const answers = stdout.trimEnd().split("\n").map(parseAnswer);
      assert.equal(answers.length, connections.length);
      let compared = 0;
      for (const [index, blocks] of connections.entries()) {
        const [ours, gos] = [decodeBlocks(blocks), answers[index]!];
        if (isAboutTableSize(ours) || isAboutTableSize(gos)) continue;
        assert.deepEqual(ours.blocks, gos.blocks, lines[index] ?? "");
        assert.equal(ours.error === "", gos.error === "", `${lines[index]}: ${gos.error}`);
        compared++;
      }
      assert.ok(compared > connections.length / 2, `only ${compared} could be compared`);
    }),
});
