import assert from "node:assert/strict";
import type { Injection } from "../../../lib/injection.ts";
import { secretForms } from "../../../lib/proxy/redaction/secret_forms.ts";
import { Secret } from "../../../lib/secret.ts";
import { bearer } from "../../support/proxy.ts";

const PLAIN = "sk-canary_4f9d2c71b8e6";
const ODD = `p/w+d=<é> &'"~\\:end`;

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Bytes as a byte string. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** How services quote a key; each result must contain a form. */
const QUOTES: readonly (readonly [name: string, quote: (key: string) => string])[] = [
  ["as it is", utf8],
  ["JSON.stringify", (key) => utf8(JSON.stringify(key))],
  [
    "PHP's json_encode",
    (key) => JSON.stringify(key).replaceAll("/", "\\/").replaceAll("é", "\\u00e9"),
  ],
  ["Python's json.dumps", (key) => JSON.stringify(key).replaceAll("é", "\\u00e9")],
  [
    "Go's json.Marshal",
    (key) =>
      utf8(JSON.stringify(key)).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e")
        .replaceAll("&", "\\u0026"),
  ],
  [
    ".NET's JsonSerializer",
    (key) =>
      JSON.stringify(key).replaceAll('\\"', "\\u0022").replace(
        /[&'+<>]|é/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`,
      ),
  ],
  ["encodeURIComponent", encodeURIComponent],
  [
    "lower-case percent encoding",
    (key) => encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase()),
  ],
  ["URLSearchParams", (key) => new URLSearchParams({ key }).toString()],
  [
    "Python's quote",
    (key) => encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("'", "%27"),
  ],
  [
    "Python's quote_plus",
    (key) => encodeURIComponent(key).replaceAll("%20", "+").replaceAll("'", "%27"),
  ],
  ["base64", base64],
  ["base64 after one byte", (key) => base64(`:${key}`)],
  ["base64 after two bytes, and more behind", (key) => base64(`a:${key}, the key`)],
  ["base64url", (key) => base64(`u:${key}`).replaceAll("+", "-").replaceAll("/", "_")],
  ["Basic", (key) => `Basic ${base64(`user:${key}`)}`],
];

for (const key of [PLAIN, ODD]) {
  for (const [name, quote] of QUOTES) {
    Deno.test(`secretForms() has what is found in ${name} of ${key}`, () => {
      const quoted = quote(key);
      const forms = secretForms(bearer(key));
      assert.ok(forms.some((form) => quoted.includes(form)), quoted);
    });
  }
}

Deno.test("secretForms() of an ordinary key are the key and its three base64 forms", () => {
  assert.deepEqual(secretForms(bearer("k-0123456789")).length, 4);
});

Deno.test("secretForms() leave no more of base64 than what its neighbours share with it", () => {
  for (let before = 0; before < 3; before++) {
    const quoted = base64("x".repeat(before) + PLAIN + "y");
    const form = secretForms(bearer(PLAIN)).find((candidate) => quoted.includes(candidate))!;
    const [left = "", right = ""] = quoted.split(form);
    assert.ok(left.length <= 3 && right.replaceAll("=", "").length <= 3, `${left}|${right}`);
  }
});

Deno.test("secretForms() know a Basic credential as a whole", () => {
  const value = `Basic ${btoa("me:my-password")}`;
  const injection: Injection = {
    kind: "header",
    name: "Authorization",
    value: new Secret(value),
    secret: new Secret("my-password"),
    extraHeaders: [],
  };
  assert.ok(secretForms(injection).includes(btoa("me:my-password").replace(/=+$/, "")));
});

Deno.test("secretForms() of a signing key are those of its session token, the rest never leaves", () => {
  const key = { id: "AKIA0123456789", secret: new Secret("never-sent-secret") };
  const injection: Injection = { kind: "sigv4", key, extraHeaders: [] };
  assert.deepEqual(secretForms(injection), []);
  const sessionToken = new Secret("session-token-0");
  const forms = secretForms({ ...injection, key: { ...key, sessionToken } });
  assert.ok(forms.includes("session-token-0"));
});

Deno.test("secretForms() of what is too short to be a secret are none", () => {
  assert.deepEqual(secretForms(bearer("abc")), []);
});
