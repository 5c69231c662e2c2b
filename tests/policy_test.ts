import assert from "node:assert/strict";
import { parseConnectionName } from "../lib/connection.ts";
import { AuthsomeError } from "../lib/errors.ts";
import { parseAllowRule, parseExpiry, parsePolicySubject } from "../lib/policy.ts";
import { findViolation, type PolicyRequest } from "../lib/policy_check.ts";
import { parsePolicyConfig, parsePolicyFlags, type PolicyFlags } from "../lib/policy_settings.ts";

const NOW = Date.UTC(2026, 0, 1);
const NO_FLAGS: PolicyFlags = { allow: [], readOnly: [], maxRequests: [], expires: [], ask: [] };

interface Case extends Partial<PolicyRequest> {
  readonly field?: string;
}

function judge(rules: object, { field, ...request }: Case): string {
  const policies = parsePolicyConfig({ openai: rules }, { where: "config.json", now: NOW });
  const found = findViolation(policies, {
    method: "GET",
    path: "/v1/chat",
    query: "",
    isUpgrade: false,
    fieldNames: field === undefined ? ["Host"] : ["Host", field],
    ...request,
  });
  return found === undefined ? "pass" : `${found.status} ${found.rule}`;
}

const CHAT = { allow: ["POST /v1/chat/**", "/v1/models"] };
const JUDGED: readonly [rules: object, request: Case, outcome: string][] = [
  [{}, { method: "DELETE", path: "/a/../b", query: "_method=X" }, "pass"],
  [CHAT, { method: "POST", path: "/v1/chat/completions" }, "pass"],
  [CHAT, { method: "DELETE", path: "/v1/models" }, "pass"],
  [CHAT, { method: "GET", path: "/v1/chat/completions" }, "403 allow"],
  [CHAT, { method: "post", path: "/v1/chat/completions" }, "403 allow"],
  [CHAT, { method: "POST", path: "/v1/files" }, "403 allow"],
  [CHAT, { method: "POST", path: "/V1/chat/completions" }, "403 allow"],
  [CHAT, { method: "OPTIONS", path: "*" }, "403 allow"],
  [CHAT, { method: "POST", path: "/v1/chat/../files" }, "400 allow"],
  [CHAT, { method: "POST", path: "/v1/chat%2f..%2ffiles" }, "400 allow"],
  [CHAT, { method: "POST", field: "X-Original-URL" }, "403 allow"],
  [CHAT, { method: "POST", field: "X-Forwarded-Uri" }, "403 allow"],
  [CHAT, { method: "POST", field: "X-Forwarded-Method" }, "403 allow"],
  [CHAT, { method: "POST", field: "x_rewrite_url" }, "403 allow"],
  [CHAT, { method: "POST", query: "_method=DELETE" }, "403 allow"],
  [{ allow: [] }, {}, "403 allow"],
  [{ allow: "/v1/chat" }, { query: "_method=DELETE" }, "pass"],
  [{ allow: "GET /v1/chat" }, { isUpgrade: true }, "pass"],
  [{ read_only: true }, { path: "/a/../b" }, "pass"],
  [{ read_only: true }, { method: "HEAD" }, "pass"],
  [{ read_only: true }, { method: "OPTIONS", path: "*" }, "pass"],
  [{ read_only: true }, { method: "POST" }, "403 read_only"],
  [{ read_only: true }, { method: "get" }, "403 read_only"],
  [{ read_only: true }, { method: "PROPFIND" }, "403 read_only"],
  [{ read_only: true }, { isUpgrade: true }, "403 read_only"],
  [{ read_only: true, allow: "POST /**" }, { method: "POST" }, "403 read_only"],
  [{ read_only: true, allow: "/v1/models" }, {}, "403 allow"],
  [{ ask: true }, { method: "POST" }, "pass"],
  [{ ask: true }, { path: "/v1/..;/x" }, "400 ask"],
  [{ ask: true }, { field: "X-HTTP-Method-Override" }, "403 ask"],
  [{ ask: true }, { field: "X-Original-URL" }, "403 ask"],
];

