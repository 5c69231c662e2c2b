/**
 * A proxy under test with a client's hands on it.
 *
 * @module
 */

import type { AuditFact } from "../../lib/audit.ts";
import { type ConnectionName, parseConnectionName } from "../../lib/connection.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { parseHostPattern } from "../../lib/host_pattern.ts";
import { parseHostname } from "../../lib/hostname.ts";
import type { FieldInjection, Injection } from "../../lib/injection.ts";
import { parseProviderName, type Placement } from "../../lib/provider.ts";
import { createRouteTable, type Route } from "../../lib/proxy/decision/route.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "../../lib/proxy/server.ts";
import { Secret } from "../../lib/secret.ts";
import { issueTestLeaf, testAuthority, type TestCertificate } from "./certificates.ts";
import { startTls } from "./tls.ts";
import { Wire } from "./wire.ts";

/** The host that test routes are for. */
export const ROUTED_HOST = "api.example.com";
/** The secret that may reach the upstream and nothing else. */
export const CANARY = "sk-canary-4f9d2c71b8e6";
/** The run's token. */
export const TOKEN = "run-token-0123456789";
/** `Proxy-Authorization` with the token, CR LF included. */
export const AUTHORIZED = `Proxy-Authorization: Basic ${btoa(`authsome:${TOKEN}`)}\r\n`;

const BEARER: Placement = { kind: "header", name: "Authorization", prefix: "Bearer" };

/** A route from an `api_url` to a provider's default connection. */
export function testRoute(url: string, placement = BEARER, provider = "example"): Route {
  return {
    pattern: parseHostPattern(url),
    provider: parseProviderName(provider),
    connection: parseConnectionName("default"),
    placement,
  };
}

/** `Authorization: Bearer <secret>`. */
export function bearer(secret: string): FieldInjection {
  const value = new Secret(`Bearer ${secret}`);
  return {
    kind: "header",
    name: "Authorization",
    value,
    secret: new Secret(secret),
    extraHeaders: [],
  };
}

/** What a test changes. */
export interface TestProxyOptions extends Partial<ProxyOptions> {
  /** Where connections to a host go: `api.example.com` → a port on loopback, for port 443. */
  readonly origins?: Readonly<Record<string, number>>;
}

/** A running proxy and everything that is needed to talk through it. */
export interface TestProxy extends RunningProxy {
  readonly facts: readonly AuditFact[];
  /** A plain connection to the proxy. */
  open(): Promise<Wire>;
  /** CONNECT with the token, answered 200. */
  connect(authority: string): Promise<Wire>;
  /** CONNECT and TLS for `host`. */
  connectTls(host?: string, options?: TlsWish): Promise<Wire>;
}

/** What a client asks for. */
export interface TlsWish {
  readonly authority?: string;
  readonly serverName?: string;
  readonly alpn?: readonly string[];
}

/** Starts a proxy with a route for {@link ROUTED_HOST} and the secret {@link CANARY}. */
export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { origins = {}, ...rest } = options;
  const facts: AuditFact[] = [];
  const leaves = await issueLeaves([ROUTED_HOST, ...Object.keys(origins)]);
  const { certPem } = await testAuthority();
  const table = createRouteTable([testRoute(ROUTED_HOST)]);
  const proxy = await startProxy({
    token: new Secret(TOKEN),
    routes: () => table,
    resolve: (request) => resolveCanary(request.connection),
    issueLeaf: (host) => leaves.get(host) ?? missing(host),
    caCerts: () => [certPem],
    connectTo: Object.entries(origins).map(([host, port]) => ({
      host: parseHostname(host),
      port: undefined,
      toHost: parseHostname("127.0.0.1"),
      toPort: port,
    })),
    record: (fact) => facts.push(fact),
    ...rest,
  });
  const open = async (): Promise<Wire> =>
    new Wire(await Deno.connect({ hostname: "127.0.0.1", port: proxy.port }));
  const connect = async (authority: string): Promise<Wire> => {
    const wire = await open();
    await wire.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${AUTHORIZED}\r\n`);
    const answer = await wire.takeHead();
    if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`CONNECT was answered: ${answer}`);
    return wire;
  };
  return {
    ...proxy,
    facts,
    open,
    connect,
    connectTls: async (host = ROUTED_HOST, wish = {}) => {
      const wire = await connect(wish.authority ?? `${host}:443`);
      return await startTls(wire, wish.serverName ?? host, wish.alpn);
    },
  };
}

/** `work` has a key of its own, `gone` has none. */
function resolveCanary(connection: ConnectionName): Promise<Injection> {
  if (connection !== "gone") {
    return Promise.resolve(bearer(connection === "default" ? CANARY : `${CANARY}-${connection}`));
  }
  return Promise.reject(
    new AuthsomeError("connection_not_found", "example (gone) is not connected.", {
      hint: "Run: authsome login example --connection gone",
    }),
  );
}

async function issueLeaves(hosts: readonly string[]): Promise<Map<string, TestCertificate>> {
  const pairs = hosts.map(async (host) => [host, await issueTestLeaf(host)] as const);
  return new Map(await Promise.all(pairs));
}

function missing(host: string): never {
  throw new Error(`no leaf was made for ${host}`);
}
