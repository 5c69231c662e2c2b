import assert from "node:assert/strict";
import { OpenLines } from "../../lib/vault/open_lines.ts";
import { createRandom } from "../support/random.ts";

const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

Deno.test("what is left are the lines of requests under way, whichever ended before", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed);
    const lines = new OpenLines();
    const expected = new Map<number, string>();
    const unseen: string[] = [];
    const isOpen = (line: string): boolean => expected.get(Number.parseInt(line)) === line;
    const most = random.pick([1, 40, 400]);
    for (let number = 1; number <= 1500; number++) {
      const line = `${number} ${"é€😀x".repeat(random.below(40))}`;
      expected.set(number, line);
      lines.add(number, line);
      unseen.push(line);
      if (random.chance(4)) {
        const taken = decode(lines.takeNew()).split("\n").slice(1);
        // Those that are over need not be written any more.
        assert.deepEqual(taken.filter(isOpen), unseen.filter(isOpen), `seed ${seed}`);
        assert.ok(taken.every((line) => unseen.includes(line)));
        unseen.length = 0;
      }
      while (expected.size > random.below(most)) {
        const ended = random.pick([...expected.keys()].slice(0, 1 + random.below(50)));
        expected.delete(ended);
        lines.end(ended);
        lines.end(ended);
      }
      assert.equal(lines.size, expected.size);
      if (random.chance(100)) assert.equal(decode(lines.compact()), text(expected));
    }
    assert.equal(decode(lines.compact()), text(expected), `seed ${seed}`);
  }
});

function text(lines: ReadonlyMap<number, string>): string {
  return [...lines.values()].map((line) => `\n${line}`).join("");
}
