import assert from "node:assert/strict";
import { formatHostAndPort, isIpAddress, isLoopback, parseHostname } from "../lib/hostname.ts";

const ACCEPTED: Readonly<Record<string, string>> = {
  "api.openai.com": "api.openai.com",
  "API.OpenAI.com": "api.openai.com",
  "localhost": "localhost",
  "xn--bcher-kva.example": "xn--bcher-kva.example",
  "a_b.example.com": "a_b.example.com",
  "3com.example": "3com.example",
  "127.0.0.1": "127.0.0.1",
  "0x7f.example": "0x7f.example",
  "[::1]": "::1",
  "[2001:DB8:0:0:0:0:0:1]": "2001:db8::1",
  "[::ffff:127.0.0.1]": "::ffff:7f00:1",
};

const REFUSED: readonly string[] = [
  "",
  ".",
  "api.openai.com.",
  ".openai.com",
  "api..openai.com",
  "-api.openai.com",
  "api-.openai.com",
  "api.openai.com\0.attacker.example",
  "api.openai.com\n",
  " api.openai.com",
  "api.openai.com:443",
  "user@api.openai.com",
  "api.openai.com/v1",
  "*.openai.com",
  "bücher.example",
  "api.openai.com\u3002",
  "\u212aey.example",
  "apı.example",
  `${"a".repeat(64)}.example`,
  `${"abc.".repeat(63)}toolong`,
  "127.1",
  "127.0.0.01",
  "0177.0.0.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0x1",
  "256.0.0.1",
  "1.2.3.4.5",
  "::1",
  "[::1",
  "[::1]:443",
  "[fe80::1%eth0]",
  "[1.2.3.4]",
  "[:::1]",
];

for (const [text, host] of Object.entries(ACCEPTED)) {
  Deno.test(`parseHostname() reads ${text}`, () => assert.equal(parseHostname(text), host));
}

for (const text of REFUSED) {
  Deno.test(`parseHostname() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseHostname(text), { name: "AuthsomeError", code: "usage" });
  });
}

Deno.test("parseHostname() agrees with the URL parser on every name it accepts", () => {
  for (const [text, host] of Object.entries(ACCEPTED)) {
    assert.equal(new URL(`https://${text}/`).hostname.replace(/^\[|\]$/g, ""), host);
  }
});

Deno.test("isLoopback() knows loopback by address and by reserved name only", () => {
  const yes = ["localhost", "a.localhost", "127.0.0.1", "127.255.0.9", "[::1]"];
  const no = ["127.0.0.1.example", "localhost.example", "notlocalhost", "10.0.0.1", "[::2]"];
  assert.deepEqual(yes.filter((text) => !isLoopback(parseHostname(text))), []);
  assert.deepEqual(no.filter((text) => isLoopback(parseHostname(text))), []);
});

Deno.test("isIpAddress() tells addresses from names", () => {
  assert.deepEqual(
    ["10.0.0.1", "[::1]", "a.example", "localhost"].map((text) => isIpAddress(parseHostname(text))),
    [true, true, false, false],
  );
});

Deno.test("formatHostAndPort() puts IPv6 in brackets", () => {
  assert.equal(formatHostAndPort({ host: parseHostname("a.example"), port: 80 }), "a.example:80");
  assert.equal(formatHostAndPort({ host: parseHostname("[::1]"), port: 443 }), "[::1]:443");
});
