import assert from "node:assert/strict";
import {
  findResemblance,
  isPublicSuffix,
  registrableDomain,
  unicodeName,
} from "../lib/look_alike.ts";

const KNOWN = ["openai.com", "anthropic.com", "mistral.ai", "x.com", "box.com", "vercel.com"]
  .map((domain) => ({ domain, owner: `the owner of ${domain}` }));

const HOSTS: readonly (readonly [host: string, like: string | undefined])[] = [
  ["api.openai.com", undefined],
  ["openai.com", undefined],
  ["api.openai.co", "openai.com"],
  ["openai.com.evil.example", "openai.com"],
  ["api.openai.com.evil.example", "openai.com"],
  ["openai.co.uk", "openai.com"],
  ["openai.github.io", undefined],
  ["0penai.com", "openai.com"],
  ["opena1.com", "openai.com"],
  ["opemai.com", "openai.com"],
  ["oepnai.com", "openai.com"],
  ["open-ai.com", "openai.com"],
  ["api-openai.com", "openai.com"],
  ["openai-proxy.internal", "openai.com"],
  ["xn--penai-iye.com", "openai.com"],
  ["xn--nthropic-06g.com", "anthropic.com"],
  ["anthroopics.com", "anthropic.com"],
  ["rnistral.ai", "mistral.ai"],
  ["api.acme.example", undefined],
  ["x.example", undefined],
  ["fox.com", undefined],
  ["box.example", "box.com"],
  ["openapi.acme.example", undefined],
  ["notopenai.example", undefined],
  ["localhost", undefined],
];

for (const [host, like] of HOSTS) {
  Deno.test(`${host} looks like ${like ?? "no other domain"}`, () => {
    const found = findResemblance(host, KNOWN);
    assert.equal(found?.domain, like);
    if (like !== undefined) assert.equal(found?.owner, `the owner of ${like}`);
  });
}

Deno.test("isPublicSuffix() knows where names belong to different people", () => {
  for (const host of ["com", "co.uk", "github.io", "internal"]) assert.ok(isPublicSuffix(host));
  for (const host of ["openai.com", "a.co.uk", "me.github.io", "acme.internal"]) {
    assert.ok(!isPublicSuffix(host), host);
  }
});

Deno.test("registrableDomain() is what somebody registered", () => {
  assert.equal(registrableDomain("a.b.openai.co.uk"), "openai.co.uk");
  assert.equal(registrableDomain("me.github.io"), "github.io");
  assert.equal(registrableDomain("localhost"), "localhost");
});

Deno.test("unicodeName() gives what people read", () => {
  assert.equal(unicodeName("xn--penai-iye.com"), "\u043Epenai.com");
  assert.equal(unicodeName("api.openai.com"), undefined);
});
