/**
 * What the processes under faults call things, so that whoever checks knows what must be there.
 *
 * @module
 */

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
  return keyDefinition(ownProvider(slot), `Version ${version}`);
}

/** The smallest definition with a host. */
export function keyDefinition(name: string, displayName = name): object {
  return {
    schema_version: 1,
    name,
    display_name: displayName,
    auth_type: "api_key",
    flow: "api_key",
    api_url: `api.${name}.example`,
    api_key: {},
  };
}
