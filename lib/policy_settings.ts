/**
 * Reads policies from `config.json` and from flags. What is wrong with one is an error, never
 * ignored: a policy that is not understood must not let a request pass.
 *
 * @module
 */

import { AuthsomeError } from "./errors.ts";
import { fieldError, ObjectReader, type Place } from "./object_reader.ts";
import {
  type AllowRule,
  parseAllowRule,
  parseExpiry,
  parsePolicySubject,
  type Policy,
} from "./policy.ts";

/** Policies as flags write them. Each list may be empty. */
export interface PolicyFlags {
  /** `P:[METHODS ]PATH`. */
  readonly allow: readonly string[];
  /** `P`. */
  readonly readOnly: readonly string[];
  /** `[P=]N`. */
  readonly maxRequests: readonly string[];
  /** `[P=]TIME`. */
  readonly expires: readonly string[];
  /** `P`. */
  readonly ask: readonly string[];
}

const CONFIG_FIELDS = "allow, read_only, max_requests, expires, ask";

/**
 * Reads the value of `policy` in a configuration file: subjects to policies.
 *
 * @param where The file.
 * @param now Milliseconds since the epoch; durations count from here.
 * @throws {AuthsomeError} `usage`, naming file and field.
 */
export function parsePolicyConfig(
  value: unknown,
  { where, now }: { readonly where: string; readonly now: number },
): readonly Policy[] {
  const reader = new ObjectReader({ where, path: "policy" }, value);
  return reader.keys().map((key) => {
    const place = reader.at(key);
    return parseConfigPolicy(key, new ObjectReader(place, reader.value(key)), now);
  });
}

function parseConfigPolicy(key: string, fields: ObjectReader, now: number): Policy {
  const { place } = fields;
  const hint = 'Write "openai", "openai/work" or "*" for every provider.';
  const subject = reading(place, hint, () => parsePolicySubject(key));
  const policy = {
    subject,
    origin: "config.json",
    ...parseAllow(fields),
    readOnly: fields.flag("read_only", false),
    ...parseMaxRequests(fields),
    ...parseExpires(fields, now),
    ask: fields.flag("ask", false),
  };
  const unknown = fields.keys().find((name) => !CONFIG_FIELDS.split(", ").includes(name));
  if (unknown === undefined) return policy;
  throw fields.error(unknown, "is not a known field", `Use ${CONFIG_FIELDS}.`);
}

function parseAllow(fields: ObjectReader): Pick<Policy, "allow"> {
  if (fields.value("allow") === undefined) return {};
  const place = fields.at("allow");
  const hint = 'Write ["GET,POST /v1/chat/**"], methods first or left out.';
  return { allow: fields.texts("allow").map((text) => readRule(place, hint, text)) };
}

function readRule(place: Place, hint: string, text: string): AllowRule {
  return reading(place, hint, () => parseAllowRule(text), text);
}

function parseMaxRequests(fields: ObjectReader): Pick<Policy, "maxRequests"> {
  const value = fields.value("max_requests");
  if (value === undefined) return {};
  if (Number.isSafeInteger(value) && Number(value) >= 0) return { maxRequests: Number(value) };
  throw fields.error("max_requests", "is not a number of requests", "Write 0, 1, 2, …");
}

function parseExpires(fields: ObjectReader, now: number): Pick<Policy, "expiresAt"> {
  const text = fields.optionalText("expires");
  if (text === undefined) return {};
  const hint = 'Write "15m", counted from the start of a run, or "2030-01-31T12:00:00Z".';
  return { expiresAt: reading(fields.at("expires"), hint, () => parseExpiry(text, now), text) };
}

/** Names file and field of what `parse` throws. */
function reading<T>(place: Place, hint: string, parse: () => T, text?: string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AuthsomeError) throw fieldError(place, "names no provider", hint);
    if (!(error instanceof SyntaxError)) throw error;
    throw fieldError(place, `has ${JSON.stringify(text)}, but ${error.message}`, hint);
  }
}

/**
 * Reads the flags of a run. One policy for each flag, but one for all the `--allow` of a subject:
 * these are alternatives.
 *
 * @param now Milliseconds since the epoch; durations count from here.
 * @throws {AuthsomeError} `usage`, naming the flag.
 */
export function parsePolicyFlags(flags: PolicyFlags, now: number): readonly Policy[] {
  const allowed = Map.groupBy(flags.allow.map(parseAllowFlag), ({ subject }) => subject);
  return [
    ...[...allowed].map(([subject, rules]) => fromFlag(subject, { allow: rules.map(ruleOf) })),
    ...flags.readOnly.map((subject) => fromFlag(subject, { readOnly: true })),
    ...flags.maxRequests.map((text) => {
      const { subject, value } = splitFlag(text);
      if (!/^\d{1,15}$/.test(value)) {
        throw wrongFlag("max-requests", text, "it is no number", "P=10");
      }
      return fromFlag(subject, { maxRequests: Number(value) });
    }),
    ...flags.expires.map((text) => {
      const { subject, value } = splitFlag(text);
      const expiresAt = inFlag("expires", text, "P=15m", () => parseExpiry(value, now));
      if (expiresAt <= now) throw pastFlag(text);
      return fromFlag(subject, { expiresAt });
    }),
    ...flags.ask.map((subject) => fromFlag(subject, { ask: true })),
  ];
}

interface AllowFlag {
  readonly subject: string;
  readonly rule: AllowRule;
}

function ruleOf({ rule }: AllowFlag): AllowRule {
  return rule;
}

function parseAllowFlag(text: string): AllowFlag {
  const example = "'openai:POST /v1/chat/**'";
  const match = /^([^:/ ]+(?:\/[^: ]+)?):(.*)$/.exec(text);
  if (match === null) throw wrongFlag("allow", text, "it names no provider", example);
  const [, subject = "", rule = ""] = match;
  return { subject, rule: inFlag("allow", text, example, () => parseAllowRule(rule)) };
}

/** `openai=5` or `5`. */
function splitFlag(text: string): { readonly subject: string; readonly value: string } {
  const equals = text.indexOf("=");
  if (equals < 0) return { subject: "*", value: text };
  return { subject: text.slice(0, equals), value: text.slice(equals + 1) };
}

function fromFlag(subject: string, rules: Partial<Policy>): Policy {
  const origin = "the command line";
  return { subject: parsePolicySubject(subject), origin, readOnly: false, ask: false, ...rules };
}

function inFlag<T>(name: string, text: string, example: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrongFlag(name, text, error.message, example);
  }
}

function pastFlag(text: string): AuthsomeError {
  return new AuthsomeError("usage", `--expires '${text}' is in the past.`, {
    hint: "Write it as --expires P=15m, or as a time that is to come.",
  });
}

function wrongFlag(name: string, text: string, why: string, example: string): AuthsomeError {
  return new AuthsomeError("usage", `--${name} '${text}' is not understood: ${why}.`, {
    hint: `Write it as --${name} ${example}`,
  });
}
