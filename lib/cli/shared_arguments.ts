/**
 * Arguments and flags that several commands have in common.
 *
 * @module
 */

/** Which account at a provider. */
export const CONNECTION = {
  kind: "text",
  value: "NAME",
  summary: "The account, if you have several at one provider",
  completes: "connection",
} as const;

/** The one provider a command is about. */
export const PROVIDER = { required: true, completes: "provider" } as const;
