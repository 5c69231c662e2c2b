import assert from "node:assert/strict";
import type { AuditEvent } from "../../lib/audit.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import { type Home, openHome } from "../../lib/vault/home.ts";
import { modeOf, NOW, OPENAI, PROFILE, withFolder, withHome } from "../support/vault.ts";

const WRITER = new URL("../fixtures/audit_writer.ts", import.meta.url).pathname;

function openTrail(home: Home): AuditTrail {
  return new AuditTrail({ home, profile: PROFILE, now: () => NOW });
}

/** Records `count` events in another process. */
async function runWriter(
  home: Home,
  { run, count }: { readonly run: string; readonly count: number },
): Promise<void> {
  const flags = ["--no-lock", "--allow-read", "--allow-write", "--allow-sys"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, WRITER, home.path, run, String(count)],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

const statuses = (events: readonly AuditEvent[]): unknown[] => events.map((event) => event.status);

Deno.test("append() writes one line with time and profile, into a private file", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    assert.equal(trail.append({ event: "login", provider: OPENAI, outcome: "ok" }), true);
    const line = '{"time":"2026-01-02T03:04:05.000Z","event":"login","profile":"default",' +
      '"provider":"openai","outcome":"ok","seq":1,"prev":""}\n';
    assert.equal(Deno.readTextFileSync(home.auditFile), line);
    if (Deno.build.os !== "windows") assert.equal(modeOf(home.auditFile), 0o600);
  });
});

Deno.test("readLast() gives the newest events, oldest first", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    assert.deepEqual(trail.readLast(5), []);
    for (let status = 0; status < 7; status++) {
      const event = status % 2 === 0 ? "request" : "refused";
      trail.append({ event, status, path: `/ü\n${"\u{1f511}".repeat(9000)}` });
    }
    assert.deepEqual(statuses(trail.readLast(3)), [4, 5, 6]);
    assert.deepEqual(statuses(trail.readLast(100)), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(trail.readLast(0), []);
    assert.equal(trail.readLast(1)[0]?.path, `/ü\n${"\u{1f511}".repeat(9000)}`);
    const refused = trail.readLast(2, (event) => event.event === "refused");
    assert.deepEqual(statuses(refused), [3, 5]);
  });
});

Deno.test({
  name: "readLast() does not read what it does not need",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withHome((home) => {
      using trail = openTrail(home);
      // More than memory holds; sparse, so that it takes no room.
      trail.append({ event: "login" });
      const line = Deno.readTextFileSync(home.auditFile);
      Deno.truncateSync(home.auditFile, 64 * 2 ** 30);
      Deno.writeTextFileSync(home.auditFile, `\n${line}`, { append: true });
      for (let status = 0; status < 5; status++) trail.append({ event: "request", status });
      assert.deepEqual(statuses(trail.readLast(4)), [1, 2, 3, 4]);
    });
  },
});

Deno.test("events of many processes do not mix and none is lost", async () => {
  await withHome(async (home) => {
    const runs = ["a", "b", "c", "d", "e", "f"];
    await Promise.all(runs.map((run) => runWriter(home, { run, count: 400 })));
    const lines = Deno.readTextFileSync(home.auditFile).split("\n").slice(0, -1);
    assert.equal(lines.length, runs.length * 400);
    const events = lines.map((line) => JSON.parse(line));
    for (const run of runs) {
      const own = events.filter((event) => event.run === run).map((event) => event.status);
      assert.deepEqual(own, Array.from({ length: 400 }, (_, i) => i), "in order");
    }
  });
});

Deno.test("a torn line is left out and does not swallow the next event", async () => {
  await withHome((home) => {
    Deno.writeTextFileSync(home.auditFile, '{"time":"x","event":"request","status":0}\n{"time":"2');
    using trail = openTrail(home);
    trail.append({ event: "request", status: 1 });
    assert.deepEqual(statuses(trail.readLast(9)), [0, 1]);
  });
});

