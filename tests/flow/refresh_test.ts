import assert from "node:assert/strict";
import type { OAuthCredential } from "../../lib/credential.ts";
import { isStale } from "../../lib/credential.ts";
import { refreshCredential, type RefreshOutcome } from "../../lib/flow/refresh.ts";
import { Secret } from "../../lib/secret.ts";
import {
  clientOf,
  logIn,
  oauthProvider,
  serverProvider,
  systemOf,
  withServer,
} from "../support/oauth.ts";

const NOW = Date.UTC(2026, 0, 2);
const ACME = oauthProvider({ tokenUrl: "https://acme.example/token" });
const CREDENTIAL: OAuthCredential = {
  kind: "oauth2",
  accessToken: new Secret("access-canary"),
  refreshToken: new Secret("refresh-canary"),
  idToken: new Secret("id-canary"),
  tokenType: "Bearer",
  scopes: ["read"],
  expiresAt: NOW,
  account: { id: "1", label: "Ada" },
};

function refreshAt(
  answer: () => Promise<Response>,
  credential = CREDENTIAL,
): Promise<RefreshOutcome> {
  const options = { client: { id: "client" }, credential, connection: "work" };
  return refreshCredential(ACME, options, { now: () => NOW, fetch: answer });
}

Deno.test("isStale() is true from 300 seconds before the end", () => {
  assert.equal(isStale({ expiresAt: NOW + 300_001 }, NOW), false);
  assert.equal(isStale({ expiresAt: NOW + 300_000 }, NOW), true);
  assert.equal(isStale({ expiresAt: NOW - 1 }, NOW), true);
  assert.equal(isStale({}, NOW), false);
});

Deno.test("a refresh at a real server rotates the token, and reuse of the old one ends the login", () =>
  withServer(async (server) => {
    const provider = serverProvider(server);
    const client = clientOf("post");
    const first = await logIn(server, { provider, client });
    const refresh = (credential: OAuthCredential): Promise<RefreshOutcome> =>
      refreshCredential(provider, { client, credential }, systemOf(server));
    const outcome = await refresh(first);
    assert.equal(outcome.kind, "refreshed");
    const second = outcome.kind === "refreshed" ? outcome.credential : first;
    assert.ok(!second.accessToken.equals(first.accessToken));
    assert.ok(
      second.refreshToken !== undefined && !second.refreshToken.equals(first.refreshToken!),
    );
    assert.ok(await server.isActive(second.accessToken.reveal()));
    assert.deepEqual(second.account, first.account);
    const reused = await refresh(first);
    assert.equal(reused.kind, "rejected");
    const ended = await refresh(second);
    assert.equal(ended.kind, "rejected");
    if (ended.kind !== "rejected") return;
    assert.equal(ended.error.code, "refresh_failed");
    assert.match(ended.error.message, /^The login to Acme has ended \(invalid_grant/);
    assert.equal(ended.error.hint, "authsome login acme --force");
    assert.equal(await server.isActive(second.accessToken.reveal()), false);
  }));

Deno.test("what the server does not repeat stays as it was", async () => {
  const outcome = await refreshAt(() =>
    Promise.resolve(Response.json({ access_token: "new", token_type: "bearer", expires_in: 60 }))
  );
  assert.equal(outcome.kind, "refreshed");
  if (outcome.kind !== "refreshed") return;
  const { credential } = outcome;
  assert.equal(credential.accessToken.reveal(), "new");
  assert.equal(credential.refreshToken?.reveal(), "refresh-canary");
  assert.equal(credential.idToken?.reveal(), "id-canary");
  assert.deepEqual(credential.scopes, ["read"]);
  assert.deepEqual(credential.account, { id: "1", label: "Ada" });
  assert.equal(credential.expiresAt, NOW + 60_000);
});

Deno.test("a refusal is final only if it says so; no message holds a token", async () => {
  const table: readonly (readonly [Response | Error, RefreshOutcome["kind"], RegExp])[] = [
    [Response.json({ error: "invalid_grant" }, { status: 400 }), "rejected", /has ended/],
    [Response.json({ ok: false, error: "invalid_refresh_token" }), "rejected", /has ended/],
    [Response.json({ error: "bad_refresh_token" }), "rejected", /has ended/],
    [Response.json({ error: "invalid_client" }, { status: 401 }), "failed", /did not refresh/],
    [
      Response.json({ error: "server_busy", error_description: "refresh-canary access-canary" }, {
        status: 429,
      }),
      "failed",
      /\(server_busy: \[redacted\] \[redacted\]\)/,
    ],
    [new Response("down", { status: 502 }), "failed", /HTTP 502/],
    [new TypeError("no route"), "failed", /cannot be reached/],
    [new Response("<html>"), "failed", /without sense/],
  ];
  for (const [answer, kind, message] of table) {
    const outcome = await refreshAt(() =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    );
    assert.equal(outcome.kind, kind, String(message));
    if (outcome.kind === "refreshed") continue;
    assert.equal(outcome.error.code, "refresh_failed");
    assert.match(outcome.error.message, message);
    assert.ok(!`${outcome.error.message}${outcome.error.hint}`.includes("canary"));
    if (kind === "rejected") {
      assert.equal(outcome.error.hint, "authsome login acme --connection work --force");
    }
  }
});

Deno.test("a login without a refresh token is told to be made again", async () => {
  const { refreshToken: _gone, ...credential } = CREDENTIAL;
  const outcome = await refreshAt(() => Promise.reject(new Error("asked")), credential);
  assert.equal(outcome.kind, "rejected");
});

Deno.test("a refresh that is cancelled is no failure of the connection", async () => {
  const interrupt = new AbortController();
  const options = { client: { id: "client" }, credential: CREDENTIAL };
  const refreshing = refreshCredential(ACME, options, {
    now: () => NOW,
    signal: interrupt.signal,
    fetch: (_url, init) => {
      interrupt.abort();
      return Promise.reject(init?.signal?.reason);
    },
  });
  await assert.rejects(refreshing, { code: "cancelled" });
});
