import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AuthsomeError, type ErrorCode } from "../../lib/errors.ts";
import { beginAuthorization, finishAuthorization } from "../../lib/flow/pkce.ts";
import { isUnknownClient } from "../../lib/flow/transport.ts";
import { Secret } from "../../lib/secret.ts";
import { PERSON, REDIRECT_URI } from "../support/authorization_server.ts";
import {
  clientOf,
  logIn,
  oauthProvider,
  serverProvider,
  systemOf,
  withServer,
} from "../support/oauth.ts";
import { browse } from "../support/user_agent.ts";

const CLIENT = { id: "id", secret: new Secret("client-canary") };
const ACME = oauthProvider({
  authorizationUrl: "https://acme.example/authorize?tenant=1",
  tokenUrl: "https://acme.example/token",
});

async function failure(promise: Promise<unknown>): Promise<AuthsomeError> {
  const error = await promise.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof AuthsomeError, String(error));
  return error;
}

Deno.test("beginAuthorization() sends a fresh state and the hash of a fresh verifier", () => {
  const options = { client: CLIENT, redirectUri: REDIRECT_URI };
  const first = beginAuthorization(ACME, options);
  const second = beginAuthorization(ACME, options);
  assert.notEqual(first.state, second.state);
  assert.match(first.state, /^[\w-]{43}$/);
  const verifier = first.verifier?.reveal() ?? "";
  assert.match(verifier, /^[\w-]{43}$/);
  assert.notEqual(verifier, second.verifier?.reveal());
  assert.deepEqual(Object.fromEntries(first.url.searchParams), {
    tenant: "1",
    prompt: "consent",
    response_type: "code",
    client_id: "id",
    redirect_uri: REDIRECT_URI,
    scope: "openid email offline_access",
    state: first.state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  assert.ok(!first.url.href.includes(verifier) && !first.url.href.includes("client-canary"));
});

Deno.test("beginAuthorization() lets no extra parameter replace its own", () => {
  const authorizationParams = {
    state: "fixed",
    redirect_uri: "https://attacker.example",
    foo: "1",
  };
  const provider = { ...ACME, oauth: { ...ACME.oauth, authorizationParams, pkce: false } };
  const { url, state } = beginAuthorization(provider, {
    client: CLIENT,
    redirectUri: REDIRECT_URI,
    scopes: [],
  });
  assert.equal(url.searchParams.get("state"), state);
  assert.equal(url.searchParams.get("redirect_uri"), REDIRECT_URI);
  assert.equal(url.searchParams.get("foo"), "1");
  assert.ok(!url.searchParams.has("scope") && !url.searchParams.has("code_challenge"));
});

Deno.test("beginAuthorization() puts the base URL of an installation in", () => {
  const provider = oauthProvider({
    authorizationUrl: "{base_url}/login/oauth/authorize",
    tokenUrl: "{base_url}/login/oauth/access_token",
  });
  const options = { client: CLIENT, redirectUri: REDIRECT_URI };
  const { url } = beginAuthorization(provider, { ...options, baseUrl: "https://git.example.com" });
  assert.ok(url.href.startsWith("https://git.example.com/login/oauth/authorize?"));
  assert.throws(() => beginAuthorization(provider, options), /address of your installation/);
});

Deno.test("a login at a real server gives tokens, whatever the client proves itself with", () =>
  withServer(async (server) => {
    for (const kind of ["public", "post", "basic"] as const) {
      const tokenEndpointAuthMethod = kind === "basic" ? "client_secret_basic" as const : undefined;
      const provider = serverProvider(server, {
        ...(tokenEndpointAuthMethod && { tokenEndpointAuthMethod }),
      });
      const before = Date.now();
      const credential = await logIn(server, { provider, client: clientOf(kind) });
      assert.equal(credential.tokenType, "Bearer", kind);
      assert.deepEqual(credential.scopes, ["openid", "email", "offline_access"]);
      assert.deepEqual(credential.account, { id: PERSON.id, label: PERSON.email });
      assert.ok((credential.expiresAt ?? 0) >= before + 3_590_000);
      assert.ok(credential.refreshToken !== undefined && credential.idToken !== undefined);
      assert.ok(await server.isActive(credential.accessToken.reveal()));
    }
  }));

Deno.test("a denied consent is told as such", () =>
  withServer(async (server) => {
    const provider = serverProvider(server);
    const options = { client: clientOf("public"), redirectUri: REDIRECT_URI };
    const pending = beginAuthorization(provider, options);
    const back = await browse(server.fetch, pending.url, {
      decision: "deny",
      destination: REDIRECT_URI,
    });
    const error = await failure(
      finishAuthorization(pending, back.searchParams, systemOf(server)),
    );
    assert.equal(error.code, "authentication_failed");
    assert.equal(error.message, "Access to Acme was denied.");
    assert.equal(server.hits.get("/token"), undefined);
  }));

Deno.test("an answer that is not this login's never reaches the token endpoint", () =>
  withServer(async (server) => {
    const provider = serverProvider(server);
    const options = { client: clientOf("public"), redirectUri: REDIRECT_URI };
    const pending = beginAuthorization(provider, options);
    const back = await browse(server.fetch, pending.url, {
      decision: "allow",
      destination: REDIRECT_URI,
    });
    const good = back.searchParams;
    assert.equal(good.get("iss"), server.issuer);
    const bad: readonly (readonly [string, string | undefined])[] = [
      ["state", "wrong"],
      ["state", undefined],
      ["iss", "https://attacker.example"],
      ["iss", `${server.issuer}.attacker.example`],
      ["iss", "not a URL"],
      ["code", undefined],
      ["code", ""],
      ["response", "eyJ.jarm.x"],
    ];
    for (const [name, value] of bad) {
      const changed = new URLSearchParams(good);
      if (value === undefined) changed.delete(name);
      else changed.set(name, value);
      const error = await failure(finishAuthorization(pending, changed, systemOf(server)));
      assert.equal(error.message, "The answer does not belong to this login to Acme.", name);
    }
    const twice = new URLSearchParams([...good, ["state", pending.state]]);
    await failure(finishAuthorization(pending, twice, systemOf(server)));
    assert.equal(server.hits.get("/token"), undefined);
    await finishAuthorization(pending, good, systemOf(server));
  }));

Deno.test("a code works once, and only with its own verifier", () =>
  withServer(async (server) => {
    const provider = serverProvider(server);
    const options = { client: clientOf("public"), redirectUri: REDIRECT_URI };
    const pending = beginAuthorization(provider, options);
    const { searchParams } = await browse(server.fetch, pending.url, {
      decision: "allow",
      destination: REDIRECT_URI,
    });
    const stolen = { ...pending, verifier: new Secret("x".repeat(43)) };
    const error = await failure(finishAuthorization(stolen, searchParams, systemOf(server)));
    assert.match(error.message, /^Acme granted no token \(invalid_grant/);
    assert.equal(error.code, "authentication_failed");
    assert.ok(!isUnknownClient(error));
  }));

Deno.test("a discovered issuer must be named exactly, and must be named if it says so", async () => {
  const server = {
    issuer: "https://acme.example/tenant-1",
    authorization_endpoint: "https://acme.example/tenant-1/authorize",
    token_endpoint: "https://acme.example/tenant-1/token",
    authorization_response_iss_parameter_supported: true,
  };
  const pending = beginAuthorization(ACME, { client: CLIENT, redirectUri: REDIRECT_URI, server });
  let asked = 0;
  const system = {
    now: Date.now,
    fetch: () => {
      asked++;
      return Promise.resolve(Response.json({ access_token: "token", token_type: "bearer" }));
    },
  };
  const answer = (iss: Record<string, string>): URLSearchParams =>
    new URLSearchParams({ code: "c", state: pending.state, ...iss });
  for (
    const iss of [{}, { iss: "https://acme.example/tenant-2" }, { iss: "https://acme.example" }]
  ) {
    await failure(finishAuthorization(pending, answer(iss), system));
  }
  assert.equal(asked, 0);
  await finishAuthorization(pending, answer({ iss: server.issuer }), system);
  assert.equal(asked, 1);
});

Deno.test("what a token endpoint refuses or spoils is told without a secret", async () => {
  const table: readonly (readonly [Response | Error, ErrorCode, RegExp])[] = [
    [new TypeError("refused"), "endpoint_unreachable", /token endpoint cannot be reached\.$/],
    [new Response("down", { status: 503 }), "endpoint_unreachable", /HTTP 503/],
    [
      new Response(null, { status: 302, headers: { location: "https://attacker.example" } }),
      "endpoint_unreachable",
      /HTTP 302/,
    ],
    [new Response("<html>"), "authentication_failed", /without sense/],
    [Response.json({ token_type: "bearer" }), "authentication_failed", /sent no access token/],
    [
      Response.json({ error: "invalid_client" }, { status: 401 }),
      "authentication_failed",
      /granted no token \(invalid_client\)/,
    ],
    [
      Response.json({ error: "bad_verification_code", error_description: "code-canary is wrong." }),
      "authentication_failed",
      /\(bad_verification_code: \[redacted\] is wrong\)/,
    ],
    [
      Response.json({ error: "x", error_description: "client-canary\u0007\u202e\nverifier" }),
      "authentication_failed",
      /\(x: \[redacted\] verifier\)/,
    ],
    [
      Response.json({ access_token: "t", token_type: "DPoP" }),
      "authentication_failed",
      /DPoP token, which a proxy cannot use/,
    ],
  ];
  for (const [answer, code, message] of table) {
    const pending = beginAuthorization(ACME, { client: CLIENT, redirectUri: REDIRECT_URI });
    const error = await failure(
      finishAuthorization(
        pending,
        new URLSearchParams({ code: "code-canary", state: pending.state }),
        {
          now: Date.now,
          fetch: () => answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer),
        },
      ),
    );
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(!/canary/.test(`${error.message} ${error.hint}`));
    assert.equal(isUnknownClient(error), /invalid_client/.test(message.source));
  }
});

Deno.test("a login that is cancelled while it waits for the tokens says so", async () => {
  const interrupt = new AbortController();
  const pending = beginAuthorization(ACME, { client: CLIENT, redirectUri: REDIRECT_URI });
  const answer = new URLSearchParams({ code: "c", state: pending.state });
  const error = await failure(finishAuthorization(pending, answer, {
    now: Date.now,
    signal: interrupt.signal,
    fetch: (_url, init) => {
      interrupt.abort();
      return Promise.reject(init?.signal?.reason);
    },
  }));
  assert.equal(error.code, "cancelled");
});
