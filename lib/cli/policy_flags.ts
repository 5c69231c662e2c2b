/**
 * The flags of `run` that restrict what its program may do with a credential.
 *
 * @module
 */

import type { FlagTable } from "./command_spec.ts";

/** `P` is a provider, or a connection as in `openai/work`. */
export const POLICY_FLAGS = {
  allow: {
    kind: "list",
    value: "P:[METHODS ]PATH",
    summary: "Allow only these requests to P, as in 'openai:GET,POST /v1/**' (repeatable)",
  },
  "read-only": {
    kind: "optional",
    inline: true,
    value: "P,…",
    summary: "Allow GET, HEAD and OPTIONS only, to every provider or these",
  },
  "max-requests": {
    kind: "list",
    value: "[P=]N",
    summary: "Allow this many requests in all, or to P",
  },
  expires: {
    kind: "list",
    value: "[P=]TIME",
    summary: "Lend credentials until then: 15m, 8h, 2030-01-31T12:00:00Z",
  },
  ask: {
    kind: "optional",
    inline: true,
    value: "P,…",
    summary: "Ask you about each request, to every provider or these",
  },
  "ask-on": {
    kind: "text",
    value: "PLACE",
    summary: "Ask at the terminal (default), or on a page in the browser",
    choices: ["terminal", "page"],
  },
} as const satisfies FlagTable;
