import assert from "node:assert/strict";
import { KEY, logIn, type User, withUser } from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";
import { startOrigin } from "../support/origin.ts";
import { headerOf } from "../support/api_origin.ts";

const test = testNeeding("curl");

const CURL = "curl -sS --compressed -D - https://api.openai.com/v1/debug?x=1";

/** A service that quotes what it got, and the flags that send a run's requests to it. */
async function withEcho(
  use: (user: User, flags: readonly string[], coding: () => string | undefined) => Promise<void>,
): Promise<void> {
  let coding: string | undefined;
  const origin = await startOrigin({
    host: "api.openai.com",
    respond: async (wire) => {
      for (;;) {
        const head = await wire.takeHead();
        coding = headerOf(head, "accept-encoding");
        const body = JSON.stringify({ head, basic: btoa(`user:${KEY}`) });
        const lines = `X-Key: ${KEY}\r\nContent-Length: ${body.length}\r\n\r\n`;
        await wire.send(`HTTP/1.1 401 Unauthorized\r\n${lines}${body}`);
      }
    },
  });
  try {
    await withUser(async (user) => {
      const caFile = `${user.folder}/ca.pem`;
      Deno.writeTextFileSync(caFile, origin.caPem);
      await logIn(user);
      const connectTo = `api.openai.com:443:127.0.0.1:${origin.port}`;
      const flags = ["--connect-to", connectTo, "--upstream-ca", caFile];
      await use(user, flags, () => coding);
    });
  } finally {
    await origin.close();
  }
}

test("run: a service that quotes the key gives the child stars, and the trail says so", async () => {
  await withEcho(async (user, flags, coding) => {
    const stdout = await user.succeed(["run", ...flags, "--", "sh", "-c", CURL]);
    assert.ok(!stdout.includes(KEY));
    assert.ok(!stdout.includes(btoa(`user:${KEY}`).slice(8, -4)));
    assert.ok(stdout.includes(`X-Key: ${"*".repeat(KEY.length)}\r\n`));
    assert.match(stdout, /"head":"GET .*authorization: Bearer \*{25}\\r/i);
    assert.equal(coding(), "identity");
    const { document } = await user.json(["log", "--event", "redacted"]);
    const [event, ...more] = document["events"] as Record<string, unknown>[];
    assert.deepEqual(more, []);
    assert.deepEqual(
      ["provider", "connection", "host", "path", "method"].map((name) => event?.[name]),
      ["openai", "default", "api.openai.com", "/v1/debug", "GET"],
    );
    assert.match(String(event?.["run"]), /^[0-9a-f]{16}$/);
  });
});

test("run: --no-redact leaves answers and Accept-Encoding alone", async () => {
  await withEcho(async (user, flags, coding) => {
    const command = ["run", "--no-redact", ...flags, "--", "sh", "-c", CURL];
    const stdout = await user.succeed(command);
    assert.ok(stdout.includes(`X-Key: ${KEY}\r\n`));
    assert.notEqual(coding(), "identity");
    const { document } = await user.json(["log", "--event", "redacted"]);
    assert.deepEqual(document["events"], []);
  });
});
