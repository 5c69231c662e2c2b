import assert from "node:assert/strict";
import type { OAuthCredential } from "../../lib/credential.ts";
import { type GrantContext, parseTokenResponse } from "../../lib/flow/token_response.ts";
import type { JsonObject } from "../../lib/flow/transport.ts";

const NOW = Date.UTC(2026, 0, 2);
const CONTEXT: GrantContext = {
  providerName: "Acme",
  clientId: "client",
  scopes: ["asked"],
  now: NOW,
};

function parse(body: JsonObject): OAuthCredential {
  return parseTokenResponse({ access_token: "token", ...body }, CONTEXT);
}

function idToken(claims: JsonObject): string {
  const part = (value: JsonObject): string =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

Deno.test("parseTokenResponse() reads the grant of RFC 6749, section 5.1", () => {
  const credential = parse({
    token_type: "bearer",
    expires_in: 3600,
    refresh_token: "refresh",
    scope: "read write",
  });
  assert.equal(credential.accessToken.reveal(), "token");
  assert.equal(credential.refreshToken?.reveal(), "refresh");
  assert.equal(credential.tokenType, "bearer");
  assert.equal(credential.expiresAt, NOW + 3_600_000);
  assert.deepEqual(credential.scopes, ["read", "write"]);
  assert.equal(credential.account, undefined);
});

Deno.test("parseTokenResponse() takes granted scopes however they are parted", () => {
  const table: readonly (readonly [unknown, readonly string[]])[] = [
    [undefined, ["asked"]],
    ["", []],
    ["repo,read:user", ["repo", "read:user"]],
    ["a, b  c", ["a", "b", "c"]],
    [["a", "b", 1], ["a", "b"]],
    [null, ["asked"]],
  ];
  for (const [scope, expected] of table) assert.deepEqual(parse({ scope }).scopes, expected);
});

Deno.test("parseTokenResponse() takes a lifetime only if it is one", () => {
  const table: readonly (readonly [unknown, number | undefined])[] = [
    [undefined, undefined],
    [60, NOW + 60_000],
    ["60", NOW + 60_000],
    [0, undefined],
    [-1, undefined],
    ["soon", undefined],
    [null, undefined],
    [1e300, NOW + 315_360_000_000],
  ];
  for (const [expires_in, expected] of table) {
    assert.equal(parse({ expires_in }).expiresAt, expected, String(expires_in));
  }
});

Deno.test("parseTokenResponse() reads Slack's grant to a person and to an app", () => {
  const team = { id: "T1", name: "Team" };
  const person = parseTokenResponse({
    ok: true,
    team,
    authed_user: {
      id: "U1",
      access_token: "xoxp-1",
      refresh_token: "xoxe-1",
      token_type: "user",
      scope: "chat:write,search:read",
      expires_in: 43_200,
    },
  }, CONTEXT);
  assert.equal(person.accessToken.reveal(), "xoxp-1");
  assert.equal(person.refreshToken?.reveal(), "xoxe-1");
  assert.deepEqual(person.scopes, ["chat:write", "search:read"]);
  assert.equal(person.expiresAt, NOW + 43_200_000);
  assert.deepEqual(person.account, { id: "U1", label: "Team" });
  const app = parse({ ok: true, token_type: "bot", authed_user: { id: "U1" }, team });
  assert.equal(app.accessToken.reveal(), "token");
  assert.equal(app.tokenType, "bot");
});

Deno.test("parseTokenResponse() names the account from an id token of our client, or the vendor", () => {
  const claims = { sub: "1", email: "ada@example.com", name: "Ada" };
  const ours = { id: "1", label: "ada@example.com" };
  const table: readonly (readonly [JsonObject, OAuthCredential["account"]])[] = [
    [{ id_token: idToken({ ...claims, aud: "client" }) }, ours],
    [{ id_token: idToken({ ...claims, aud: ["other", "client"] }) }, ours],
    [{ id_token: idToken({ sub: "1", name: "Ada", aud: "client" }) }, { id: "1", label: "Ada" }],
    [{ id_token: idToken({ ...claims, aud: "other" }) }, undefined],
    [{ id_token: "not.a.jwt" }, undefined],
    [{ id_token: "" }, undefined],
    [{ workspace_id: "w", workspace_name: "Notes" }, { id: "w", label: "Notes" }],
  ];
  for (const [body, account] of table) assert.deepEqual(parse(body).account, account);
});

Deno.test("parseTokenResponse() refuses what cannot go into a header", () => {
  for (const access_token of ["", undefined, 1, "a b", "a\r\nb", "é", null]) {
    assert.throws(() => parseTokenResponse({ access_token }, CONTEXT), /sent no access token/);
  }
  for (const token_type of ["DPoP", "mac"]) {
    assert.throws(() => parse({ token_type }), /which a proxy cannot use/);
  }
  assert.equal(parse({}).tokenType, "Bearer");
});
