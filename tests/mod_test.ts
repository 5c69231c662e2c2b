import assert from "node:assert/strict";
import { join } from "node:path";
import {
  authHeaders,
  AuthsomeError,
  listProviders,
  openBroker,
  parseLoginKey,
  parseProfileName,
  planLogin,
  startRun,
  storeLogin,
} from "../lib/mod.ts";
import { BUNDLED } from "../providers/mod.ts";
import { startApiOrigin } from "./support/api_origin.ts";
import { KEY } from "./support/authsome.ts";
import { testNeeding } from "./support/needs.ts";

const test = testNeeding("curl");

/** The environment of an orchestrator: nothing but what programs need to start. */
const env = { PATH: Deno.env.get("PATH") ?? "" };

async function withHome(use: (home: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-mod-" });
  try {
    await use(join(folder, "home"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function open(home: string): ReturnType<typeof openBroker> {
  const profile = parseProfileName("default");
  return openBroker({ home, profile, env, now: Date.now, bundled: BUNDLED });
}

Deno.test("an orchestrator logs in, lists, and gets auth headers", async () => {
  await withHome(async (home) => {
    using broker = open(home);
    const plan = planLogin(broker, { provider: "openai", force: false });
    storeLogin(broker, plan, parseLoginKey(plan, KEY));
    const openai = listProviders(broker).find(({ name }) => name === "openai");
    assert.equal(openai?.connections[0]?.status, "connected");
    assert.deepEqual(await authHeaders(broker, { provider: "openai" }), {
      Authorization: `Bearer ${KEY}`,
    });
    await assert.rejects(
      () => authHeaders(broker, { provider: "groq" }),
      (error) => error instanceof AuthsomeError && error.code === "connection_not_found",
    );
  });
});

test("an orchestrator starts a child behind the proxy, as the documentation shows", async () => {
  const api = await startApiOrigin();
  await withHome(async (home) => {
    using broker = open(home);
    const plan = planLogin(broker, { provider: "openai", force: false });
    storeLogin(broker, plan, parseLoginKey(plan, KEY));
    const caFile = join(home, "test-ca.pem");
    await Deno.writeTextFile(caFile, api.origin.caPem);
    const run = await startRun(broker, {
      connectTo: [`api.openai.com:443:127.0.0.1:${api.origin.port}`],
      upstreamCa: [caFile],
    });
    const child = new Deno.Command("curl", {
      args: ["-sS", "https://api.openai.com/v1/models"],
      env: { ...run.environment },
      clearEnv: true,
    });
    const { code, stdout } = await child.output();
    await run.end(code);
    assert.equal(code, 0);
    assert.match(new TextDecoder().decode(stdout), /"path":"\/v1\/models"/);
    assert.match(api.requests[0] ?? "", new RegExp(`Authorization: Bearer ${KEY}\r`));
  });
  await api.close();
});
