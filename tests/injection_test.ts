import assert from "node:assert/strict";
import { parseDefinition } from "../lib/definition.ts";
import { AuthsomeError } from "../lib/errors.ts";
import { createInjection } from "../lib/injection.ts";
import { Secret } from "../lib/secret.ts";
import { changed, KEY_DEFINITION } from "./support/definitions.ts";
import type { Json } from "./support/definitions.ts";

const CASES: readonly [string, Json, string][] = [
  ["a bearer token", {}, "Authorization: Bearer k-1"],
  ["another header", { "api_key.header_name": "X-Key", "api_key.header_prefix": "" }, "X-Key: k-1"],
  ["another scheme", { "api_key.header_prefix": "GenieKey" }, "Authorization: GenieKey k-1"],
  [
    "an auth-param without a space",
    { "api_key.header_prefix": "Token token=" },
    "Authorization: Token token=k-1",
  ],
  ["a query parameter", { "api_key.in": "query", "api_key.query_name": "key" }, "key: k-1"],
  ["Basic with the key as user", { "api_key.in": "basic" }, `Authorization: Basic ${btoa("k-1:")}`],
  [
    "Basic with the key as password",
    { "api_key.in": "basic", "api_key.basic_username": "", "api_key.basic_password": "{key}" },
    `Authorization: Basic ${btoa(":k-1")}`,
  ],
];

for (const [what, fields, expected] of CASES) {
  Deno.test(`createInjection() fills ${what}`, () => {
    const provider = parseDefinition(changed(KEY_DEFINITION, fields), "acme.json");
    const injection = createInjection(provider, new Secret("k-1"));
    assert.ok(injection.kind !== "sigv4");
    assert.equal(`${injection.name}: ${injection.value.reveal()}`, expected);
  });
}

Deno.test("createInjection() takes a key literally, whatever it looks like", () => {
  const fields = { "api_key.in": "basic", "api_key.basic_password": "{key}" };
  const provider = parseDefinition(changed(KEY_DEFINITION, fields), "acme.json");
  const key = "$&{key}$1é";
  const injection = createInjection(provider, new Secret(key));
  assert.ok(injection.kind === "header");
  const encoded = injection.value.reveal().slice("Basic ".length);
  assert.equal(
    new TextDecoder().decode(Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))),
    `${key}:${key}`,
  );
});

Deno.test("createInjection() carries the fixed headers", () => {
  const fields = { extra_headers: { "Acme-Version": "2" } };
  const provider = parseDefinition(changed(KEY_DEFINITION, fields), "acme.json");
  assert.deepEqual(createInjection(provider, new Secret("k")).extraHeaders, [
    { name: "Acme-Version", value: "2" },
  ]);
});

const SIGNING = { "api_key.in": "sigv4" };

Deno.test("createInjection() takes an access key apart for signing", () => {
  const provider = parseDefinition(changed(KEY_DEFINITION, SIGNING), "acme.json");
  const injection = createInjection(provider, new Secret("AKIA1:s/e+c=:tok/en=="));
  assert.ok(injection.kind === "sigv4");
  assert.equal(injection.key.id, "AKIA1");
  assert.equal(injection.key.secret.reveal(), "s/e+c=");
  assert.equal(injection.key.sessionToken?.reveal(), "tok/en==");
});

Deno.test("createInjection() refuses to sign with what is no access key, and does not show it", () => {
  const provider = parseDefinition(changed(KEY_DEFINITION, SIGNING), "acme.json");
  for (const key of ["no-colon", ":secret", "id:", "id:secret:token:more", "a/b:secret"]) {
    assert.throws(
      () => createInjection(provider, new Secret(key)),
      (error) =>
        error instanceof AuthsomeError && error.code === "authentication_failed" &&
        error.hint?.includes("login acme --force") === true && !error.message.includes(key),
    );
  }
});
