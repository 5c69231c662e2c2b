import assert from "node:assert/strict";
import { AuthsomeError } from "../lib/errors.ts";
import {
  comparePatterns,
  constraintOf,
  matchHost,
  matchPath,
  parseHostPattern,
} from "../lib/host_pattern.ts";
import { parseHostname } from "../lib/hostname.ts";

/** Whether `host:port` matches; a host that cannot even be read does not. */
function matches(pattern: string, host: string, port = 443): boolean {
  try {
    return matchHost(parseHostPattern(pattern), { host: parseHostname(host), port });
  } catch (error) {
    assert.ok(error instanceof AuthsomeError);
    return false;
  }
}

interface HostCase {
  readonly pattern: string;
  readonly yes: readonly (string | [string, number])[];
  readonly no: readonly (string | [string, number])[];
}

const HOSTS: readonly HostCase[] = [
  {
    pattern: "api.openai.com",
    yes: ["api.openai.com", "API.OPENAI.COM"],
    no: [
      "api.openai.com.",
      "evil-api.openai.com",
      "evilapi.openai.com",
      "x.api.openai.com",
      "api.openai.com.attacker.example",
      "api.openai.com-attacker.example",
      "api-openai.com",
      "openai.com",
      "apixopenai.com",
      "api.openai.com@attacker.example",
      "api.openai.com\0",
      "api.openaı.com",
      "xn--api-openai-com.example",
      ["api.openai.com", 8443],
      ["api.openai.com", 80],
    ],
  },
  { pattern: "api.example.com:8443", yes: [["api.example.com", 8443]], no: ["api.example.com"] },
  {
    pattern: "*.example.com",
    yes: ["a.example.com", "a.b.c.example.com", "A.EXAMPLE.com"],
    no: [
      "example.com",
      "evilexample.com",
      "a.example.com.attacker.example",
      "a.example.com.",
      "aexample.com",
      ".example.com",
      ["a.example.com", 8443],
    ],
  },
  {
    pattern: "https://example.com/api",
    yes: ["example.com"],
    no: ["a.example.com", ["example.com", 80]],
  },
  { pattern: "http://127.0.0.1:8080", yes: [["127.0.0.1", 8080]], no: ["127.0.0.1"] },
  { pattern: "http://localhost/v1", yes: [["localhost", 80]], no: ["localhost"] },
  { pattern: "[::1]:8443", yes: [["[::1]", 8443], ["[0:0:0:0:0:0:0:1]", 8443]], no: ["[::1]"] },
  {
    pattern: "regex:^[a-z0-9-]+\\.api\\.mailchimp\\.com$",
    yes: ["us6.api.mailchimp.com", "US6.api.mailchimp.com"],
    no: [
      "api.mailchimp.com",
      "a.us6.api.mailchimp.com",
      "us6.api.mailchimp.com.attacker.example",
      "us6-api.mailchimp.com",
      "us6.apixmailchimp.com",
      ["us6.api.mailchimp.com", 8443],
    ],
  },
  {
    pattern: "regex:^(?:.*\\.)?googleapis\\.com$",
    yes: ["googleapis.com", "www.googleapis.com", "a.b.googleapis.com"],
    no: ["evilgoogleapis.com", "googleapis.com.attacker.example", "googleapis.attacker.example"],
  },
];

for (const { pattern, yes, no } of HOSTS) {
  Deno.test(`${pattern} matches what it names and nothing near it`, () => {
    for (const target of yes) {
      const [host, port] = typeof target === "string" ? [target, 443] as const : target;
      assert.ok(matches(pattern, host, port), `should match ${host}:${port}`);
    }
    for (const target of no) {
      const [host, port] = typeof target === "string" ? [target, 443] as const : target;
      assert.ok(!matches(pattern, host, port), `must not match ${host}:${port}`);
    }
  });
}

