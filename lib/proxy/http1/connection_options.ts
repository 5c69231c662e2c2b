/**
 * The `Connection` field (RFC 9110, section 7.6.1): what a message says about its own hop.
 *
 * @module
 */

import { fieldValue, findField, type HeadLines, MalformedHeadError } from "./head_lines.ts";

/** The options of all `Connection` fields together. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Every option, lower case, in order. */
  readonly names: readonly string[];
}

const CONNECTION = "Connection";
const NO_OPTIONS: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, names: [] };
/** What nearly every `Connection` field says, read once. */
const USUAL: ReadonlyMap<string, ConnectionOptions> = new Map(
  ["keep-alive", "close"].map((name) => [name, optionsOf([name])]),
);
const OPTION = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Fields that make a message what it is: a hop that dropped one would change its meaning. */
const END_TO_END: ReadonlySet<string> = new Set([
  "authorization",
  "content-length",
  "cookie",
  "host",
  "transfer-encoding",
]);

/**
 * Reads all `Connection` fields.
 *
 * @throws {MalformedHeadError} if an option is not a token, or names a field that the next hop
 * must not drop.
 */
export function parseConnectionOptions(lines: HeadLines): ConnectionOptions {
  let index = findField(lines, CONNECTION);
  if (index < 0) return NO_OPTIONS;
  const usual = USUAL.get(fieldValue(lines, index));
  if (usual !== undefined && findField(lines, CONNECTION, index + 1) < 0) return usual;
  const names: string[] = [];
  for (; index >= 0; index = findField(lines, CONNECTION, index + 1)) {
    names.push(...fieldValue(lines, index).toLowerCase().split(/[ \t]*,[ \t]*/));
  }
  const options = names.filter((name) => name !== "");
  if (options.some((name) => !OPTION.test(name) || END_TO_END.has(name))) {
    throw new MalformedHeadError("its Connection field");
  }
  return optionsOf(options);
}

function optionsOf(names: readonly string[]): ConnectionOptions {
  return {
    close: names.includes("close"),
    keepAlive: names.includes("keep-alive"),
    upgrade: names.includes("upgrade"),
    names,
  };
}