Deno.test("a policy lets through what its rules cover, and names the rule otherwise", () => {
  for (const [rules, request, outcome] of JUDGED) {
    assert.equal(judge(rules, request), outcome, JSON.stringify({ rules, request }));
  }
});

const OVERRIDING_FIELDS = [
  "X-HTTP-Method-Override",
  "x-http-method-override",
  "X_HTTP_Method_Override",
  "X-HTTP-Method",
  "X-Method-Override",
  "X-METHOD_OVERRIDE",
];

const OVERRIDING_QUERIES = [
  "_method=DELETE",
  "_method",
  "_METHOD=delete",
  "a=1&_method=PUT",
  "a=1;_method=PUT",
  "%5fmethod=PUT",
  "%5F%6dethod=PUT",
  "%FF&%5Fmethod=PUT",
  "_method[]=PUT",
  "_method%5B%5D=PUT",
  "_method%00x=PUT",
  ".method=PUT",
  "+_method=PUT",
  "_HttpMethod=PATCH",
  "$httpMethod=DELETE",
  "X-HTTP-Method-Override=PUT",
  "method=delete",
  "method=%44ELETE",
];

Deno.test("under a rule about methods nothing may name another one", () => {
  const passed = [
    ...OVERRIDING_FIELDS.map((field) => ({ field })),
    ...OVERRIDING_QUERIES.map((query) => ({ query })),
  ].filter((request) => judge({ read_only: true }, request) !== "403 read_only");
  assert.deepEqual(passed, []);
});

Deno.test("a query that names no method passes under a rule about methods", () => {
  const refused = ["", "method=chat.postMessage", "x_method=PUT", "q=_method", "a=%", "&&=;"]
    .filter((query) => judge({ read_only: true }, { query }) !== "pass");
  assert.deepEqual(refused, []);
});

const EXPIRIES: readonly [text: string, end: number][] = [
  ["90s", NOW + 90_000],
  ["15m", NOW + 900_000],
  ["1h30m", NOW + 5_400_000],
  ["2d", NOW + 172_800_000],
  ["2026-02-28T12:00:00Z", Date.UTC(2026, 1, 28, 12)],
  ["2026-02-28T12:00:00.5+02:00", Date.UTC(2026, 1, 28, 10, 0, 0, 500)],
];

const NO_EXPIRIES = [
  ...["", "0s", "15", "m", "1m1h", "-5m", "1.5h", "tomorrow", "9999999s9", "2026-02-28"],
  ...["2026-02-30T12:00:00Z", "2026-02-28T12:00:00", "2026-13-01T00:00:00Z"],
];

Deno.test("a grant ends after a duration or at an RFC 3339 time, and nothing else is either", () => {
  for (const [text, end] of EXPIRIES) assert.equal(parseExpiry(text, NOW), end, text);
  for (const text of NO_EXPIRIES) assert.throws(() => parseExpiry(text, NOW), SyntaxError, text);
});

Deno.test("parseAllowRule() reads methods and a path", () => {
  assert.deepEqual(parseAllowRule("get,POST  /v1/a b").methods, ["GET", "POST"]);
  assert.equal(parseAllowRule("GET /v1/a b").path.text, "/v1/a b");
  assert.equal(parseAllowRule("/v1").methods, undefined);
  for (const text of ["", "GET", "GET,/v1", "GET v1", ",GET /v1", "GET POST /v1", "G\u00c9T /"]) {
    assert.throws(() => parseAllowRule(text), SyntaxError, text);
  }
});

Deno.test("parsePolicySubject() reads a provider, a connection of it, or every provider", () => {
  assert.deepEqual(parsePolicySubject("*"), {});
  assert.deepEqual(parsePolicySubject("openai"), { provider: "openai" });
  const connection = parseConnectionName("work@home");
  assert.deepEqual(parsePolicySubject("openai/work@home"), { provider: "openai", connection });
  for (const text of ["", "OpenAI", "openai/", "/work", "openai/a/b", "**"]) {
    assert.throws(() => parsePolicySubject(text), AuthsomeError, text);
  }
});

