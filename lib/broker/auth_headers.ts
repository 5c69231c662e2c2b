/**
 * Auth headers for programs that make requests themselves.
 *
 * @module
 */

import { requestSecret } from "../credential.ts";
import { AuthsomeError } from "../errors.ts";
import { createInjection } from "../injection.ts";
import type { Broker } from "./broker.ts";
import { findConnection } from "./connections.ts";
import { createFreshen } from "./freshness.ts";

/** Which connection's headers. */
export interface AuthHeadersWish {
  /** Name of the provider. */
  readonly provider: string;
  /** Default: the provider's default connection. */
  readonly connection?: string;
}

/**
 * The headers that authenticate a request to the provider, real secrets in them: send them to the
 * provider's own hosts only. An OAuth token that ends soon is refreshed first. Recorded as an export.
 *
 * @throws {AuthsomeError} `provider_not_found`, `connection_not_found`; `refresh_failed` if it is
 * expired and cannot be refreshed; `usage` if the provider takes its key in the query, or a signature over each request.
 */
export async function authHeaders(
  broker: Broker,
  wish: AuthHeadersWish,
): Promise<Record<string, string>> {
  const { provider: name, connection } = wish;
  const record = await createFreshen(broker)(
    findConnection(broker, { provider: name, connection }),
  );
  const provider = broker.registry.get(record.provider);
  await broker.unlock();
  const injection = createInjection(provider, requestSecret(broker.vault.credential(record)));
  if (injection.kind !== "header") {
    const message = injection.kind === "query"
      ? `${provider.displayName} takes its key in the query, not in a header.`
      : `${provider.displayName} takes a signature over each request, not a header.`;
    throw new AuthsomeError("usage", message, { hint: "Use a run instead: startRun()" });
  }
  broker.trail.append({
    event: "export",
    provider: record.provider,
    connection: record.connection_name,
    outcome: "ok",
  });
  const fields = [{ name: injection.name, value: injection.value.reveal() }];
  return Object.fromEntries(
    [...injection.extraHeaders, ...fields].map(({ name, value }) => [name, value]),
  );
}
