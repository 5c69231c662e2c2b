import assert from "node:assert/strict";
import { join } from "node:path";
import { logIn, withUser } from "../../support/authsome.ts";
import { testNeeding } from "../../support/needs.ts";
import { startOrigin } from "../../support/origin.ts";

const test = testNeeding("curl");

const HOST = "api.openai.com";
const REQUESTS = 40;
/** Less than a receiver's delayed acknowledgement, which a second small write must not wait for. */
const STALL_SECONDS = 0.035;

/** Arrives in one piece and leaves in two: an interim answer is passed on by itself. */
const ANSWER = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" +
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

test("run: small writes one after the other reach the child at once", async () => {
  const origin = await startOrigin({
    host: HOST,
    respond: async (wire) => {
      for (;;) {
        await wire.takeHead();
        await wire.send(ANSWER);
      }
    },
  });
  try {
    await withUser(async (user) => {
      await logIn(user);
      const caFile = join(user.folder, "ca.pem");
      await Deno.writeTextFile(caFile, origin.caPem);
      const flags = ["--connect-to", `${HOST}:443:127.0.0.1:${origin.port}`];
      const urls = Array.from({ length: REQUESTS }, (_, index) => `https://${HOST}/${index}`);
      const outputs = urls.flatMap(() => ["-o", "/dev/null"]);
      const curl = ["curl", "-sS", ...outputs, "-w", "%{time_total}\n", ...urls];
      const { stdout, stderr } = await user.authsome(
        ["run", ...flags, "--upstream-ca", caFile, "--", ...curl],
      );
      assert.equal(stderr, "");
      const times = stdout.trim().split("\n").map(Number);
      assert.equal(times.length, REQUESTS);
      const stalled = times.filter((seconds) => !(seconds < STALL_SECONDS));
      assert.ok(stalled.length < REQUESTS / 4, `stalled: ${stalled.join(", ")}`);
    });
  } finally {
    await origin.close();
  }
});
