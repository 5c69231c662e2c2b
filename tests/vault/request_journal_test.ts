import assert from "node:assert/strict";
import type { AuditFact } from "../../lib/audit.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import type { Home } from "../../lib/vault/home.ts";
import { recoverRequests, RequestJournal } from "../../lib/vault/request_journal.ts";
import { modeOf, NOW, OPENAI, PROFILE, withHome } from "../support/vault.ts";

const RUN = "0123456789abcdef";

function openJournal(home: Home, replaceAt?: number): RequestJournal {
  Deno.mkdirSync(home.runFolder, { recursive: true });
  const options = { home, run: RUN, profile: PROFILE, now: () => NOW };
  return new RequestJournal({ ...options, ...(replaceAt === undefined ? {} : { replaceAt }) });
}

function openTrail(home: Home): AuditTrail {
  return new AuditTrail({ home, profile: PROFILE, now: () => NOW + 60_000 });
}

function begin(journal: RequestJournal, path: string): number {
  const request = journal.begin(fact(path));
  journal.commit();
  return request;
}

const fact = (path: string): AuditFact => ({ event: "request", provider: OPENAI, path });
const journals = (home: Home): string[] => [...Deno.readDirSync(home.runFolder)].map((e) => e.name);

/** As a kill would: the lock goes, the file stays. */
function abandon(home: Home, use: (journal: RequestJournal) => void, replaceAt?: number): void {
  const journal = openJournal(home, replaceAt);
  use(journal);
  journal.close();
}

Deno.test("requests of a dead run come into the trail, with their own time and what is known", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    trail.append({ event: "run_start", run: RUN });
    abandon(home, (journal) => {
      assert.equal(begin(journal, "/a"), 1);
      assert.equal(begin(journal, "/b"), 2);
      if (Deno.build.os !== "windows") {
        assert.equal(modeOf(`${home.runFolder}/${RUN}.requests`), 0o600);
      }
      trail.append({ ...fact("/a"), run: RUN, request: 1, outcome: "ok" });
    });
    assert.equal(recoverRequests(home, trail), 1);
    const [, first, second] = trail.readLast(9);
    assert.deepEqual([first?.path, first?.outcome], ["/a", "ok"]);
    const { seq: _seq, prev: _prev, ...event } = second ?? {};
    assert.deepEqual(event, {
      time: new Date(NOW).toISOString(),
      event: "request",
      profile: PROFILE,
      provider: OPENAI,
      path: "/b",
      run: RUN,
      request: 2,
      outcome: "unknown",
    });
    assert.deepEqual(trail.verify().problems, []);
    assert.deepEqual(journals(home), []);
    assert.equal(recoverRequests(home, trail), 0);
    assert.equal(trail.readLast(9).length, 3);
  });
});

Deno.test("a recovery that was killed after it wrote is not repeated", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    trail.append({ event: "run_start", run: RUN });
    abandon(home, (journal) => begin(journal, "/a"));
    const text = Deno.readTextFileSync(`${home.runFolder}/${RUN}.requests`);
    assert.equal(recoverRequests(home, trail), 1);
    Deno.writeTextFileSync(`${home.runFolder}/${RUN}.requests`, text);
    assert.equal(recoverRequests(home, trail), 0);
    assert.equal(trail.readLast(9).length, 2);
    assert.deepEqual(journals(home), []);
  });
});

Deno.test("the journal of a living run is left alone, and goes when all is recorded", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    const journal = openJournal(home);
    begin(journal, "/a");
    assert.equal(recoverRequests(home, trail), 0);
    assert.deepEqual(journals(home), [`${RUN}.requests`]);
    journal.end(1);
    journal.close();
    assert.deepEqual(journals(home), []);
  });
});

Deno.test("requests that leave together are written together, and not before", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    abandon(home, (journal) => {
      begin(journal, "/a");
      const size = (): number => Deno.statSync(`${home.runFolder}/${RUN}.requests`).size;
      const before = size();
      for (const path of ["/b", "/c", "/d"]) journal.begin(fact(path));
      assert.equal(size(), before);
      journal.commit();
      assert.equal(size(), 4 * before);
      journal.begin(fact("/never sent"));
    });
    assert.equal(recoverRequests(home, trail), 4);
    assert.deepEqual(trail.readLast(9).map(({ path }) => path), ["/a", "/b", "/c", "/d"]);
  });
});

Deno.test("a run without requests leaves no file", async () => {
  await withHome((home) => {
    openJournal(home).close();
    assert.deepEqual(journals(home), []);
  });
});

Deno.test("a long run's journal stays small and keeps what is under way", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    trail.append({ event: "run_start", run: RUN });
    let largest = 0;
    abandon(home, (journal) => {
      begin(journal, "/long");
      for (let count = 0; count < 500; count++) {
        const request = begin(journal, `/${count}`);
        if (count !== 300) journal.end(request);
        largest = Math.max(largest, Deno.statSync(`${home.runFolder}/${RUN}.requests`).size);
      }
      assert.equal(recoverRequests(home, trail), 0, "still locked after it was replaced");
    }, 2000);
    assert.ok(largest < 2400, String(largest));
    // What had ended is in the trail in a real run; here, what the last file still has is unknown.
    recoverRequests(home, trail);
    const paths = trail.readLast(500).map(({ path }) => path);
    assert.ok(paths.includes("/long") && paths.includes("/300"));
  });
});

Deno.test("a torn or foreign line in a journal is passed over", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    abandon(home, (journal) => begin(journal, "/a"));
    const path = `${home.runFolder}/${RUN}.requests`;
    Deno.writeTextFileSync(path, '\nnonsense\n{"time":"x","ev', { append: true });
    assert.equal(recoverRequests(home, trail), 1);
    assert.equal(trail.readLast(1)[0]?.path, "/a");
  });
});

Deno.test("a journal that cannot be replaced goes on in its old file", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    abandon(home, (journal) => {
      begin(journal, "/0");
      Deno.mkdirSync(`${home.runFolder}/${RUN}.requests.tmp`);
      for (let count = 1; count < 40; count++) begin(journal, `/${count}`);
    }, 2000);
    assert.equal(recoverRequests(home, trail), 40);
  });
});

Deno.test("a trail that is not safely ours keeps a journal waiting, and throws nothing", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    abandon(home, (journal) => begin(journal, "/a"));
    Deno.symlinkSync(`${home.path}/version`, home.auditFile);
    assert.equal(recoverRequests(home, trail), 0);
    Deno.removeSync(home.auditFile);
    assert.equal(recoverRequests(home, trail), 1);
  });
});
