import assert from "node:assert/strict";
import { parseBaseUrl, resolveApiUrls, resolveUrl } from "../lib/base_url.ts";
import { parseDefinition } from "../lib/definition.ts";
import { changed, KEY_DEFINITION, OAUTH_DEFINITION } from "./support/definitions.ts";

const ACCEPTED: Readonly<Record<string, string>> = {
  "https://git.example.com": "https://git.example.com",
  "https://git.example.com/": "https://git.example.com",
  "https://example.com:8443/gitlab": "https://example.com:8443/gitlab",
  "http://localhost:3000": "http://localhost:3000",
  "http://127.0.0.1:3000/": "http://127.0.0.1:3000",
  "https://[::1]:8443": "https://[::1]:8443",
};

for (const [text, expected] of Object.entries(ACCEPTED)) {
  Deno.test(`parseBaseUrl() reads ${text}`, () => assert.equal(parseBaseUrl(text), expected));
}

const REFUSED = [
  "",
  "git.example.com",
  "http://git.example.com",
  "ftp://git.example.com",
  "https://user:secret@git.example.com",
  "https://git.example.com?x=1",
  "https://git.example.com/#x",
  "https://git.example.com.",
  "https://0x7f.1",
  "https://git.example.com/a b",
  "https://{base_url}",
];

for (const text of REFUSED) {
  Deno.test(`parseBaseUrl() refuses ${JSON.stringify(text)} without repeating it`, () => {
    assert.throws(() => parseBaseUrl(text), (error) => {
      assert.ok(error instanceof Error && !error.message.includes("secret"));
      assert.equal((error as Error & { code?: string }).code, "usage");
      return true;
    });
  });
}

Deno.test("resolveUrl() fills the template and leaves other URLs alone", () => {
  assert.equal(resolveUrl("{base_url}/token", "https://a.example"), "https://a.example/token");
  assert.equal(
    resolveUrl("https://b.example/token", "https://a.example"),
    "https://b.example/token",
  );
  assert.equal(resolveUrl("https://b.example/token", undefined), "https://b.example/token");
});

Deno.test("resolveUrl() says how to name the installation when there is none", () => {
  assert.throws(() => resolveUrl("{base_url}/token", undefined), {
    code: "usage",
    hint: /--base-url https:/,
  });
});

Deno.test("resolveApiUrls() prefers the connection's base URL to the definition's", () => {
  const provider = parseDefinition(
    changed(OAUTH_DEFINITION, {
      api_url: ["{base_url}/api", "cdn.acme.example"],
      "oauth.base_url": "https://acme.example",
    }),
    "acme.json",
  );
  assert.deepEqual(resolveApiUrls(provider), ["https://acme.example/api", "cdn.acme.example"]);
  assert.deepEqual(resolveApiUrls(provider, "https://own.example"), [
    "https://own.example/api",
    "cdn.acme.example",
  ]);
});

Deno.test("resolveApiUrls() gives the texts of a definition without templates as they are", () => {
  const api_url = ["*.acme.example", "regex:^a\\.acme\\.example$"];
  const provider = parseDefinition(changed(KEY_DEFINITION, { api_url }), "acme.json");
  assert.deepEqual(resolveApiUrls(provider), api_url);
});
