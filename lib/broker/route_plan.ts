/**
 * Which hosts a run routes to which connection, decided before the child starts.
 *
 * @module
 */

import type { ConnectionName, ConnectionRecord } from "../connection.ts";
import { resolveApiUrls } from "../base_url.ts";
import { AuthsomeError } from "../errors.ts";
import { type HostPattern, parseHostPattern } from "../host_pattern.ts";
import type { Provider, ProviderName } from "../provider.ts";
import type { Route } from "../proxy/decision/route.ts";
import type { Broker } from "./broker.ts";

/** What the person who starts the run asked for. */
export interface RunSelection {
  /** Connections named with `--connection P=NAME`. */
  readonly connections: ReadonlyMap<ProviderName, ConnectionName>;
  /** Providers named with `--provider`; empty means every connected one. */
  readonly providers: readonly ProviderName[];
}

/** A route, and the pattern as its definition writes it, with `{base_url}` filled in. */
export interface PlannedRoute extends Route {
  readonly text: string;
}

/** The routes of a run and what the person should know about them. */
export interface RoutePlan {
  readonly routes: readonly PlannedRoute[];
  /** Routed providers, in order. */
  readonly providers: readonly Provider[];
  /** Connected providers that are not routed. */
  readonly leftOut: readonly ProviderName[];
  /** Sentences for stderr: connections that are left out, and why. */
  readonly notes: readonly string[];
}

/**
 * Plans the routes of a run from the connections as they are now.
 *
 * @throws {AuthsomeError} `connection_not_found` if a named provider or connection is not usable;
 * `provider_not_found` for an unknown one; `usage` if two providers claim the same host.
 */
export function planRoutes(broker: Broker, selection: RunSelection): RoutePlan {
  const wanted = new Set(selection.providers);
  const named = new Set<ProviderName>([...wanted, ...selection.connections.keys()]);
  const stored = storedConnections(broker);
  const routes: PlannedRoute[] = [];
  const providers: Provider[] = [];
  const leftOut: ProviderName[] = [];
  const notes: string[] = [];
  for (const name of [...new Set([...stored.keys(), ...named])].sort()) {
    if (wanted.size > 0 && !wanted.has(name)) {
      leftOut.push(name);
      continue;
    }
    const records = stored.get(name) ?? [];
    const found = planProvider(broker, { name, records, chosen: selection.connections.get(name) });
    if (found.kind === "unusable") {
      if (named.has(name)) throw found.reason;
      leftOut.push(name);
      notes.push(`${name} is left out: ${found.reason.message} ${found.reason.hint}`.trim());
      continue;
    }
    providers.push(found.provider);
    routes.push(...found.routes);
  }
  refuseTies(routes);
  return { routes, providers, leftOut, notes };
}

/**
 * The routes that connections made since the start add to `plan`. What was routed stays as it was;
 * a newcomer that would tie with it is left out.
 */
export function extendRoutes(
  broker: Broker,
  plan: RoutePlan,
  selection: RunSelection,
): readonly PlannedRoute[] {
  const planned = new Set(plan.routes.map((route) => route.provider));
  const routes = [...plan.routes];
  const claims = claimPatterns(routes);
  for (const [name, records] of storedConnections(broker)) {
    if (planned.has(name)) continue;
    if (selection.providers.length > 0 && !selection.providers.includes(name)) continue;
    const found = planProvider(broker, { name, records, chosen: selection.connections.get(name) });
    if (found.kind === "unusable") continue;
    for (const route of found.routes) {
      if (claimPattern(claims, route) === undefined) routes.push(route);
    }
  }
  return routes;
}

/** All connections of the profile, read at once: reading each provider's would take longer. */
function storedConnections(broker: Broker): ReadonlyMap<ProviderName, ConnectionRecord[]> {
  return Map.groupBy(broker.vault.connections(broker.profile), (record) => record.provider);
}

type PlannedProvider =
  | {
    readonly kind: "usable";
    readonly provider: Provider;
    readonly routes: readonly PlannedRoute[];
  }
  | { readonly kind: "unusable"; readonly reason: AuthsomeError };

/** A provider to be planned. */
interface Candidate {
  readonly name: ProviderName;
  /** Its stored connections. */
  readonly records: readonly ConnectionRecord[];
  /** The connection that was asked for by name. */
  readonly chosen: ConnectionName | undefined;
}

