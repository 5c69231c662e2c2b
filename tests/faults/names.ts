/**
 * What the processes under faults call things, so that whoever checks knows what must be there.
 *
 * @module
 */

import { keyDefinition } from "../support/definitions.ts";

/** The provider that all of them log in to; see `withOAuthHome` for the other. */
export const SHARED = "shared";

/** The provider that belongs to one slot. */
export function ownProvider(slot: string | number): string {
  return `own${slot}`;
}

/** The key of a connection. */
export function keyOf(connection: string): string {
  return `sk-of-${connection}`;
}

/** The definition of a slot's provider, in one of its versions. */
export function definitionOf(slot: string | number, version: number): object {
  const name = ownProvider(slot);
  return { ...keyDefinition(name, `api.${name}.example`), display_name: `Version ${version}` };
}
