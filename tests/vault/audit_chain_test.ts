import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { AuditFact } from "../../lib/audit.ts";
import { type AuditLink, chainEvent, linkOf, verifyChain } from "../../lib/vault/audit_chain.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import type { Home } from "../../lib/vault/home.ts";
import { rekey } from "../../lib/vault/rekey.ts";
import { NOW, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";

const WRITER = new URL("../fixtures/audit_writer.ts", import.meta.url).pathname;

/** The lines of a chain of `count` events. */
function makeChain(count: number): string[] {
  const lines: string[] = [];
  let last: AuditLink | undefined;
  for (let status = 0; status < count; status++) {
    const event = { time: "2026-01-01T00:00:00.000Z", event: "request", profile: PROFILE } as const;
    const { line, link } = chainEvent({ ...event, status }, last);
    lines.push(line);
    last = link;
  }
  return lines;
}

function openTrail(home: Home, finishAt?: number): AuditTrail {
  const size = finishAt === undefined ? {} : { finishAt };
  return new AuditTrail({ home, profile: PROFILE, now: () => NOW, ...size });
}

function record(trail: AuditTrail, count: number, fact: Partial<AuditFact> = {}): void {
  for (let status = 0; status < count; status++) {
    trail.append({ event: "request", status, ...fact });
  }
}

/** Rewrites the trail's file, line by line. */
function rewrite(path: string, change: (lines: string[]) => readonly string[]): void {
  const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
  Deno.writeTextFileSync(path, change(lines).map((line) => `${line}\n`).join(""));
}

const CHAIN = makeChain(10);
const HEAD = linkOf(CHAIN.at(-1) ?? "");

Deno.test("every line carries its number and the hash of the line before", () => {
  CHAIN.forEach((line, index) => {
    const { seq, prev } = JSON.parse(line);
    assert.equal(seq, index + 1);
    const before = CHAIN[index - 1];
    const hash = before === undefined ? "" : createHash("sha256").update(before).digest("hex");
    assert.equal(prev, hash);
  });
  assert.deepEqual(verifyChain(CHAIN), { events: 10, last: HEAD, problems: [] });
  assert.deepEqual(verifyChain(CHAIN, HEAD).problems, []);
  assert.deepEqual(verifyChain(CHAIN, linkOf(CHAIN[4] ?? "")).problems, []);
  assert.deepEqual(verifyChain([]), { events: 0, last: undefined, problems: [] });
});

const edited = (line = ""): string => line.replace('"status":4', '"status":9');
const renumbered = (lines: readonly string[]): string[] => {
  let last: AuditLink | undefined;
  return lines.map((line) => {
    const { seq: _seq, prev: _prev, ...event } = JSON.parse(line);
    const chained = chainEvent(event, last);
    last = chained.link;
    return chained.line;
  });
};

const TAMPERINGS: readonly (readonly [string, readonly string[], readonly RegExp[]])[] = [
  ["a changed event", CHAIN.with(4, edited(CHAIN[4])), [/Event 5 was changed/]],
  ["a removed event", CHAIN.toSpliced(4, 1), [/Events 5 to 5 are missing/]],
  ["removed first events", CHAIN.slice(3), [/Events 1 to 3 are missing/]],
  ["an event told twice", CHAIN.toSpliced(5, 0, CHAIN[4] ?? ""), [
    /Event 5 stands again after event 5/,
  ]],
  ["a foreign line", CHAIN.toSpliced(5, 0, "hello"), [/After event 5 stands what is no event/]],
  ["a line of JSON", CHAIN.toSpliced(5, 0, '{"seq":6}'), [/After event 5 stands what is no event/]],
  ["a cut end", CHAIN.slice(0, 7), [/Events 8 to 10, or more, are missing at the end/]],
  ["an empty trail", [], [/Events 1 to 10, or more, are missing/]],
  ["a chain made anew", renumbered(CHAIN.toSpliced(4, 1)), [/Events 10 to 10, or more/]],
  [
    "a changed last event",
    CHAIN.with(9, (CHAIN[9] ?? "").replace('"status":9', '"status":1')),
    [/Event 10 is not the one recorded/],
  ],
];

for (const [what, lines, expected] of TAMPERINGS) {
  Deno.test(`verifyChain() finds ${what}`, () => {
    const { problems } = verifyChain(lines, HEAD);
    assert.ok(problems.length >= 1);
    expected.forEach((pattern, index) => assert.match(problems[index] ?? "", pattern));
  });
}

Deno.test("finished files are read on from, and chained across", async () => {
  await withHome((home) => {
    using trail = openTrail(home, 1000);
    record(trail, 50);
    const names = [...Deno.readDirSync(home.path)].map((entry) => entry.name)
      .filter((name) => /^audit-\d{12}\.jsonl$/.test(name));
    assert.ok(names.length > 5, names.join(" "));
    assert.ok(Deno.statSync(home.auditFile).size < 1400);
    assert.deepEqual(trail.readLast(45).map((event) => event.seq).at(0), 6);
    assert.deepEqual(trail.readLast(99).map((event) => event.status), [...Array(50).keys()]);
    const { events, problems } = trail.verify();
    assert.deepEqual({ events, problems }, { events: 50, problems: [] });
    Deno.removeSync(`${home.path}/${names.sort()[2]}`);
    assert.match(trail.verify().problems.join(" "), /are missing/);
  });
});

Deno.test("a process that died between finishing a file and beginning one breaks nothing", async () => {
  await withHome((home) => {
    {
      using trail = openTrail(home);
      record(trail, 3);
    }
    Deno.renameSync(home.auditFile, `${home.path}/audit-000000000003.jsonl`);
    using trail = openTrail(home);
    record(trail, 2);
    assert.deepEqual(trail.readLast(9).map((event) => event.seq), [1, 2, 3, 4, 5]);
    assert.deepEqual(trail.verify().problems, []);
  });
});

Deno.test("what a killed writer left of a line does not count, and is cut off", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    record(trail, 2);
    const whole = Deno.readTextFileSync(home.auditFile);
    for (
      const torn of ["{", '{"time":"2026-01-01T00:00:00.000Z","event":"request","se', "\u00fc"]
    ) {
      Deno.writeTextFileSync(home.auditFile, whole + torn);
      assert.deepEqual(trail.verify().problems, []);
      assert.deepEqual(trail.readLast(9).map((event) => event.seq), [1, 2]);
      record(trail, 1);
      assert.deepEqual(trail.readLast(9).map((event) => event.seq), [1, 2, 3]);
      assert.deepEqual(trail.verify().problems, []);
    }
  });
});

