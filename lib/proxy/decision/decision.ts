/**
 * What happens to a connection and to each request on it. Pure: the whole policy of the proxy.
 *
 * @module
 */

import { formatHostAndPort, type HostAndPort } from "../../hostname.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { findRival, type HostRoutes, type Route, type RouteTable, selectRoute } from "./route.ts";
import {
  DEFAULT_PORT,
  isDoubtfulPath,
  isSameTarget,
  parseAuthority,
  pathOf,
  type RequestTarget,
} from "./target.ts";

/** What to do with one exchange. */
export type Decision =
  | {
    /** Forward with the credential of the route, or not at all. */
    readonly kind: "inject";
    readonly route: Route;
  }
  /** Forward without a credential: the host has routes, but none covers the path. */
  | { readonly kind: "relay" }
  /** Pass bytes without looking at them. */
  | { readonly kind: "tunnel" }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

/** What to do with a CONNECT. */
export type ConnectDecision =
  | { readonly kind: "intercept"; readonly routes: HostRoutes }
  | Extract<Decision, { kind: "tunnel" | "refuse" }>;

/** What a CONNECT is decided by. */
export interface ConnectPolicy {
  readonly table: RouteTable;
  /** Refuse every host without a route. */
  readonly onlyRouted: boolean;
}

const RELAY: Decision = { kind: "relay" };

/** Decides a CONNECT to `target`. */
export function decideConnect(target: HostAndPort, policy: ConnectPolicy): ConnectDecision {
  const routes = policy.table.find(target, "https") ?? policy.table.find(target, "http");
  if (routes !== undefined) return { kind: "intercept", routes };
  return policy.onlyRouted ? { kind: "refuse", refusal: unrouted(target) } : { kind: "tunnel" };
}

/** Why `--only` refuses a host. */
export function unrouted(target: HostAndPort): Refusal {
  const message = `${
    formatHostAndPort(target)
  } has no route, and this run allows routed hosts only.`;
  return refuse(403, message, "Run without --only, or log in to the provider of this host.");
}

/** The parts of a request that decide. */
export interface RequestSubject {
  readonly method: string;
  readonly target: RequestTarget;
  /** Every `Host` and `:authority`, as they came; none names no host. */
  readonly authorities: readonly string[];
  /** Whether it is signed with the placeholder. Absent: no. Asked only where it matters. */
  readonly isSigned?: () => boolean;
}

/** The connection that a request came on. */
export interface InterceptedConnection {
  /** What CONNECT named. */
  readonly target: HostAndPort;
  readonly routes: HostRoutes;
  /** What the ClientHello named, if anything. */
  readonly serverName: string | undefined;
}

/**
 * Decides one request on an intercepted connection. CONNECT, SNI, `Host` and an absolute target
 * must all name the same host: on shared front ends the last one read decides whose the request is.
 */
export function decideRequest(
  subject: RequestSubject,
  connection: InterceptedConnection,
): Decision {
  const { target, routes } = connection;
  const mismatch = findMismatch(subject, connection);
  if (mismatch !== undefined) return refusal(421, misdirected(target, mismatch));
  if (isTrace(subject.method)) return { kind: "refuse", refusal: traceRefused() };
  const path = pathOf(subject.target);
  if (routes.hasPathRules && isDoubtfulPath(path)) {
    return refusal(400, `The path could be read in two ways, and ${target.host} has path rules.`);
  }
  const route = selectRoute(routes, path, subject.isSigned);
  if (route === undefined) return RELAY;
  const rival = findRival(routes, { route, path, isSigned: subject.isSigned });
  if (rival !== undefined) return { kind: "refuse", refusal: contested(target, [route, rival]) };
  return { kind: "inject", route };
}

/** In any case: methods are case-sensitive (RFC 9110, section 9.1), but not every server knows. */
export function isTrace(method: string): boolean {
  return method.length === 5 && method.toLowerCase() === "trace";
}

/** Why TRACE is refused, for every host: a credential may be ours or the parent's proxy's. */
export function traceRefused(): Refusal {
  return refuse(501, "TRACE would send the credential back to the child.");
}

function refusal(status: number, message: string): Decision {
  return { kind: "refuse", refusal: refuse(status, message) };
}

function contested(target: HostAndPort, [one, other]: readonly [Route, Route]): Refusal {
  const names = `${one.provider} and ${other.provider}`;
  const message = `${names} both claim ${formatHostAndPort(target)}, and neither more closely.`;
  return refuse(502, message, `Choose one: authsome run --provider ${one.provider} -- …`);
}

function misdirected(target: HostAndPort, mismatch: string): string {
  return `The connection is to ${formatHostAndPort(target)}, but ${mismatch} names another host.`;
}

/** Which part of the request, if any, names another host than CONNECT did. */
function findMismatch(
  subject: RequestSubject,
  connection: InterceptedConnection,
): string | undefined {
  const { target, serverName, routes } = connection;
  const isNamed = serverName === undefined || serverName === target.host ||
    serverName.toLowerCase() === target.host;
  if (!isNamed) return "the TLS server name";
  const { authorities } = subject;
  const defaultPort = DEFAULT_PORT[routes.scheme];
  const named = authorities.every((authority) => namesTarget(authority, target, defaultPort));
  if (authorities.length === 0 || !named) return "Host";
  if (subject.target.kind !== "absolute") return undefined;
  const { authority, scheme } = subject.target;
  const matches = scheme === routes.scheme && isSameTarget(authority, target);
  return matches ? undefined : "the request target";
}

function namesTarget(authority: string, target: HostAndPort, defaultPort: number): boolean {
  // What nearly every client sends, without the cost of parsing it.
  const usual = target.port === defaultPort ? target.host : formatHostAndPort(target);
  if (authority === usual) return true;
  const parsed = parseAuthority(authority, defaultPort);
  return parsed !== undefined && isSameTarget(parsed, target);
}
