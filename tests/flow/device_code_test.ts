import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import {
  type DeviceAuthorization,
  type DeviceStatus,
  type DeviceSystem,
  requestDeviceCode,
  waitForDevice,
} from "../../lib/flow/device_code.ts";
import { Secret } from "../../lib/secret.ts";
import { PERSON, type TestAuthorizationServer } from "../support/authorization_server.ts";
import { clientOf, oauthProvider, serverProvider, systemOf, withServer } from "../support/oauth.ts";
import { browse, type Decision } from "../support/user_agent.ts";

const START = Date.UTC(2026, 0, 2);
const CLIENT = { id: "client", secret: new Secret("client-canary") };
const ACME = oauthProvider({
  deviceAuthorizationUrl: "https://acme.example/device",
  tokenUrl: "https://acme.example/token",
});
const CODE = {
  device_code: "device-canary",
  user_code: "ABCD-EFGH",
  verification_uri: "https://acme.example/activate",
  expires_in: 600,
};

async function failure(promise: Promise<unknown>): Promise<AuthsomeError> {
  const error = await promise.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof AuthsomeError, String(error));
  return error;
}

interface RealLogin {
  readonly authorization: DeviceAuthorization;
  readonly waiting: ReturnType<typeof waitForDevice>;
  readonly waits: readonly number[];
}

/** The person decides while the program waits for the second time. */
async function useRealServer(
  server: TestAuthorizationServer,
  decision: Decision,
): Promise<RealLogin> {
  const system = systemOf(server);
  const provider = serverProvider(server);
  const authorization = await requestDeviceCode(
    provider,
    { client: clientOf("public") },
    system,
  );
  const waits: number[] = [];
  const waiting = waitForDevice(authorization, {
    ...system,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      if (waits.length !== 2) return;
      const address = authorization.verificationUriComplete ?? "";
      await browse(server.fetch, address, { decision, destination: "none:" });
    },
  });
  return { authorization, waiting, waits };
}

Deno.test("a device login at a real server ends when the person has allowed it", () =>
  withServer(async (server) => {
    const { authorization, waiting, waits } = await useRealServer(server, "allow");
    assert.match(authorization.userCode, /^[A-Z]{4}-[A-Z]{4}$/);
    assert.equal(authorization.verificationUri, `${server.issuer}/device`);
    const credential = await waiting;
    assert.ok(await server.isActive(credential.accessToken.reveal()));
    assert.equal(credential.account?.label, PERSON.email);
    assert.deepEqual(waits, [1000, 1000], "what the server asks for");
    assert.equal(server.hits.get("/token"), 2);
  }));

Deno.test("a device login at a real server ends when the person has denied it", () =>
  withServer(async (server) => {
    const { waiting } = await useRealServer(server, "deny");
    assert.equal((await failure(waiting)).message, "Access to Acme was denied.");
  }));

interface Script {
  readonly provider?: typeof ACME;
  readonly code?: Record<string, unknown>;
  /** The answers of the token endpoint in turn; an error is no answer. */
  readonly answers: readonly (Record<string, unknown> | Error)[];
}

interface Played {
  readonly authorization: DeviceAuthorization;
  readonly result: ReturnType<typeof waitForDevice>;
  readonly waits: readonly number[];
  readonly states: readonly DeviceStatus["state"][];
  readonly bodies: readonly string[];
}

