import assert from "node:assert/strict";
import { injectFaults } from "./drive.ts";

Deno.test({
  name: "kill -9 at random moments of what processes do loses nothing that was acknowledged",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { kills, looked } = await injectFaults({ seed: 20_260_101, kills: 12, writers: 2 });
    assert.equal(Object.values(kills).reduce((sum, count) => sum + count, 0), 12);
    assert.ok(looked > 0);
  },
});
