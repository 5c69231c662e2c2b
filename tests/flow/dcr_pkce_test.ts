import assert from "node:assert/strict";
import { needsRegistration, registerClient } from "../../lib/flow/dcr_pkce.ts";
import { discoverServer } from "../../lib/flow/discovery.ts";
import type { OAuthClient } from "../../lib/flow/oauth_client.ts";
import { beginAuthorization, finishAuthorization } from "../../lib/flow/pkce.ts";
import { refreshCredential } from "../../lib/flow/refresh.ts";
import { REDIRECT_URI } from "../support/authorization_server.ts";
import { oauthProvider, serverProvider, systemOf, withServer } from "../support/oauth.ts";
import { browse } from "../support/user_agent.ts";

const NOW = Date.UTC(2026, 0, 2);
const ACME = oauthProvider({ registrationEndpoint: "https://acme.example/register" });

function registerAt(answer: unknown, status = 201): Promise<OAuthClient> {
  const fetch = (): Promise<Response> => Promise.resolve(Response.json(answer, { status }));
  return registerClient(ACME, { redirectUri: REDIRECT_URI }, { fetch, now: () => NOW });
}

Deno.test("a server is discovered, a client registered, a login made and refreshed", () =>
  withServer(async (server) => {
    const system = systemOf(server);
    const bare = oauthProvider();
    const found = await discoverServer(bare, new URL(`${server.issuer}/mcp`), system);
    assert.equal(found.server.issuer, server.issuer);
    assert.equal(found.server.authorization_response_iss_parameter_supported, true);
    assert.equal(found.resource, undefined);
    const discovered = { server: found.server };
    const client = await registerClient(bare, { redirectUri: REDIRECT_URI, ...discovered }, system);
    assert.equal(client.authMethod, "none");
    assert.equal(client.redirectUri, REDIRECT_URI);
    const pending = beginAuthorization(bare, { client, redirectUri: REDIRECT_URI, ...discovered });
    const back = await browse(server.fetch, pending.url, {
      decision: "allow",
      destination: REDIRECT_URI,
    });
    const credential = await finishAuthorization(pending, back.searchParams, system);
    assert.ok(await server.isActive(credential.accessToken.reveal()));
    const options = { client, credential, ...discovered };
    assert.equal((await refreshCredential(bare, options, system)).kind, "refreshed");
  }));

Deno.test("a definition that names its endpoints needs no discovery", () =>
  withServer(async (server) => {
    const provider = serverProvider(server, { tokenEndpointAuthMethod: "client_secret_basic" });
    const client = await registerClient(provider, { redirectUri: REDIRECT_URI }, systemOf(server));
    assert.equal(client.authMethod, "client_secret_basic");
    assert.ok(client.secret !== undefined);
    assert.equal(server.hits.get("/.well-known/openid-configuration"), undefined);
  }));

Deno.test("a resource names its authorization server and itself (RFC 9728)", async () => {
  const asked: string[] = [];
  const documents: Record<string, unknown> = {
    "https://mcp.example/.well-known/oauth-protected-resource/v1/mcp": {
      resource: "https://mcp.example/v1/mcp",
      authorization_servers: ["https://login.example/tenant"],
    },
    "https://login.example/.well-known/oauth-authorization-server/tenant": {
      issuer: "https://login.example/tenant",
      authorization_endpoint: "https://login.example/authorize",
      token_endpoint: "https://login.example/token",
      unknown_field: "not kept",
    },
  };
  const fetch: typeof globalThis.fetch = (url) => {
    asked.push(String(url));
    const document = documents[String(url)];
    return Promise.resolve(
      document === undefined ? new Response("", { status: 404 }) : Response.json(document),
    );
  };
  const resource = new URL("https://mcp.example/v1/mcp");
  const found = await discoverServer(ACME, resource, { fetch, now: Date.now });
  assert.deepEqual(found, {
    resource: "https://mcp.example/v1/mcp",
    server: {
      issuer: "https://login.example/tenant",
      authorization_endpoint: "https://login.example/authorize",
      token_endpoint: "https://login.example/token",
    },
  });
  assert.deepEqual(asked, Object.keys(documents));
  const { url } = beginAuthorization(ACME, {
    client: { id: "client" },
    redirectUri: REDIRECT_URI,
    ...found,
  });
  assert.equal(url.searchParams.get("resource"), "https://mcp.example/v1/mcp");
});

Deno.test("metadata of another issuer, or that leads away from TLS, is not used", async () => {
  const good = {
    issuer: "https://mcp.example",
    authorization_endpoint: "https://mcp.example/authorize",
    token_endpoint: "https://mcp.example/token",
  };
  const bad = [
    { ...good, issuer: "https://attacker.example" },
    { ...good, token_endpoint: "http://mcp.example/token" },
    { ...good, authorization_endpoint: "javascript:alert(1)" },
    { ...good, registration_endpoint: 1 },
    {},
  ];
  for (const metadata of bad) {
    const fetch: typeof globalThis.fetch = (url) =>
      Promise.resolve(
        String(url).includes("protected-resource")
          ? new Response("", { status: 404 })
          : Response.json(metadata),
      );
    await assert.rejects(
      discoverServer(ACME, new URL("https://mcp.example/mcp"), { fetch, now: Date.now }),
      { code: "endpoint_unreachable", message: /does not say at https:\/\/mcp\.example how/ },
      JSON.stringify(metadata),
    );
  }
});

Deno.test("a registration is read as the server answered it, not as it was asked", async () => {
  const until = NOW / 1000 + 60;
  const table: readonly (readonly [Record<string, unknown>, Partial<OAuthClient>])[] = [
    [{ client_id: "a" }, { id: "a", authMethod: "none" }],
    [{ client_id: "a", client_secret: "s" }, { authMethod: "client_secret_basic" }],
    [
      { client_id: "a", client_secret: "s", token_endpoint_auth_method: "client_secret_post" },
      { authMethod: "client_secret_post" },
    ],
    [
      { client_id: "a", client_secret: "s", client_secret_expires_at: until },
      { secretExpiresAt: until * 1000 },
    ],
  ];
  for (const [answer, expected] of table) {
    for (const status of [200, 201]) {
      const client = await registerAt(answer, status);
      for (const [name, value] of Object.entries(expected)) {
        assert.equal(client[name as keyof OAuthClient], value);
      }
    }
  }
  const useless = [
    {},
    { client_id: "a", token_endpoint_auth_method: "private_key_jwt" },
    { client_id: "a", token_endpoint_auth_method: "client_secret_post" },
  ];
  for (const answer of useless) await assert.rejects(registerAt(answer), /without sense/);
  await assert.rejects(registerAt({ error: "invalid_redirect_uri" }, 400), {
    message: "Acme registered no client (invalid_redirect_uri).",
    hint: /--client-id/,
  });
});

Deno.test("needsRegistration() asks for a new client when the stored one cannot serve", () => {
  const redirectUri = REDIRECT_URI;
  const client = { id: "a", redirectUri };
  const table: readonly (readonly [OAuthClient | undefined, boolean])[] = [
    [undefined, true],
    [client, false],
    [{ ...client, redirectUri: "http://127.0.0.1:1/auth/callback/oauth" }, true],
    [{ id: "a" }, true],
    [{ ...client, secretExpiresAt: NOW }, true],
    [{ ...client, secretExpiresAt: NOW + 1 }, false],
  ];
  for (const [stored, expected] of table) {
    assert.equal(needsRegistration(stored, { redirectUri, now: NOW }), expected);
  }
});
