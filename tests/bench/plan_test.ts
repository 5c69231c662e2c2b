import assert from "node:assert/strict";
import { pastEvents } from "../../bench/history.ts";
import { parsePlan } from "../../bench/proxy.ts";
import { isMet, judgeTimes, type Times } from "../../bench/startup.ts";
import { WORKLOADS } from "../../bench/workloads.ts";

function names(items: readonly { readonly name: string }[] | undefined): string[] {
  return (items ?? []).map(({ name }) => name);
}

Deno.test("parsePlan() without arguments measures everything and writes the results", () => {
  const parsed = parsePlan([]);
  assert.deepEqual(names(parsed?.plan.workloads), names(WORKLOADS));
  assert.equal(parsed?.plan.rounds, 3);
  assert.equal(parsed?.write, true);
});

Deno.test("parsePlan() --quick leaves out what is run once and writes nothing", () => {
  const parsed = parsePlan(["--quick"]);
  assert.equal(parsed?.plan.workloads.some(({ schedule }) => schedule.kind === "once"), false);
  assert.equal(parsed?.plan.rounds, 1);
  assert.equal(parsed?.write, false);
});

Deno.test("parsePlan() --only names workloads and peers, each kind limiting its own", () => {
  const parsed = parsePlan([
    "--quick",
    "--only",
    "growth",
    "--only",
    "direct",
    "--only",
    "varlock",
  ]);
  assert.deepEqual(names(parsed?.plan.workloads), ["growth"]);
  assert.deepEqual(names(parsed?.plan.peers), ["direct", "varlock"]);
  const peersOnly = parsePlan(["--only", "direct"]);
  assert.deepEqual(names(peersOnly?.plan.workloads), names(WORKLOADS));
  assert.throws(() => parsePlan(["--only", "nobody"]), /'nobody' is neither/);
  assert.equal(parsePlan(["--help"]), undefined);
});

Deno.test("pastEvents() gives every run a start and an end, in the order of time", () => {
  const events = pastEvents({ connections: 1, runs: 10, events: 1_000 });
  const count = (name: string): number => events.filter(({ event }) => event === name).length;
  assert.deepEqual([count("run_start"), count("request"), count("run_end")], [10, 980, 10]);
  assert.equal(new Set(events.map(({ run }) => run)).size, 10);
  const times = events.map(({ time }) => String(time));
  assert.deepEqual(times, times.toSorted());
});

function times(medians: Readonly<Record<string, number>>): Times {
  return Object.fromEntries(
    Object.entries(medians).map(([name, median]) => [name, { median, min: median, max: median }]),
  );
}

const GOOD = { hello: 20, "run fresh": 50, "list fresh": 32, "run long": 54, "list long": 34 };

Deno.test("judgeTimes() passes what is within every budget", () => {
  assert.equal(judgeTimes(times(GOOD)).every(isMet), true);
});

Deno.test("judgeTimes() notices each budget that is exceeded or not measured", () => {
  const wrong: [Partial<typeof GOOD>, number][] = [
    [{ "run fresh": 51 }, 1],
    [{ "list fresh": 33 }, 1],
    [{ "run long": 56 }, 1],
    [{ "list long": 36 }, 1],
    [{ hello: 60, "run fresh": 130, "run long": 130 }, 1],
    [{ "list long": NaN }, 1],
  ];
  for (const [change, failures] of wrong) {
    const verdicts = judgeTimes(times({ ...GOOD, ...change }));
    assert.equal(verdicts.filter((verdict) => !isMet(verdict)).length, failures, `${change}`);
  }
});
