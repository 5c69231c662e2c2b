import assert from "node:assert/strict";
import type { Broker } from "../../lib/broker/broker.ts";
import { createFreshen } from "../../lib/broker/freshness.ts";
import { planLogin, storeLogin } from "../../lib/broker/login.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import {
  HOUR_MS,
  type OAuthHome,
  storedConnection,
  tokenOf,
  withOAuthHome,
} from "../support/oauth_home.ts";
import { startRefresher } from "../support/refresher.ts";
import type { EndpointMood } from "../support/token_endpoint.ts";
import { until } from "../support/until.ts";

/** What a new process finds: a good token, or why there is none. */
async function lookAgain(home: OAuthHome): Promise<string> {
  using broker = home.open();
  try {
    const record = await createFreshen(broker)(storedConnection(broker));
    return tokenOf(broker, record) ?? "none";
  } catch (error) {
    if (!(error instanceof AuthsomeError)) throw error;
    assert.equal(error.hint, "authsome login acme --connection default --force");
    assert.match(error.message, /^The login to Acme has ended/);
    assert.equal(storedConnection(broker).status, "invalid");
    return error.code;
  }
}

async function fresh(broker: Broker): Promise<string | undefined> {
  return tokenOf(broker, await createFreshen(broker)(storedConnection(broker)));
}

function outcomes(home: OAuthHome): string[] {
  using broker = home.open();
  return broker.trail.readLast(1000).flatMap(({ event, outcome }) =>
    event.startsWith("refresh") ? [`${event} ${outcome}`] : []
  );
}

Deno.test("a token with time left is used as it is", () =>
  withOAuthHome(async (home) => {
    using broker = home.open();
    assert.equal(await fresh(broker), "access-0");
    assert.equal(home.endpoint.requests, 0);
  }, { endsInMs: HOUR_MS }));

for (const endsInMs of [-60_000, 240_000]) {
  Deno.test(`a token that ends in ${endsInMs / 1000} s is refreshed`, () =>
    withOAuthHome(async (home) => {
      using broker = home.open();
      assert.equal(await fresh(broker), "access-1");
      const record = storedConnection(broker);
      assert.equal(tokenOf(broker, record), "access-1");
      assert.equal(broker.vault.unseal(record, "refresh_token")?.reveal(), "refresh-1");
      assert.ok(Date.parse(record.expires_at ?? "") > Date.now() + HOUR_MS / 2);
      assert.equal(await fresh(broker), "access-1");
      assert.equal(home.endpoint.requests, 1);
      assert.deepEqual(outcomes(home), ["refresh ok"]);
    }, { endsInMs }));
}

Deno.test("32 requests of one process and 16 processes cause one refresh", () =>
  withOAuthHome(async (home) => {
    const programs = await Promise.all(Array.from({ length: 16 }, () => startRefresher(home)));
    using broker = home.open();
    const freshen = createFreshen(broker);
    const record = storedConnection(broker);
    const requests = Array.from({ length: 32 }, () => freshen(record));
    const codes = await Promise.all(programs.map((program) => program.finish()));
    const records = await Promise.all(requests);
    assert.deepEqual(new Set(codes), new Set([0]));
    assert.deepEqual(new Set(programs.map(({ text }) => text)), new Set(["ready\naccess-1\n"]));
    assert.deepEqual(new Set(records.map((one) => tokenOf(broker, one))), new Set(["access-1"]));
    assert.equal(home.endpoint.requests, 1);
  }));

Deno.test("wherever the refresher is killed, nothing is lost that the server still grants", async () => {
  const stops: string[] = [];
  let hasEnded = false;
  for (let last = 1; !hasEnded; last++) {
    await withOAuthHome(async (home) => {
      const refresher = await startRefresher(home, last);
      hasEnded = await refresher.finish() === 0;
      const { rotations } = home.endpoint;
      const found = await lookAgain(home);
      // What was granted was stored, or nothing had been granted.
      assert.equal(found, "access-1", `killed at look ${last}`);
      assert.equal(home.endpoint.rotations, 1);
      stops.push(hasEnded ? "ended" : rotations === 0 ? "before" : "after");
    });
  }
  assert.ok(stops.filter((stop) => stop === "before").length >= 3, stops.join());
  assert.ok(stops.includes("after"), stops.join());
});