/** Plays a server and a clock that only waiting moves. */
async function play({ provider = ACME, code = CODE, answers }: Script): Promise<Played> {
  const rest = [...answers];
  const waits: number[] = [];
  const states: DeviceStatus["state"][] = [];
  const bodies: string[] = [];
  let now = START;
  const system: DeviceSystem = {
    now: () => now,
    wait: (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
    onWaiting: ({ state }) => states.push(state),
    fetch: (url, init) => {
      if (String(url).endsWith("/device")) return Promise.resolve(Response.json(code));
      bodies.push(String(init?.body));
      const answer = rest.shift() ?? new Error("asked too often");
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(Response.json(answer, { status: "error" in answer ? 400 : 200 }));
    },
  };
  const authorization = await requestDeviceCode(provider, { client: CLIENT }, system);
  return { authorization, result: waitForDevice(authorization, system), waits, states, bodies };
}

const PENDING = { error: "authorization_pending" };
const TOKEN = { access_token: "token", token_type: "bearer" };

Deno.test("the waiting keeps to the interval, slows down when told and backs off when alone", async () => {
  const { result, waits, states } = await play({
    code: { ...CODE, interval: 2 },
    answers: [PENDING, { error: "slow_down" }, PENDING, new TypeError("no route"), PENDING, TOKEN],
  });
  assert.equal((await result).accessToken.reveal(), "token");
  assert.deepEqual(waits, [2000, 2000, 7000, 7000, 14_000, 14_000]);
  assert.deepEqual(states, ["pending", "pending", "slowed", "pending", "offline", "pending"]);
});

Deno.test("the waiting is five seconds where the server says nothing (RFC 8628, section 3.5)", async () => {
  const { result, waits } = await play({ answers: [PENDING, TOKEN] });
  await result;
  assert.deepEqual(waits, [5000, 5000]);
});

Deno.test("a code that nobody enters expires, by its server's word or by the clock", async () => {
  for (
    const script of [
      { answers: [PENDING, { error: "expired_token" }] },
      { code: { ...CODE, expires_in: 12 }, answers: [PENDING, PENDING, PENDING] },
    ]
  ) {
    const { result } = await play(script);
    const error = await failure(result);
    assert.equal(error.code, "authentication_failed");
    assert.equal(error.message, "The code was not entered in time.");
    assert.equal(error.hint, "For a new code: authsome login acme");
  }
});

Deno.test("another refusal ends the waiting and repeats no secret", async () => {
  const error_description = "device-canary of client-canary";
  const { result } = await play({ answers: [{ error: "invalid_grant", error_description }] });
  const error = await failure(result);
  assert.equal(
    error.message,
    "Acme refused the login (invalid_grant: [redacted] of [redacted]).",
  );
});

Deno.test("the vendor that polls in JSON gets JSON", async () => {
  const provider = { ...ACME, oauth: { ...ACME.oauth, deviceTokenRequest: "json" as const } };
  const { result, bodies } = await play({ provider, answers: [PENDING, TOKEN] });
  await result;
  const sent = JSON.stringify({ device_code: "device-canary", client_id: "client" });
  assert.deepEqual(bodies, [sent, sent]);
});

Deno.test("the usual vendor gets a form with the client's proof", async () => {
  const { result, bodies } = await play({ answers: [TOKEN] });
  await result;
  const form = new URLSearchParams(bodies[0]);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
  assert.equal(form.get("device_code"), "device-canary");
  assert.equal(form.get("client_id"), "client");
  assert.equal(form.get("client_secret"), "client-canary");
});

Deno.test("a code is shown only if it and its address are what they should be", async () => {
  const bad: readonly Record<string, unknown>[] = [
    { user_code: undefined },
    { user_code: "A\u001b[2J" },
    { device_code: 1 },
    { verification_uri: "javascript:alert(1)" },
    { verification_uri: undefined },
    { verification_uri: "https://acme.example/\u202e" },
  ];
  for (const change of bad) {
    const error = await failure(play({ code: { ...CODE, ...change }, answers: [] }));
    assert.match(error.message, /device endpoint sent an answer without sense/);
  }
  const { verification_uri, ...older } = CODE;
  const { authorization } = await play({
    code: { ...older, verification_url: verification_uri, verification_uri_complete: "file:///x" },
    answers: [TOKEN],
  });
  assert.equal(authorization.verificationUri, verification_uri);
  assert.equal(authorization.verificationUriComplete, undefined);
  assert.equal(authorization.intervalMs, 5000);
});

Deno.test("Ctrl-C ends the waiting", async () => {
  const { authorization } = await play({ answers: [TOKEN] });
  const cancelled = new AuthsomeError("cancelled", "Stopped.");
  const error = await failure(waitForDevice(authorization, {
    now: () => START,
    fetch: () => Promise.reject(new Error("asked")),
    wait: () => Promise.reject(cancelled),
  }));
  assert.equal(error, cancelled);
});

Deno.test("a server that gives no code says why", async () => {
  const fetch = (): Promise<Response> =>
    Promise.resolve(Response.json({ error: "device_flow_disabled" }));
  const error = await failure(
    requestDeviceCode(ACME, { client: CLIENT }, { fetch, now: Date.now }),
  );
  assert.equal(error.message, "Acme gave no device code (device_flow_disabled).");
});
