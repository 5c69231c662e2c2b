import assert from "node:assert/strict";
import { revokeCredential, type RevokeOutcome } from "../../lib/flow/revoke.ts";
import { Secret } from "../../lib/secret.ts";
import {
  clientOf,
  logIn,
  oauthProvider,
  serverProvider,
  systemOf,
  withServer,
} from "../support/oauth.ts";

const CLIENT = { id: "client", secret: new Secret("client-canary") };
const ACME = oauthProvider({ revocationUrl: "https://acme.example/revoke" });
const CREDENTIAL = {
  kind: "oauth2",
  accessToken: new Secret("access-canary"),
  refreshToken: new Secret("refresh-canary"),
  tokenType: "Bearer",
  scopes: [],
} as const;

interface Revoked {
  readonly outcome: RevokeOutcome;
  /** Token and hint of each request. */
  readonly seen: readonly string[];
}

function revokeAt(answer: (hint: string) => Response | Error): Promise<Revoked> {
  const seen: string[] = [];
  const fetch: typeof globalThis.fetch = (_url, init) => {
    const body = new URLSearchParams(String(init?.body));
    seen.push(`${body.get("token")} ${body.get("token_type_hint")}`);
    const given = answer(body.get("token_type_hint") ?? "");
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
  };
  const options = { client: CLIENT, credential: CREDENTIAL };
  const done = revokeCredential(ACME, options, { fetch, now: Date.now });
  return done.then((outcome) => ({ outcome, seen }));
}

Deno.test("revocation at a real server leaves both tokens dead", () =>
  withServer(async (server) => {
    const provider = serverProvider(server);
    const client = clientOf("post");
    const credential = await logIn(server, { provider, client });
    const tokens = [credential.accessToken, credential.refreshToken];
    for (const token of tokens) assert.ok(await server.isActive(token?.reveal() ?? ""));
    const outcome = await revokeCredential(provider, { client, credential }, systemOf(server));
    assert.deepEqual(outcome, { kind: "revoked" });
    for (const token of tokens) assert.equal(await server.isActive(token?.reveal() ?? ""), false);
    assert.equal(server.hits.get("/token/revocation"), 2);
  }));

Deno.test("the refresh token goes first, and the access token even if that failed", async () => {
  const { outcome, seen } = await revokeAt((hint) =>
    hint === "refresh_token" ? new Response("down", { status: 503 }) : new Response()
  );
  assert.deepEqual(seen, ["refresh-canary refresh_token", "access-canary access_token"]);
  assert.equal(outcome.kind, "failed");
  if (outcome.kind === "failed") assert.equal(outcome.error.code, "endpoint_unreachable");
});

Deno.test("a server that ends access tokens with the refresh token need not revoke them", async () => {
  const unsupported = (): Response =>
    Response.json({ error: "unsupported_token_type" }, { status: 400 });
  const access = await revokeAt((hint) => hint === "access_token" ? unsupported() : new Response());
  assert.equal(access.outcome.kind, "revoked");
  assert.equal((await revokeAt(unsupported)).outcome.kind, "failed");
});

Deno.test("a refusal is told without a secret", async () => {
  const { outcome } = await revokeAt(() =>
    Response.json({ ok: false, error: "invalid_auth", message: "access-canary client-canary" })
  );
  assert.equal(outcome.kind, "failed");
  if (outcome.kind !== "failed") return;
  assert.match(outcome.error.message, /did not revoke the token \(invalid_auth: /);
  assert.ok(!/canary/.test(outcome.error.message));
});

Deno.test("a provider without an endpoint says so", async () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error("asked"));
  const options = { client: CLIENT, credential: CREDENTIAL };
  const outcome = await revokeCredential(oauthProvider(), options, { fetch, now: Date.now });
  assert.deepEqual(outcome, { kind: "unsupported" });
});