const HELD: readonly (readonly [EndpointMood, string])[] = [
  ["hold before", "access-1"],
  ["hold after", "refresh_failed"],
];

for (const [mood, expected] of HELD) {
  Deno.test(`killed while the server is at "${mood}", the next process gets ${expected}`, () =>
    withOAuthHome(async (home) => {
      home.endpoint.mood = mood;
      const refresher = await startRefresher(home);
      const ended = refresher.finish();
      const isHeld = (): boolean =>
        (mood === "hold after" ? home.endpoint.rotations : home.endpoint.requests) === 1;
      await until("the server has the request", isHeld);
      refresher.kill("SIGKILL");
      await ended;
      home.endpoint.mood = "grant";
      assert.equal(await lookAgain(home), expected);
    }));
}

Deno.test("those who wait for a refresher that dies take over", () =>
  withOAuthHome(async (home) => {
    home.endpoint.mood = "hold before";
    const first = await startRefresher(home);
    const firstEnd = first.finish();
    await until("the server has the request", () => home.endpoint.requests === 1);
    using broker = home.open();
    const waiting = fresh(broker);
    home.endpoint.mood = "grant";
    first.kill("SIGKILL");
    await firstEnd;
    assert.equal(await waiting, "access-1");
  }));

Deno.test("a network failure does not hurt while the token is good", () =>
  withOAuthHome(async (home) => {
    home.endpoint.mood = "cut";
    let now = Date.now();
    using broker = home.open(() => now);
    const freshen = createFreshen(broker);
    const record = storedConnection(broker);
    for (let request = 0; request < 3; request++) {
      assert.equal(tokenOf(broker, await freshen(record)), "access-0");
    }
    const attempts = home.endpoint.requests;
    assert.deepEqual(outcomes(home), ["refresh_failed refresh_failed"]);
    assert.equal(storedConnection(broker).status, "connected");
    home.endpoint.mood = "grant";
    now += 31_000;
    assert.equal(tokenOf(broker, await freshen(record)), "access-1");
    assert.equal(home.endpoint.requests, attempts + 1);
  }, { endsInMs: 240_000 }));

Deno.test("a network failure makes an ended token expired, until the network is back", () =>
  withOAuthHome(async (home) => {
    home.endpoint.mood = "cut";
    using broker = home.open();
    await assert.rejects(fresh(broker), {
      code: "refresh_failed",
      message: "Acme's token endpoint cannot be reached.",
    });
    assert.equal(storedConnection(broker).status, "expired");
    home.endpoint.mood = "grant";
    assert.equal(await fresh(broker), "access-1");
    assert.equal(storedConnection(broker).status, "connected");
  }));

Deno.test("without a refresh token the access token is used to its end and no longer", () =>
  withOAuthHome(async (home) => {
    let now = Date.now();
    using broker = home.open(() => now);
    assert.equal(await fresh(broker), "access-0");
    now += HOUR_MS;
    await assert.rejects(fresh(broker), {
      code: "refresh_failed",
      hint: "Run: authsome login acme --force",
    });
    assert.equal(home.endpoint.requests, 0);
  }, { endsInMs: 240_000, refreshable: false }));

Deno.test("a logout while the refresh is under way wins", () =>
  withOAuthHome(async (home) => {
    home.endpoint.mood = "hold before";
    using broker = home.open();
    const refused = assert.rejects(fresh(broker), { code: "connection_not_found" });
    await until("the server has the request", () => home.endpoint.requests === 1);
    using other = home.open();
    const { profile, provider, connection_name } = storedConnection(other);
    other.vault.deleteConnection(profile, provider, connection_name);
    home.endpoint.release();
    await refused;
    assert.equal(other.vault.connections(profile).length, 0);
  }));

Deno.test("a login while the refresh is under way wins", () =>
  withOAuthHome(async (home) => {
    home.endpoint.mood = "hold before";
    using broker = home.open();
    const refreshing = fresh(broker);
    await until("the server has the request", () => home.endpoint.requests === 1);
    using other = home.open();
    storeLogin(other, planLogin(other, { provider: "acme", force: true }), {
      kind: "oauth2",
      accessToken: new Secret("access-of-the-login"),
      tokenType: "Bearer",
      scopes: [],
    });
    home.endpoint.release();
    assert.equal(await refreshing, "access-of-the-login");
    assert.equal(tokenOf(other, storedConnection(other)), "access-of-the-login");
  }));