const REFUSED: readonly string[] = [
  "",
  "api.example.com.",
  "api.example.com/v1",
  "api.example.com:0",
  "api.example.com:65536",
  "api.example.com:0443",
  "api.example.com:",
  "user@api.example.com",
  "https://user:pw@api.example.com/",
  "http://api.example.com",
  "http://localhost.example/",
  "ftp://api.example.com",
  "https://",
  "https:///v1",
  "https://api.example.com?x=1",
  "https://api.example.com/#x",
  "https://api.example.com/a//b",
  "https://api.example.com/a/../b",
  "https://api.example.com/./b",
  "https://api.example.com/%2e%2e/b",
  "https://api.example.com/a\\b",
  "https://*.example.com/",
  "*",
  "*.com",
  "*.*.example.com",
  "a.*.example.com",
  "*.10.0.0.1",
  "api.*.com",
  "127.1",
  "0x7f000001",
  "bücher.example",
  "::1",
  "{base_url}",
  "regex:",
  "regex:.*\\.linear\\.app",
  "regex:^.*googleapis.*$",
  "regex:^.*$",
  "regex:^.*\\.com$",
  "regex:^.*githubusercontent\\.com$",
  "regex:^api.example.com$",
  "regex:^(a\\.example\\.com|b\\.example\\.org)$",
  "regex:^a\\.example\\.com|b\\.example\\.com$",
  "regex:^([a-z]+\\.)+example\\.com$",
  "regex:^[a-z.]+[a-z.]+\\.example\\.com$",
  "regex:^10\\.0\\.0\\.[0-9]+$",
  "regex:^127\\.0\\.0\\.1$",
];

for (const text of REFUSED) {
  Deno.test(`parseHostPattern() refuses ${JSON.stringify(text)} and names it`, () => {
    assert.throws(() => parseHostPattern(text), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "usage");
      assert.ok(error.message.includes(JSON.stringify(text)), error.message);
      assert.notEqual(error.hint, "");
      return true;
    });
  });
}

const PATHS: readonly [string, string, boolean][] = [
  ["https://example.com/v1", "/v1", true],
  ["https://example.com/v1", "/v1/", true],
  ["https://example.com/v1", "/v1/x?y", true],
  ["https://example.com/v1", "/v1?x", true],
  ["https://example.com/v1/", "/v1", true],
  ["https://example.com/v1", "/v1x", false],
  ["https://example.com/v1", "/v10", false],
  ["https://example.com/v1", "/V1", false],
  ["https://example.com/v1", "/x/v1", false],
  ["https://example.com/v1", "/", false],
  ["https://example.com/v1", "*", false],
  ["https://example.com/", "/anything", true],
  ["https://example.com", "*", true],
  ["example.com", "/anything", true],
  ["*.example.com", "/anything", true],
];

for (const [pattern, path, expected] of PATHS) {
  Deno.test(`${pattern} ${expected ? "covers" : "does not cover"} the path ${path}`, () => {
    assert.equal(matchPath(parseHostPattern(pattern), path), expected);
  });
}

Deno.test("comparePatterns() sorts the most specific pattern first", () => {
  const sorted = [
    "https://a.example.com/v1/models",
    "https://a.example.com/v1",
    "a.example.com",
    "*.a.example.com",
    "*.example.com",
    "regex:^[a-z]\\.b\\.example\\.com$",
    "regex:^[a-z]\\.example\\.com$",
  ];
  const shuffled = sorted.toReversed().map(parseHostPattern).sort(comparePatterns);
  assert.deepEqual(shuffled, sorted.map(parseHostPattern));
});

Deno.test("comparePatterns() calls two patterns of one shape a tie", () => {
  assert.equal(comparePatterns(parseHostPattern("a.example"), parseHostPattern("b.example")), 0);
  assert.equal(
    comparePatterns(parseHostPattern("a.example"), parseHostPattern("https://a.example/")),
    0,
  );
});

const CONSTRAINTS: Readonly<Record<string, string>> = {
  "api.example.com": "api.example.com",
  "https://api.example.com:8443/v1": "api.example.com",
  "127.0.0.1:8443": "127.0.0.1",
  "[::1]": "::1",
  "*.example.com": "example.com",
  "regex:^(?:.*\\.)?googleapis\\.com$": "googleapis.com",
  "regex:^[a-z0-9-]+\\.api\\.mailchimp\\.com$": "api.mailchimp.com",
  "regex:^(a|b)\\.example\\.com$": "example.com",
  "regex:^x[0-9]?-y\\.example\\.com$": "example.com",
  "regex:^only\\.example\\.com$": "only.example.com",
  "regex:^(eu|us)[.]api[.]example[.]com$": "api.example.com",
};

for (const [text, expected] of Object.entries(CONSTRAINTS)) {
  Deno.test(`constraintOf() is ${expected} for ${text}`, () => {
    assert.equal(constraintOf(parseHostPattern(text)), expected);
  });
}
