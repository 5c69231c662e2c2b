/**
 * Plans requests below base URLs.
 *
 * @module
 */

import { type BaseUrls, noSuchBaseUrl } from "./base_url.ts";
import type { RenewInjection, ResolveInjection } from "./credential_choice.ts";
import type { HeadLimits } from "../http1/head_lines.ts";
import type { FindPermit } from "./permit.ts";
import { RefusedError } from "./refusal.ts";
import type { RequestHead } from "../http1/request_head.ts";
import { type PlanningSession, planRouted, type RequestPlan } from "./request_plan.ts";
import type { RouteTable } from "./route.ts";

/** What they are planned with. */
export interface BaseUrlPlanOptions {
  readonly baseUrls: BaseUrls;
  /** The proxy's own; 0 if it listens on a socket file. */
  readonly port: number;
  readonly table: RouteTable;
  readonly resolve: ResolveInjection;
  readonly renew: RenewInjection;
  readonly permitOf: FindPermit | undefined;
  readonly limits: HeadLimits;
  readonly session: PlanningSession;
}

/**
 * Plans as if the request had come through a tunnel to its service.
 *
 * @throws {RefusedError} what `readdress` and the decision throw.
 */
export async function planBelowBaseUrl(
  received: RequestHead,
  options: BaseUrlPlanOptions,
): Promise<RequestPlan> {
  const { baseUrls, table, resolve, renew, permitOf, session } = options;
  const { head, target, scheme } = baseUrls.readdress(received, options);
  const routes = table.find(target, scheme);
  if (routes === undefined) throw new RefusedError(noSuchBaseUrl());
  return await planRouted(head, {
    connection: { target, routes, serverName: undefined },
    resolve,
    renew,
    permitOf,
    session,
  });
}
