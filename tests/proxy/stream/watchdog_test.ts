import assert from "node:assert/strict";
import { Watchdog } from "../../../lib/proxy/stream/watchdog.ts";

Deno.test("a watch expires once its time is over, and a touch begins it anew", async () => {
  let now = 0;
  const watchdog = new Watchdog(() => now, 4);
  const expired: string[] = [];
  const done = Promise.withResolvers<void>();
  const touched = watchdog.watch(() => done.resolve(void expired.push("touched")));
  const silent = watchdog.watch(() => {
    expired.push("silent");
    now = 2500;
  });
  watchdog.watch(() => expired.push("never allowed"));
  watchdog.watch(() => expired.push("ended")).end();
  touched.allow(1000);
  silent.allow(1000);
  now = 900;
  touched.touch();
  now = 1500;
  await done.promise;
  assert.deepEqual(expired, ["silent", "touched"]);
  watchdog.close();
});
