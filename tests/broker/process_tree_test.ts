import assert from "node:assert/strict";
import {
  familyOf,
  lastingFamily,
  lineageOf,
  parseProcStat,
  parsePs,
} from "../../lib/broker/process_tree.ts";

/** A line of `/proc/<pid>/stat` with 22 of its fields. */
function stat(pid: number, parent: number, startedAt = 100, name = "sh"): string {
  return `${pid} (${name}) S ${parent} ${"0 ".repeat(17)}${startedAt} 0 0\n`;
}

const TREE = parseProcStat(
  stat(1, 0) + stat(10, 1) + stat(20, 10) + stat(30, 20) + stat(40, 10) + stat(50, 1),
);

Deno.test("familyOf() is the ancestor and all that descend from it", () => {
  assert.deepEqual(familyOf(TREE, 10), [10, 20, 30, 40]);
  assert.deepEqual(familyOf(TREE, 50), [50]);
  assert.deepEqual(familyOf(TREE, 99), []);
});

const NAMES = ["a) S 10 (", ") S 10 0 0", "10 (sh) S 10", "a\\n99 (x) S 10", "(", ")", ""];

for (const name of NAMES) {
  Deno.test(`parseProcStat() is not misled by a program named ${JSON.stringify(name)}`, () => {
    const tree = parseProcStat(stat(7, 1, 5, name));
    assert.deepEqual([...tree], [[7, { parent: 1, startedAt: "5" }]]);
  });
}

Deno.test("parseProcStat() reads what the system says of this process", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/stat`] }).outputSync();
  const tree = parseProcStat(new TextDecoder().decode(stdout));
  assert.equal(tree.get(Deno.pid)?.parent, Deno.ppid);
  assert.match(tree.get(Deno.pid)?.startedAt ?? "", /^[1-9]\d+$/);
});

Deno.test("parsePs() reads processes, and nothing else", () => {
  const text = "    1     0 Mon Nov 23 10:00:00 2026    \n" +
    "  812     1 Mon Nov  2 09:05:01 2026\n12345   812 Tue Nov 24 23:59:59 2026\n" +
    "after\np12345\nf3\nn127.0.0.1:5->127.0.0.1:6\n";
  const tree = parsePs(text);
  assert.deepEqual([...tree.keys()], [1, 812, 12345]);
  assert.deepEqual(tree.get(812), { parent: 1, startedAt: "Mon Nov  2 09:05:01 2026" });
});

Deno.test("lineageOf() ends where parents form a circle", () => {
  const tree = parseProcStat(stat(10, 20) + stat(20, 30) + stat(30, 20));
  assert.equal(lineageOf(tree, 30, 10), undefined);
});

const LATER: readonly [what: string, after: string, lasting: readonly number[]][] = [
  ["all is as it was", stat(10, 1) + stat(20, 10) + stat(30, 20), [10, 20, 30]],
  ["a process has ended", stat(10, 1) + stat(20, 10), [10, 20]],
  ["a number was taken", stat(10, 1) + stat(20, 10) + stat(30, 20, 101), [10, 20]],
  ["a parent's number was taken", stat(10, 1) + stat(20, 10, 101) + stat(30, 20), [10]],
  ["a process has another parent", stat(10, 1) + stat(20, 10) + stat(30, 1), [10, 20]],
];

for (const [what, after, lasting] of LATER) {
  Deno.test(`lastingFamily() when ${what}`, () => {
    const before = parseProcStat(stat(10, 1) + stat(20, 10) + stat(30, 20));
    assert.deepEqual([...lastingFamily([before, parseProcStat(after)], 10)], lasting);
  });
}
