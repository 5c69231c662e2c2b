import assert from "node:assert/strict";
import {
  type ClientAuthMethod,
  createClientAuth,
  type OAuthClient,
  parseOAuthClient,
} from "../../lib/flow/oauth_client.ts";
import { Secret } from "../../lib/secret.ts";
import { oauthProvider } from "../support/oauth.ts";

const ACME = { displayName: "Acme" };

async function prove(
  client: OAuthClient,
  tokenEndpointAuthMethod?: ClientAuthMethod,
): Promise<{ body: string; authorization: string | null }> {
  const settings = { ...(tokenEndpointAuthMethod && { tokenEndpointAuthMethod }) };
  const body = new URLSearchParams();
  const headers = new Headers();
  const prove = createClientAuth(client, oauthProvider(settings).oauth);
  await prove({ issuer: "https://acme.example" }, { client_id: client.id }, body, headers);
  return { body: String(body), authorization: headers.get("authorization") };
}

Deno.test("createClientAuth() proves the client as definition, registration and secret say", async () => {
  const secret = new Secret("s:1 +");
  const basic = `Basic ${btoa("my-id:s%3A1+%2B")}`;
  const table:
    readonly (readonly [OAuthClient, ClientAuthMethod | undefined, string, string | null])[] = [
      [{ id: "my-id" }, undefined, "client_id=my-id", null],
      [{ id: "my-id", secret }, undefined, "client_id=my-id&client_secret=s%3A1+%2B", null],
      [{ id: "my-id", secret }, "none", "client_id=my-id", null],
      [{ id: "my-id" }, "client_secret_post", "client_id=my-id", null],
      [{ id: "my-id", secret }, "client_secret_basic", "", basic],
      [{ id: "my-id", secret, authMethod: "client_secret_basic" }, undefined, "", basic],
      [
        { id: "my-id", secret, authMethod: "client_secret_basic" },
        "client_secret_post",
        "client_id=my-id&client_secret=s%3A1+%2B",
        null,
      ],
    ];
  for (const [client, method, body, authorization] of table) {
    assert.deepEqual(await prove(client, method), { body, authorization });
  }
});

Deno.test("a Basic credential keeps the usual characters, for servers that do not decode", async () => {
  const id = "3f2e-11ab_cd.ef";
  const { authorization } = await prove(
    { id, secret: new Secret("AbC-1_2.3") },
    "client_secret_basic",
  );
  assert.equal(atob(authorization?.slice("Basic ".length) ?? ""), `${id}:AbC-1_2.3`);
});

Deno.test("parseOAuthClient() trims and keeps a secret only if there is one", () => {
  assert.deepEqual(parseOAuthClient(ACME, { id: " id\n" }), { id: "id" });
  assert.deepEqual(parseOAuthClient(ACME, { id: "id", secret: " " }), { id: "id" });
  assert.equal(parseOAuthClient(ACME, { id: "id", secret: "s\n" }).secret?.reveal(), "s");
});

Deno.test("parseOAuthClient() refuses what is malformed, without quoting it", () => {
  const bad = [{ id: "" }, { id: "canary 1" }, { id: "id", secret: "canary\n1" }, {
    id: "canaryé",
  }];
  for (const parts of bad) {
    assert.throws(() => parseOAuthClient(ACME, parts), (error: Error) => {
      assert.ok(!error.message.includes("canary"));
      return /The client/.test(error.message);
    });
  }
});
