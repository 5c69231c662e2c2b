/**
 * Requests made to the proxy itself: the token, CONNECT, and `http://` in absolute form (RFC 9112,
 * section 3.2.2), which is forwarded without a credential unless a definition says that its
 * loopback address is `http://`.
 *
 * @module
 */

import { andThen, type Awaitable } from "../awaitable.ts";
import type { BaseUrls } from "./decision/base_url.ts";
import { planBelowBaseUrl } from "./decision/base_url_plan.ts";
import type { RenewInjection, ResolveInjection } from "./decision/credential_choice.ts";
import { decideConnect, isTrace, traceRefused, unrouted } from "./decision/decision.ts";
import type { Dialer } from "./upstream/dial.ts";
import type { HeadLimits, HeadLines } from "./http1/head_lines.ts";
import { formatLine, type HeadEdits } from "./injection/injector.ts";
import type { FindPermit } from "./decision/permit.ts";
import { PROXY_AUTHORIZATION } from "./proxy_token.ts";
import { type Refusal, refuse } from "./decision/refusal.ts";
import type { RequestHead } from "./http1/request_head.ts";
import {
  forward,
  type PlanningSession,
  planRouted,
  type RequestPlan,
  type RequestPlanner,
} from "./decision/request_plan.ts";
import type { RouteTable } from "./decision/route.ts";
import type { Sighting } from "./sighting.ts";
import { parseAuthority, type RequestTarget } from "./decision/target.ts";

/** What requests of one client to the proxy are planned with. */
export interface ProxyPlanOptions {
  /** Answers at once wherever it can. */
  readonly isAuthorized: (lines: HeadLines) => Awaitable<boolean>;
  /** Called when a client has shown the base URLs' token. */
  readonly welcome: () => void;
  /** The proxy's own; 0 if it listens on a socket file. */
  readonly port: () => number;
  readonly table: RouteTable;
  readonly services: ProxyPlanServices;
}

/** What requests of every client to the proxy are planned with. */
export interface ProxyPlanServices {
  /** Absent: there are none. */
  readonly baseUrls: BaseUrls | undefined;
  readonly limits: HeadLimits;
  readonly onlyRouted: boolean;
  readonly resolve: ResolveInjection;
  readonly renew: RenewInjection;
  readonly permitOf: FindPermit | undefined;
  readonly dialer: Pick<Dialer, "httpProxyFor">;
  /** Takes what no request tells of. */
  readonly see: (sighting: Sighting) => void;
}

type AbsoluteTarget = Extract<RequestTarget, { kind: "absolute" }>;

/** Plans requests to the proxy itself. Nothing is looked at before the token. */
export function createProxyPlanner(options: ProxyPlanOptions): RequestPlanner {
  return (head, session) => {
    const { services, table } = options;
    const { baseUrls } = services;
    if (baseUrls?.isBelow(head.targetText) === true) {
      options.welcome();
      const port = options.port();
      return planBelowBaseUrl(head, { ...services, baseUrls, port, table, session });
    }
    return andThen(options.isAuthorized(head.lines), (isAuthorized) => {
      if (isAuthorized) return planAuthorized(head, options, session);
      seeStranger(head, options);
      return refused(needsToken());
    });
  };
}

function planAuthorized(
  head: RequestHead,
  options: ProxyPlanOptions,
  session: PlanningSession,
): Awaitable<RequestPlan> {
  if (head.method === "CONNECT") return planConnect(head, options);
  const { target } = head;
  if (target?.kind !== "absolute" || target.scheme !== "http") return refused(notAbsolute());
  return planHttp(head, { ...options, target, session });
}

/** Of interest only where a credential was missed. */
function seeStranger({ target, targetText }: RequestHead, options: ProxyPlanOptions): void {
  const authority = target === undefined ? parseAuthority(targetText) : undefined;
  if (authority === undefined || options.table.find(authority, "https") === undefined) return;
  options.services.see({ kind: "unauthorized", host: authority.host });
}

function planConnect(head: RequestHead, options: ProxyPlanOptions): RequestPlan {
  const target = parseAuthority(head.targetText);
  if (target === undefined) return refused(refuse(400, "CONNECT does not name one host and port."));
  const { table, services: { onlyRouted } } = options;
  const decision = decideConnect(target, { table, onlyRouted });
  return decision.kind === "refuse" ? refused(decision.refusal) : { kind: "connect", target };
}

async function planHttp(
  head: RequestHead,
  options: ProxyPlanOptions & {
    readonly target: AbsoluteTarget;
    readonly session: PlanningSession;
  },
): Promise<RequestPlan> {
  const { target, table, services, session } = options;
  const { resolve, renew, permitOf } = services;
  const { authority } = target;
  const originForm = formatOriginForm(head.method, target);
  const routes = table.find(authority, "http");
  if (routes !== undefined) {
    const connection = { target: authority, routes, serverName: undefined };
    const rest = { connection, resolve, renew, permitOf, session };
    return await planRouted(head, { ...rest, target: originForm });
  }
  if (services.onlyRouted) return refused(unrouted(authority));
  if (isTrace(head.method)) return refused(traceRefused());
  const proxy = services.dialer.httpProxyFor(authority);
  if (proxy === undefined) {
    return plainly(head, options, { target: originForm, fields: [] });
  }
  const { authorization } = proxy;
  const line = authorization && formatLine("Proxy-Authorization", authorization.reveal());
  return plainly(head, options, { fields: [{ name: PROXY_AUTHORIZATION, line }] });
}

function plainly(
  head: RequestHead,
  options: { readonly target: AbsoluteTarget },
  edits: HeadEdits,
): RequestPlan {
  const { authority: target } = options.target;
  return forward(head, { target, scheme: "http", edits });
}

/** RFC 9112, section 3.2.1 and 3.2.4. */
function formatOriginForm(method: string, target: AbsoluteTarget): string {
  if (target.path === "" && method === "OPTIONS") return "*";
  return target.path.startsWith("/") ? target.path : `/${target.path}`;
}

function refused(refusal: Refusal): RequestPlan {
  return { kind: "refuse", refusal };
}

function needsToken(): Refusal {
  const hint = "Use the proxy's address as HTTPS_PROXY has it, with user and password.";
  return refuse(407, "This proxy serves only the run that started it.", hint);
}

function notAbsolute(): Refusal {
  const hint = "Use it as HTTPS_PROXY: clients send CONNECT for https, and http:// URLs as such.";
  return refuse(400, "This is a proxy, not a web server.", hint);
}