Deno.test("append() goes on in a new file when the old one was moved away", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    trail.append({ event: "request", status: 0 });
    Deno.renameSync(home.auditFile, `${home.auditFile}.1`);
    trail.append({ event: "request", status: 1 });
    assert.deepEqual(statuses(trail.readLast(9)), [1]);
    Deno.removeSync(home.auditFile);
    trail.append({ event: "request", status: 2 });
    assert.deepEqual(statuses(trail.readLast(9)), [2]);
  });
});

Deno.test("what reveals a secret fails when it cannot be recorded; what does not, goes on", async () => {
  await withFolder((folder) => {
    using trail = openTrail(openHome(`${folder}/none`, { create: false }));
    for (const event of ["export", "show_secret", "run_start"] as const) {
      assert.throws(() => trail.append({ event }), (error) => {
        assert.ok(error instanceof AuthsomeError);
        assert.equal(error.code, "vault_unavailable");
        assert.match(error.message, /audit\.jsonl cannot be written/);
        return true;
      });
    }
    for (const event of ["logout", "remove", "request", "run_end"] as const) {
      assert.equal(trail.append({ event }), false);
    }
    assert.throws(() => trail.open(), /audit\.jsonl cannot be opened/);
  });
});

Deno.test("a trail that is not safely ours fails everything and is not written", async () => {
  await withHome((home) => {
    using trail = openTrail(home);
    const victim = `${home.path}/victim`;
    Deno.writeTextFileSync(victim, "");
    Deno.symlinkSync(victim, home.auditFile);
    assert.throws(() => trail.append({ event: "logout" }), /symbolic link/);
    assert.throws(() => trail.readLast(1), /symbolic link/);
    assert.equal(Deno.readTextFileSync(victim), "");
    Deno.removeSync(home.auditFile);
    trail.append({ event: "logout" });
    // Swapped while it is open.
    Deno.removeSync(home.auditFile);
    Deno.linkSync(victim, home.auditFile);
    assert.throws(() => trail.append({ event: "logout" }), /second name/);
    assert.equal(Deno.readTextFileSync(victim), "");
  });
});

Deno.test("follow() gives the last events and then new ones of any process, once each", async () => {
  await withHome(async (home) => {
    using trail = openTrail(home);
    for (let status = 0; status < 5; status++) trail.append({ event: "run_end", status });
    const stop = new AbortController();
    const seen: AuditEvent[] = [];
    let writer: Promise<void> | undefined;
    for await (const event of trail.follow(stop.signal, { count: 2 })) {
      seen.push(event);
      if (seen.length === 2) writer = runWriter(home, { run: "other", count: 50 });
      if (seen.length === 52) stop.abort();
    }
    await writer;
    const expected = [3, 4, ...Array.from({ length: 50 }, (_, i) => i)];
    assert.deepEqual(statuses(seen), expected);
  });
});

Deno.test("follow() waits for a trail that does not exist yet, and for the next file", async () => {
  await withHome(async (home) => {
    using trail = openTrail(home);
    const stop = new AbortController();
    const events = trail.follow(stop.signal, { filter: (event) => event.event === "login" });
    const first = events.next();
    // The generator has begun to watch before it first waits.
    trail.append({ event: "request" });
    trail.append({ event: "login", outcome: "first" });
    assert.equal((await first).value?.outcome, "first");
    Deno.renameSync(home.auditFile, `${home.auditFile}.1`);
    trail.append({ event: "login", outcome: "second" });
    assert.equal((await events.next()).value?.outcome, "second");
    const last = events.next();
    stop.abort();
    assert.equal((await last).done, true);
  });
});

Deno.test("follow() ends at once when it was aborted before", async () => {
  await withHome(async (home) => {
    using trail = openTrail(home);
    trail.append({ event: "login" });
    const seen = [];
    for await (const event of trail.follow(AbortSignal.abort())) seen.push(event);
    assert.deepEqual(seen, []);
  });
});