function planProvider(broker: Broker, { name, records, chosen }: Candidate): PlannedProvider {
  const [only, second] = records;
  const connection = chosen ??
    (second === undefined
      ? only?.connection_name
      : broker.vault.defaultConnection(broker.profile, name));
  const record = records.find((one) => one.connection_name === connection);
  try {
    const provider = broker.registry.get(name);
    if (record === undefined) return { kind: "unusable", reason: notConnected(name, connection) };
    assertUsable(record);
    const routes = usablePatterns(provider, record).map((text) => ({
      pattern: parseHostPattern(text),
      text,
      provider: name,
      connection: record.connection_name,
      placement: provider.placement,
    }));
    if (routes.length === 0) return { kind: "unusable", reason: hostsChanged(provider, record) };
    return { kind: "usable", provider, routes };
  } catch (error) {
    if (error instanceof AuthsomeError) return { kind: "unusable", reason: error };
    throw error;
  }
}

/**
 * The host patterns `record`'s credential may be sent to: those the definition names now and named
 * when the credential was obtained.
 */
export function usablePatterns(provider: Provider, record: ConnectionRecord): readonly string[] {
  const remembered = new Set(record.metadata.api_urls);
  const current = resolveApiUrls(provider, record.base_url ?? undefined);
  return current.filter((text) => remembered.has(text));
}

/**
 * Checks that a connection can be used at all.
 *
 * @throws {AuthsomeError} `connection_not_found` or `refresh_failed`, with the login command.
 */
export function assertUsable(record: ConnectionRecord): void {
  if (record.status === "connected") return;
  // It will be refreshed before it is used.
  if (record.status === "expired" && record.refresh_token !== undefined) return;
  const code = record.status === "expired" ? "refresh_failed" : "connection_not_found";
  throw new AuthsomeError(code, `${describe(record)} is ${record.status}.`, {
    hint: `Run: ${loginCommand(record.provider, record.connection_name)} --force`,
  });
}

/** The error for a login that is over and cannot be renewed. */
export function refreshEnded(record: ConnectionRecord): AuthsomeError {
  return new AuthsomeError("refresh_failed", `The login of ${describe(record)} has ended.`, {
    hint: `Run: ${loginCommand(record.provider, record.connection_name)} --force`,
  });
}

/** `openai (work)`. */
export function describe(record: ConnectionRecord): string {
  return `${record.provider} (${record.connection_name})`;
}

/** The command that makes a connection. */
export function loginCommand(provider: ProviderName, connection?: ConnectionName): string {
  const suffix = connection === undefined || connection === "default"
    ? ""
    : ` --connection ${connection}`;
  return `authsome login ${provider}${suffix}`;
}

/** The error for a connection that does not exist. */
export function notConnected(provider: ProviderName, connection?: ConnectionName): AuthsomeError {
  const name = connection === undefined ? provider : `${provider} (${connection})`;
  return new AuthsomeError("connection_not_found", `${name} is not connected.`, {
    hint: `Run: ${loginCommand(provider, connection)}`,
  });
}

function hostsChanged(provider: Provider, record: ConnectionRecord): AuthsomeError {
  const message = provider.apiUrls.length === 0
    ? `${provider.name} names no host to route.`
    : `The hosts of ${describe(record)} have changed since it was made.`;
  return new AuthsomeError("connection_not_found", message, {
    hint: `Run: ${loginCommand(record.provider, record.connection_name)} --force`,
  });
}

function refuseTies(routes: readonly PlannedRoute[]): void {
  const claims = new Map<string, PlannedRoute>();
  for (const route of routes) {
    const other = claimPattern(claims, route);
    if (other === undefined) continue;
    const names = `${other.provider} and ${route.provider}`;
    throw new AuthsomeError("usage", `${names} are both connected and both claim ${route.text}.`, {
      hint: `Choose one: authsome run --provider ${other.provider} -- …`,
    });
  }
}

function claimPatterns(routes: readonly PlannedRoute[]): Map<string, PlannedRoute> {
  return new Map(routes.map((route) => [patternKey(route.pattern), route]));
}

/** Notes whose pattern that is; gives the route of another provider that claimed it before. */
function claimPattern(
  claims: Map<string, PlannedRoute>,
  route: PlannedRoute,
): PlannedRoute | undefined {
  const key = patternKey(route.pattern);
  const first = claims.get(key);
  if (first === undefined) claims.set(key, route);
  return first?.provider === route.provider ? undefined : first;
}

/** Two patterns with one key match the same requests. */
export function patternKey(pattern: HostPattern): string {
  switch (pattern.kind) {
    case "exact":
      return `${pattern.scheme}://${pattern.host}:${pattern.port}${pattern.path}`;
    case "wildcard":
      return `*.${pattern.suffix}:${pattern.port}`;
    case "regex":
      return pattern.regexp.source;
    default:
      return pattern satisfies never;
  }
}