const WRONG_CONFIGS: readonly [policy: unknown, place: string][] = [
  [null, "policy"],
  [[], "policy"],
  ["openai", "policy"],
  [{ OpenAI: {} }, "policy.OpenAI"],
  [{ "openai/": {} }, "policy.openai/"],
  [{ openai: null }, "policy.openai"],
  [{ openai: [] }, "policy.openai"],
  [{ openai: { allowed: ["/v1"] } }, "policy.openai.allowed"],
  [{ openai: { "read-only": true } }, "policy.openai.read-only"],
  [{ openai: { allow: [1] } }, "policy.openai.allow"],
  [{ openai: { allow: ["v1"] } }, "policy.openai.allow"],
  [{ openai: { allow: ["GET /a/../b"] } }, "policy.openai.allow"],
  [{ openai: { allow: { path: "/v1" } } }, "policy.openai.allow"],
  [{ openai: { read_only: "yes" } }, "policy.openai.read_only"],
  [{ openai: { max_requests: "5" } }, "policy.openai.max_requests"],
  [{ openai: { max_requests: -1 } }, "policy.openai.max_requests"],
  [{ openai: { max_requests: 1.5 } }, "policy.openai.max_requests"],
  [{ openai: { expires: 15 } }, "policy.openai.expires"],
  [{ openai: { expires: "soon" } }, "policy.openai.expires"],
  [{ "openai/work": { ask: 1 } }, "policy.openai/work.ask"],
];

Deno.test("a wrong policy in config.json is a usage error that names file and field", () => {
  for (const [policy, place] of WRONG_CONFIGS) {
    assert.throws(
      () => parsePolicyConfig(policy, { where: "/home/config.json", now: NOW }),
      (error) => {
        assert.ok(error instanceof AuthsomeError, String(error));
        assert.equal(error.code, "usage");
        assert.ok(error.message.startsWith(`/home/config.json: '${place}' `), error.message);
        assert.notEqual(error.hint, "");
        return true;
      },
    );
  }
});

const WRONG_FLAGS: readonly Partial<PolicyFlags>[] = [
  { allow: ["/v1/**"] },
  { allow: ["POST /v1/a:b"] },
  { allow: ["openai:"] },
  { allow: ["openai:POST"] },
  { allow: ["openai:/v1/../x"] },
  { allow: ["OpenAI:/v1"] },
  { readOnly: [""] },
  { readOnly: ["openai/"] },
  { maxRequests: ["openai=many"] },
  { maxRequests: ["openai="] },
  { maxRequests: ["-1"] },
  { maxRequests: ["Open AI=1"] },
  { expires: ["openai=later"] },
  { expires: [""] },
  { ask: ["OPENAI"] },
];

Deno.test("a wrong flag is a usage error", () => {
  for (const flags of WRONG_FLAGS) {
    assert.throws(
      () => parsePolicyFlags({ ...NO_FLAGS, ...flags }, NOW),
      (error) => error instanceof AuthsomeError && error.code === "usage" && error.hint !== "",
      JSON.stringify(flags),
    );
  }
});

Deno.test("the --allow of one subject are alternatives, every other flag is a policy of its own", () => {
  const policies = parsePolicyFlags({
    allow: ["openai:/a", "openai/work:/b", "openai:POST /c:d"],
    readOnly: ["*"],
    maxRequests: ["openai=5", "7"],
    expires: ["openai/work=1m"],
    ask: ["openai"],
  }, NOW);
  const shown = policies.map(({ subject, allow, ...rest }) => [
    Object.values(subject).join("/"),
    allow?.map(({ path }) => path.text) ??
      Object.entries(rest).filter(([name, value]) => name !== "origin" && value !== false).flat(),
  ]);
  assert.deepEqual(shown, [
    ["openai", ["/a", "/c:d"]],
    ["openai/work", ["/b"]],
    ["", ["readOnly", true]],
    ["openai", ["maxRequests", 5]],
    ["", ["maxRequests", 7]],
    ["openai/work", ["expiresAt", NOW + 60_000]],
    ["openai", ["ask", true]],
  ]);
});
