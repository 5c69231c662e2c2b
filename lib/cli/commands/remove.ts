/**
 * `authsome remove`: removes everything stored for a provider.
 *
 * @module
 */

import { removeProvider } from "../../broker/removal.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals }: InputOf<"remove">, session: Session): number {
  using broker = openCommandBroker(session);
  const removed = removeProvider(broker, positionals.provider);
  const { provider, connections, definition } = removed;
  const parts = [
    ...(connections > 0 ? [`${connections} connection${connections > 1 ? "s" : ""}`] : []),
    ...(definition === null ? [] : [`its definition ${definition}`]),
  ];
  const sentence = parts.length === 0
    ? `Nothing was stored for ${provider}.`
    : `Removed ${provider}: ${parts.join(" and ")}.`;
  session.output.success(removed, sentence);
  return 0;
}