Deno.test("a long file without a chain is not searched for one at every start", async () => {
  await withHome((home) => {
    const line = '{"time":"2026-01-01T00:00:00.000Z","event":"request","profile":"default"}\n';
    Deno.writeTextFileSync(home.auditFile, line.repeat(1000));
    using trail = openTrail(home);
    record(trail, 2);
    assert.deepEqual(trail.readLast(3).map((event) => event.seq), [undefined, 1, 2]);
    assert.deepEqual(trail.verify().problems, [
      "After event 0 stands what is no event of the trail.",
    ]);
  });
});

Deno.test("follow() goes on through finished files", async () => {
  await withHome(async (home) => {
    using trail = openTrail(home, 600);
    const stop = new AbortController();
    const seen: unknown[] = [];
    const ready = trail.follow(stop.signal);
    const first = ready.next();
    const writer = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-lock", "--allow-read", "--allow-write", "--allow-sys"],
        ...[WRITER, home.path, "other", "40", "600"],
      ],
      stdout: "null",
    }).output();
    seen.push((await first).value?.status);
    for await (const event of ready) {
      seen.push(event.status);
      if (seen.length === 40) stop.abort();
    }
    await writer;
    assert.deepEqual(seen, [...Array(40).keys()]);
  });
});

Deno.test("kill -9 loses no event that was acknowledged and leaves the chain whole", async () => {
  await withHome(async (home) => {
    const acknowledged = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const writers = ["a", "b", "c"].map((name) => {
        const run = `${name}${round}`;
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--no-lock", "--allow-read", "--allow-write", "--allow-sys"],
            ...[WRITER, home.path, run, "1000000", "20000"],
          ],
          stdout: "piped",
        }).spawn();
        return {
          run,
          child,
          reader: child.stdout.pipeThrough(new TextDecoderStream()).getReader(),
        };
      });
      const texts = await Promise.all(writers.map(({ reader }) => reader.read()));
      for (const { child } of writers) child.kill("SIGKILL");
      for (const [index, { run, child, reader }] of writers.entries()) {
        let text = texts[index]?.value ?? "";
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          text += part.value;
        }
        await child.status;
        for (const number of text.split("\n").slice(0, -1)) acknowledged.add(`${run} ${number}`);
      }
    }
    using trail = openTrail(home);
    const { problems, events } = trail.verify();
    assert.deepEqual(problems, []);
    const recorded = new Set(
      trail.readLast(Infinity).map((event) => `${event.run} ${event.status}`),
    );
    assert.equal(recorded.size, events);
    assert.ok(acknowledged.size > 10);
    for (const name of acknowledged) assert.ok(recorded.has(name), name);
  });
});

Deno.test("the vault keeps the head, and finds that the end was cut off, for ever after", async () => {
  await withHome(async (home) => {
    using trail = openTrail(home);
    using vault = openVault(home);
    assert.equal(vault.sealAuditHead(trail), true);
    assert.deepEqual(vault.verifyAudit(trail).problems, []);
    storeKey(vault);
    record(trail, 5);
    assert.equal(vault.sealAuditHead(trail), true);
    record(trail, 3);
    assert.deepEqual(vault.verifyAudit(trail).problems, []);
    assert.equal(vault.sealAuditHead(trail), true);
    await rekey({ home, env: {}, now: () => NOW });
    assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    assert.deepEqual(vault.verifyAudit(trail).problems, []);
    rewrite(home.auditFile, (lines) => lines.slice(0, 6));
    assert.match(vault.verifyAudit(trail).problems.join(" "), /Events 7 to 8, or more/);
    assert.equal(vault.sealAuditHead(trail), false);
    record(trail, 10);
    assert.equal(vault.sealAuditHead(trail), false);
    assert.match(vault.verifyAudit(trail).problems.join(" "), /Event 8 is not the one recorded/);
  });
});

Deno.test("a trail that was removed whole is missed", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    using vault = openVault(home);
    record(trail, 5);
    vault.sealAuditHead(trail);
    Deno.removeSync(home.auditFile);
    assert.match(vault.verifyAudit(trail).problems.join(" "), /Events 1 to 5, or more/);
    record(trail, 1);
    assert.match(vault.verifyAudit(trail).problems.join(" "), /Events 2 to 5, or more/);
  });
});
