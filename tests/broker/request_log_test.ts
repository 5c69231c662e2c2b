import assert from "node:assert/strict";
import type { AuditFact } from "../../lib/audit.ts";
import { createRequestLog, type RequestLog } from "../../lib/broker/request_log.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import { NOW, PROFILE, withHome } from "../support/vault.ts";

const RUN = "0123456789abcdef";
const FACT: AuditFact = { event: "request", method: "GET", path: "/x" };

async function withLog(use: (log: RequestLog, trail: AuditTrail) => unknown): Promise<void> {
  await withHome(async (home) => {
    Deno.mkdirSync(home.runFolder, { recursive: true });
    const now = (): number => NOW;
    using trail = new AuditTrail({ home, profile: PROFILE, now });
    await use(createRequestLog({ home, profile: PROFILE, trail, now }, RUN), trail);
    assert.deepEqual([...Deno.readDirSync(home.runFolder)], []);
  });
}

Deno.test("a single request is in the trail soon, without another one", async () => {
  await withLog(async (log, trail) => {
    const request = log.begin(FACT);
    log.commit();
    const end = new AbortController();
    log.record({ ...FACT, request, outcome: "ok" });
    for await (const event of trail.follow(end.signal)) {
      const { seq: _seq, prev: _prev, ...rest } = event;
      const time = new Date(NOW).toISOString();
      const stamp = { time, profile: PROFILE, run: RUN, request: 1, outcome: "ok" };
      assert.deepEqual(rest, { ...FACT, ...stamp });
      end.abort();
    }
    assert.equal(log.close(), 0);
  });
});

Deno.test("many requests do not wait, and the last ones are written when the log is closed", async () => {
  await withLog((log, trail) => {
    for (let count = 0; count < 100; count++) {
      const request = log.begin(FACT);
      log.commit();
      log.record({ ...FACT, request, outcome: "ok" });
    }
    assert.equal(trail.readLast(200).length, 96);
    assert.equal(log.close(), 0);
    assert.deepEqual(trail.readLast(200).map(({ request }) => request)[99], 100);
    assert.deepEqual(trail.verify().problems, []);
  });
});

Deno.test("what is recorded after the log was closed is in the trail soon, too", async () => {
  await withLog(async (log, trail) => {
    log.record({ ...FACT, event: "refused" });
    log.close();
    const end = new AbortController();
    log.record({ ...FACT, event: "redacted" });
    for await (const { event } of trail.follow(end.signal)) {
      assert.equal(event, "redacted");
      end.abort();
    }
  });
});
