import assert from "node:assert/strict";
import { matchPathPattern, parsePathPattern, plainSegments } from "../lib/path_pattern.ts";

const MATCHES: readonly [pattern: string, covered: readonly string[], not: readonly string[]][] = [
  ["/", ["/"], ["/v1", "/v1/"]],
  ["/v1", ["/v1"], ["/", "/v1/", "/v1/x", "/v1x", "/V1"]],
  ["/v1/", ["/v1/"], ["/v1", "/v1/x"]],
  ["/v1/*", ["/v1/models"], ["/v1", "/v1/", "/v1/models/x", "/v1/models/"]],
  ["/v1/*/files", ["/v1/x/files"], ["/v1/files", "/v1/x/y/files", "/v1/x/files/z"]],
  ["/v1/**", ["/v1", "/v1/", "/v1/a", "/v1/a/b/"], ["/", "/v1x", "/v2/v1/a"]],
  ["/**", ["/", "/a", "/a/b"], []],
  ["/**/x", ["/x", "/a/x", "/a/x/b/x"], ["/", "/xx", "/a/x/b"]],
  ["/a/**/b/*/c", ["/a/b/1/c", "/a/b/b/b/1/c"], ["/a/b/c", "/a/b/1/2/c"]],
  ["/v1/gpt-*", ["/v1/gpt-4", "/v1/gpt-"], ["/v1/gpt", "/v1/gpt-4/x"]],
  ["/v1/*:run", ["/v1/m:run", "/v1/:run:run"], ["/v1/m:delete", "/v1/m:run:x"]],
  ["/a*b*c", ["/abc", "/a1b2c", "/abcbc"], ["/ab", "/abcd", "/a/b/c"]],
  ["/größe/*", ["/gr%C3%B6%c3%9fe/x", "/gr%C3%B6%C3%9Fe/%78"], ["/grosse/x"]],
];

Deno.test("a pattern covers whole segments, decoded", () => {
  for (const [pattern, covered, not] of MATCHES) {
    const parsed = parsePathPattern(pattern);
    const matches = (path: string): boolean =>
      matchPathPattern(parsed, plainSegments(path) ?? assert.fail(`${path} is not plain`));
    assert.deepEqual([...covered, ...not].filter(matches), covered, pattern);
  }
});

/** Each could be another path to some server. */
const AMBIGUOUS: readonly string[] = [
  "",
  "*",
  "v1",
  "//v1",
  "/v1//chat",
  "/v1/chat//",
  "/v1/../admin",
  "/v1/./admin",
  "/v1/..",
  "/v1/..;/admin",
  "/v1/..;x=y/admin",
  "/v1/.../admin",
  "/v1/..%20/admin",
  "/v1/%2e%2e/admin",
  "/v1/%2E./admin",
  "/v1/a%2eb",
  "/v1/%252e%252e/admin",
  "/v1/%25252e/admin",
  "/v1%2fadmin",
  "/v1%2Fadmin",
  "/v1%252fadmin",
  "/v1%5cadmin",
  "/v1\\admin",
  "/v1/..\\admin",
  "/v1;admin",
  "/v1/chat;jsessionid=1",
  "/v1/chat%3badmin",
  "/v1/chat%3fx",
  "/v1/chat%23x",
  "/v1/chat#x",
  "/v1/chat%00",
  "/v1/chat%0a",
  "/v1/chat%7f",
  "/v1/chat%",
  "/v1/chat%2",
  "/v1/chat%zz",
  "/v1/%u002e",
  "/v1/%c0%ae%c0%ae/admin",
  "/v1%c0%afadmin",
  "/v1%ef%bc%8fadmin",
  "/v1/%ef%bc%8e%ef%bc%8e/admin",
  "/v1/%e2%80%a5/admin",
  "/v1/%ff",
  "/v1/gr\u00f6\u00dfe",
  "/v1/a b",
  "/v1/a\tb",
];

Deno.test("a path that could be read in two ways has no segments", () => {
  assert.deepEqual(AMBIGUOUS.filter((path) => plainSegments(path) !== undefined), []);
});

Deno.test("plainSegments() undoes the percent-encoding, once", () => {
  assert.deepEqual(plainSegments("/a%20b/%C3%BC/~%7E/x.y/"), ["a b", "ü", "~~", "x.y", ""]);
});

Deno.test("parsePathPattern() refuses what can match no plain path", () => {
  const malformed = [
    "",
    "v1",
    "*",
    "//v1",
    "/v1//x",
    "/v1/../x",
    "/v1/.",
    "/v1/a**",
    "/v1/***",
    "/v1/%41",
    "/v1?x",
    "/v1#x",
    "/v1;x",
    "/v1\\x",
    "/v1/\u0000",
  ];
  for (const text of malformed) assert.throws(() => parsePathPattern(text), SyntaxError, text);
});

Deno.test("a pattern of many stars takes no more time than the path is long", () => {
  const pattern = parsePathPattern(`/${"*a".repeat(50)}b`);
  assert.equal(matchPathPattern(pattern, ["a".repeat(20_000)]), false);
});
