/**
 * `node:crypto`, loaded when it is first used.
 *
 * @module
 */

/** Importing it costs 20 ms, which commands that open no secret and record nothing must not pay. */
export function nodeCrypto(): typeof import("node:crypto") {
  return globalThis.process.getBuiltinModule("node:crypto");
}
