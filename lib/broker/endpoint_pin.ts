/**
 * A connection remembers the endpoints it was made with. A definition that changes them later does
 * not get the connection's refresh token or the client's secret: whoever may write a definition
 * file may not collect what is stored.
 *
 * @module
 */

import { resolveUrl } from "../base_url.ts";
import type { ConnectionRecord } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import type { Provider } from "../provider.ts";
import { describe, loginCommand } from "./route_plan.ts";

/** Where a provider's tokens are sent to be renewed or revoked, as `metadata.endpoints` keeps it. */
export function endpointsOf(
  { oauth }: Pick<Provider, "oauth">,
  baseUrl: string | null,
): readonly string[] {
  const base = baseUrl ?? oauth?.baseUrl;
  return [oauth?.tokenUrl, oauth?.revocationUrl]
    .filter((template) => template !== undefined)
    .map((template) => resolveUrl(template, base));
}

/**
 * Checks that the definition names no other endpoints now.
 *
 * @throws {AuthsomeError} `refresh_failed`, with the login command.
 */
export function assertSameEndpoints(provider: Provider, record: ConnectionRecord): void {
  const remembered = new Set(listOf(record.metadata["endpoints"]));
  if (endpointsOf(provider, record.base_url).every((url) => remembered.has(url))) return;
  const message = `The token endpoints of ${describe(record)} have changed since it was made.`;
  throw new AuthsomeError("refresh_failed", message, {
    hint: `If you trust the definition: ${
      loginCommand(record.provider, record.connection_name)
    } --force`,
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
