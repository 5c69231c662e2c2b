/**
 * Routes: which requests belong to which connection.
 *
 * @module
 */

import type { ConnectionName } from "../../connection.ts";
import {
  comparePatterns,
  constraintOf,
  type HostPattern,
  matchHost,
  matchPath,
} from "../../host_pattern.ts";
import type { HostAndPort } from "../../hostname.ts";
import type { Placement, ProviderName } from "../../provider.ts";

/** Requests that match `pattern` get the credential of `connection`. */
export interface Route {
  readonly pattern: HostPattern;
  readonly provider: ProviderName;
  /** The connection used unless the child's placeholder selects another. */
  readonly connection: ConnectionName;
  /** Where the child's placeholder stands. */
  readonly placement: Placement;
}

/** `https` stands for TLS inside CONNECT; `http` only for loopback definitions that say so. */
export type RouteScheme = "https" | "http";

/** The routes of one host and port, fixed for the life of a client connection. */
export interface HostRoutes {
  readonly scheme: RouteScheme;
  /** At least one, most specific first. */
  readonly routes: readonly Route[];
  /** Whether the path has a say, so that it must be beyond doubt. */
  readonly hasPathRules: boolean;
}

/** All routes of a run at one moment. */
export interface RouteTable {
  /** The routes of a host, or `undefined` if it has none: its bytes are none of our business. */
  find(target: HostAndPort, scheme: RouteScheme): HostRoutes | undefined;
}

/**
 * Sorts `routes` into a table that finds a host in the same time however many routes there are: only
 * patterns kept under the host's own name or a parent domain of it can match. A tie of two providers
 * is not settled here: see {@link findRival}.
 */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const index = Map.groupBy(routes, ({ pattern }): string => constraintOf(pattern));
  return {
    find(target, scheme): HostRoutes | undefined {
      const found: Route[] = [];
      for (let name: string = target.host; name !== ""; name = parentOf(name)) {
        for (const route of index.get(name) ?? []) {
          const { pattern } = route;
          if (schemeOf(pattern) === scheme && matchHost(pattern, target)) found.push(route);
        }
      }
      if (found.length === 0) return undefined;
      found.sort((a, b) => comparePatterns(a.pattern, b.pattern));
      return { scheme, routes: found, hasPathRules: found.some(({ pattern }) => hasPath(pattern)) };
    },
  };
}

/** `example.com` of `api.example.com`; empty for the last label. */
function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}

/**
 * The route of a request target in origin form, or `undefined` if no rule covers its path: it is
 * then relayed without a credential. A route that signs is only for requests that are signed with
 * the placeholder: under one domain a vendor serves what needs a signature, what must not have one,
 * and addresses that somebody else has signed.
 */
export function selectRoute(
  host: HostRoutes,
  path: string,
  isSigned: () => boolean = () => false,
): Route | undefined {
  return host.routes.find((route) => covers(route, path, isSigned));
}

/**
 * A route of another provider that covers a request as closely as the selected one, if there is
 * any. Patterns that are the same are told apart before a run begins; regular expressions that
 * overlap show themselves only with a host.
 */
export function findRival(
  host: HostRoutes,
  selected: {
    readonly route: Route;
    readonly path: string;
    readonly isSigned?: (() => boolean) | undefined;
  },
): Route | undefined {
  if (host.routes.length === 1) return undefined;
  const { route, path, isSigned = () => false } = selected;
  return host.routes.find((other) =>
    other.provider !== route.provider && comparePatterns(other.pattern, route.pattern) === 0 &&
    covers(other, path, isSigned)
  );
}

function covers({ pattern, placement }: Route, path: string, isSigned: () => boolean): boolean {
  return matchPath(pattern, path) && (placement.kind !== "sigv4" || isSigned());
}

function schemeOf(pattern: HostPattern): RouteScheme {
  return pattern.kind === "exact" ? pattern.scheme : "https";
}

function hasPath(pattern: HostPattern): boolean {
  return pattern.kind === "exact" && pattern.path !== "";
}
