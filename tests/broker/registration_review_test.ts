import assert from "node:assert/strict";
import { reviewProvider } from "../../lib/broker/registration_review.ts";
import { parseDefinition } from "../../lib/definition.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { createRegistry } from "../../lib/registry.ts";
import { BUNDLED } from "../../providers/mod.ts";
import { changed, type Json, KEY_DEFINITION, OAUTH_DEFINITION } from "../support/definitions.ts";

const registry = createRegistry({ bundled: BUNDLED, custom: [] });

function review(base: Json, fields: Json): ReturnType<typeof reviewProvider> {
  return reviewProvider(parseDefinition(changed(base, fields), "acme.json"), registry);
}

Deno.test("an honest definition raises no eyebrows", () => {
  const honest = ["api.acme.example", "*.acme.example", "https://acme.example/v1"];
  const patterns = [...honest, "regex:^[a-z]+\\.acme\\.example$", "{base_url}/api"];
  assert.deepEqual(review(KEY_DEFINITION, { api_url: patterns }), { warnings: [] });
  const local = ["http://localhost:9000", "127.0.0.1:9000", "[::1]:9000"];
  assert.deepEqual(review(KEY_DEFINITION, { api_url: local }), { warnings: [] });
});

Deno.test("hosts and endpoints that look like a bundled service's are warned of", () => {
  assert.deepEqual(review(KEY_DEFINITION, { api_url: "api.openai.co" }).warnings, [
    "api.openai.co is not openai.com, which belongs to OpenAI. It only looks like it.",
  ]);
  const [warning] = review(OAUTH_DEFINITION, {
    "oauth.token_url": "https://githubb.com/login/oauth/access_token",
  }).warnings;
  assert.match(warning ?? "", /^githubb\.com is not github\.com, which belongs to GitHub\./);
});

Deno.test("letters of another script are spelled out", () => {
  const { warnings } = review(KEY_DEFINITION, { api_url: "api.xn--penai-iye.com" });
  assert.match(warnings[0] ?? "", /is not openai\.com/);
  assert.match(warnings[1] ?? "", /letters outside of ASCII\. It reads: api\.\u043Epenai\.com$/);
});

Deno.test("a credential for several domains is pointed out", () => {
  assert.deepEqual(review(KEY_DEFINITION, { api_url: ["a.acme.example", "b.emca.example"] }), {
    warnings: ["The credential is sent to 2 domains: acme.example, emca.example."],
  });
});

for (
  const api_url of ["*.co.uk", "*.github.io", "regex:^[a-z]+\\.co\\.uk$", "*.s3.amazonaws.com"]
) {
  Deno.test(`${api_url} is refused: it reaches the hosts of strangers`, () => {
    assert.throws(
      () => review(KEY_DEFINITION, { api_url: ["api.acme.example", api_url] }),
      (error) => error instanceof AuthsomeError && error.code === "refused" && error.hint !== "",
    );
  });
}

for (const api_url of ["192.0.2.7", "https://192.0.2.7:8443/v1", "[2001:db8::1]"]) {
  Deno.test(`${api_url} is objected to: an address can change hands`, () => {
    const { objection } = review(KEY_DEFINITION, { api_url });
    assert.equal(objection?.code, "refused");
    assert.match(objection?.hint ?? "", /--yes/);
  });
}

Deno.test("every bundled definition passes as an override of itself, without a false alarm", () => {
  for (const { name, provider } of registry.entries()) {
    assert.ok(provider);
    const { warnings, objection } = reviewProvider(provider, registry);
    const alarms = warnings.filter((warning) => !warning.startsWith("The credential is sent to"));
    assert.deepEqual({ alarms, objection }, { alarms: [], objection: undefined }, name);
  }
});
