import assert from "node:assert/strict";
import { parseHostname } from "../../lib/hostname.ts";
import { createNoProxy } from "../../lib/ca/no_proxy.ts";

const LOOPBACK = "localhost,127.0.0.1,::1";
const ROUTED = ["api.openai.com", "googleapis.com", "192.0.2.7", "[2001:db8::7]"].map(
  parseHostname,
);

/** The parent's entries that survive beside loopback. */
function surviving(parent: string): string {
  return createNoProxy([parent], ROUTED).replace(LOOPBACK, "").replace(/^,/, "");
}

const KEPT = [
  "corp.example",
  ".corp.example",
  "*.corp.example",
  "corp.example:8080",
  "status.openai.com",
  "10.0.0.0/8",
  "192.0.2.8",
  "192.0.3.0/24",
  "2001:db8::8",
  "fd00::/8",
  "172.16.0.1:8443",
];

for (const entry of KEPT) {
  Deno.test(`createNoProxy() keeps ${entry}`, () => assert.equal(surviving(entry), entry));
}

const DROPPED = [
  "*",
  "api.openai.com",
  "API.OpenAI.com",
  "api.openai.com:443",
  "openai.com",
  ".openai.com",
  "*.openai.com",
  "enai.com",
  "com",
  ".com",
  "storage.googleapis.com",
  ".storage.googleapis.com",
  "192.0.2.7",
  "192.0.2.0/24",
  "0.0.0.0/0",
  "192.0.2.7:443",
  "2001:db8::7",
  "[2001:db8::7]",
  "2001:db8::/32",
  "::/0",
  "192.0.2.*",
  "192.*",
  "<local>",
  ".",
  "",
];

for (const entry of DROPPED) {
  Deno.test(`createNoProxy() drops '${entry}'`, () => assert.equal(surviving(entry), ""));
}

Deno.test("createNoProxy() adds loopback and joins both of the parent's spellings", () => {
  const value = createNoProxy(["corp.example, localhost", "corp.example other.example"], ROUTED);
  assert.equal(value, `${LOOPBACK},corp.example,other.example`);
});

for (const host of ["localhost", "api.localhost", "127.0.0.1", "127.8.9.10", "[::1]"]) {
  Deno.test(`createNoProxy() leaves loopback out if ${host} is routed`, () =>
    assert.equal(createNoProxy(["corp.example"], [parseHostname(host)]), "corp.example"));
}

Deno.test("createNoProxy() drops the parent's own loopback if loopback is routed", () => {
  assert.equal(
    createNoProxy(
      ["localhost,127.0.0.0/8,::1"],
      ["localhost", "127.0.0.1", "[::1]"].map(parseHostname),
    ),
    "",
  );
});
