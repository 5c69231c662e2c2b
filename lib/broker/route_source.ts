/**
 * The routes of a running child, kept up with the vault.
 *
 * @module
 */

import { createRouteTable, type RouteTable } from "../proxy/decision/route.ts";
import type { Broker } from "./broker.ts";
import { extendRoutes, type RoutePlan, type RunSelection } from "./route_plan.ts";

/**
 * Gives the current routes. What was routed at the start stays routed, whatever happens to its
 * credential; providers connected later join for new client connections.
 *
 * @param version The vault's data version from before the plan was made.
 */
export function createRouteSource(
  broker: Broker,
  plan: RoutePlan,
  { selection, version: planned }: { readonly selection: RunSelection; readonly version: number },
): () => RouteTable {
  let version = planned;
  let table = createRouteTable(plan.routes);
  return () => {
    const now = broker.vault.dataVersion();
    if (now !== version) table = createRouteTable(extendRoutes(broker, plan, selection));
    version = now;
    return table;
  };
}
