/**
 * Whether a request satisfies a policy, as far as the request itself tells. Pure.
 *
 * Theory of operation: a rule about methods or paths is worth nothing if the request can name
 * another method or path elsewhere, where some servers look and we would not. So under such a rule
 * every field and parameter known to do that is refused, whatever it says.
 *
 * @module
 */

import { matchPathPattern, plainSegments } from "./path_pattern.ts";
import type { AllowRule, Policy } from "./policy.ts";

/** What a policy sees of a request. */
export interface PolicyRequest {
  /** As it came; `GET` for WebSocket over HTTP/2 (RFC 8441), which HTTP/1.1 asks for with GET. */
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Without the question mark; empty if there is none. */
  readonly query: string;
  /** Whether it asks for another protocol, such as WebSocket. */
  readonly isUpgrade: boolean;
  /** Of every header field, in any case. */
  readonly fieldNames: readonly string[];
}

/** Names of the rules, as `config.json` writes them. */
export type RuleName = "allow" | "read_only" | "max_requests" | "expires" | "ask";

/** A rule that a request breaks. */
export interface Violation {
  readonly rule: RuleName;
  readonly policy: Policy;
  /** 403, or 400 if the request cannot be judged. */
  readonly status: 400 | 403;
  /** A clause that follows the rule's name. */
  readonly problem: string;
}

const READ_ONLY_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Fields that name another method, with `-` for `_` as CGI has it. */
const METHOD_FIELDS: ReadonlySet<string> = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-httpmethod-override",
  "x-original-method",
  "x-forwarded-method",
]);

/** Parameters that name another method, in lower case. */
const METHOD_PARAMETERS: ReadonlySet<string> = new Set([
  "_method",
  "_httpmethod",
  "$httpmethod",
  "httpmethod",
  ...METHOD_FIELDS,
].map((name) => name.replaceAll("-", "_")));

const METHOD_VALUE = /^(?:get|head|options|post|put|patch|delete|merge|trace|connect)$/i;

/** Fields that name another path. */
const PATH_FIELDS: ReadonlySet<string> = new Set([
  "x-original-url",
  "x-rewrite-url",
  "x-original-uri",
  "x-original-path",
  "x-override-url",
  "x-forwarded-uri",
  "x-forwarded-path",
  "x-http-path-override",
  "x-http-destinationurl",
]);

/** The first rule of `policies` that the request breaks, whatever it has done before. */
export function findViolation(
  policies: readonly Policy[],
  request: PolicyRequest,
): Violation | undefined {
  const segments = plainSegments(request.path);
  for (const policy of policies) {
    const found = findDoubt(policy, request, segments) ?? findBreach(policy, request, segments);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What keeps the method or the path from being judged, or from being shown to a person. */
function findDoubt(
  policy: Policy,
  request: PolicyRequest,
  segments: readonly string[] | undefined,
): Violation | undefined {
  const asked = policy.ask ? "ask" : undefined;
  const byPath = policy.allow === undefined ? asked : "allow";
  if (byPath !== undefined) {
    if (segments === undefined && request.path !== "*") {
      const problem = "cannot judge a path that could be read in two ways";
      return { rule: byPath, policy, status: 400, problem };
    }
    const field = findField(request, PATH_FIELDS);
    if (field !== undefined) return overridden(byPath, policy, `the field ${field}`);
  }
  const byMethod = policy.readOnly ? "read_only" : namesMethods(policy) ? "allow" : asked;
  if (byMethod === undefined) return undefined;
  const place = findMethodOverride(request);
  return place === undefined ? undefined : overridden(byMethod, policy, place);
}

function namesMethods({ allow }: Policy): boolean {
  return allow !== undefined && allow.some(({ methods }) => methods !== undefined);
}

function overridden(rule: RuleName, policy: Policy, place: string): Violation {
  return { rule, policy, status: 403, problem: `refuses ${place}, which can change a request` };
}

function findBreach(
  policy: Policy,
  request: PolicyRequest,
  segments: readonly string[] | undefined,
): Violation | undefined {
  const { readOnly, allow } = policy;
  if (readOnly && (!READ_ONLY_METHODS.has(request.method) || request.isUpgrade)) {
    const problem = "allows GET, HEAD and OPTIONS only, and no upgrade";
    return { rule: "read_only", policy, status: 403, problem };
  }
  if (allow === undefined) return undefined;
  if (allow.some((rule) => isCovered(rule, request, segments))) return undefined;
  const problem = "does not cover the method and path of this request";
  return { rule: "allow", policy, status: 403, problem };
}

/** A path that is none, such as `*`, is covered by no pattern. */
function isCovered(
  { methods, path }: AllowRule,
  request: PolicyRequest,
  segments: readonly string[] | undefined,
): boolean {
  if (segments === undefined) return false;
  return (methods === undefined || methods.includes(request.method)) &&
    matchPathPattern(path, segments);
}

function findField(request: PolicyRequest, names: ReadonlySet<string>): string | undefined {
  return request.fieldNames.find((name) => names.has(name.toLowerCase().replaceAll("_", "-")));
}

function findMethodOverride(request: PolicyRequest): string | undefined {
  const field = findField(request, METHOD_FIELDS);
  if (field !== undefined) return `the field ${field}`;
  if (request.query === "") return undefined;
  const pair = request.query.split(/[&;]/).find(isMethodOverride);
  return pair === undefined ? undefined : "a parameter that names a method";
}

function isMethodOverride(pair: string): boolean {
  const [written = "", value = ""] = pair.split("=", 2);
  const name = parameterName(written);
  return METHOD_PARAMETERS.has(name) || (name === "method" && METHOD_VALUE.test(decode(value)));
}

/** As the laxest of servers read it: PHP drops what stands before, and cuts at a bracket. */
function parameterName(written: string): string {
  const [name = ""] = decode(written).trimStart().split(/[[\0]/, 1);
  return name.toLowerCase().replaceAll(/[-. ]/g, "_");
}

function decode(text: string): string {
  const plain = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(plain).trim();
  } catch {
    return plain.replaceAll(
      /%[0-9a-f]{2}/gi,
      (code) => String.fromCharCode(parseInt(code.slice(1), 16)),
    ).trim();
  }
}
