/**
 * The hosts of every known provider.
 *
 * @module
 */

import { constraintOf, parseHostPattern } from "../host_pattern.ts";
import type { Hostname } from "../hostname.ts";
import type { Broker } from "./broker.ts";

/**
 * Every host that may be routed before the run ends: a provider may get its first connection while
 * the child runs. Definitions are looked at as they are written; parsing all of them would take
 * longer than the child has patience for.
 */
export function knownHosts(broker: Broker): Hostname[] {
  const hosts = new Set<Hostname>();
  for (const { definition } of broker.registry.entries()) {
    const written = definition?.["api_url"];
    for (const text of Array.isArray(written) ? written : [written]) {
      const host = typeof text === "string" ? constraintOfText(text) : undefined;
      if (host !== undefined) hosts.add(host);
    }
  }
  return [...hosts];
}

/** `undefined` for what is no pattern by itself: a template, or a mistake in a user's definition. */
function constraintOfText(text: string): Hostname | undefined {
  try {
    return constraintOf(parseHostPattern(text));
  } catch {
    return undefined;
  }
}
