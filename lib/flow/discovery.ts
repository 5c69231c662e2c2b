/**
 * Finds the authorization server of a resource that only gives its own address, as remote MCP
 * servers do (RFC 9728, RFC 8414, OpenID Connect Discovery 1.0).
 *
 * @module
 */

import {
  type AuthorizationServer,
  discoveryRequest,
  processDiscoveryResponse,
  processResourceDiscoveryResponse,
  resourceDiscoveryRequest,
} from "oauth4webapi";
import { AuthsomeError } from "../errors.ts";
import type { OAuthProvider } from "./endpoints.ts";
import { cancelledFlow, type FlowSystem, isLoopback, requestOptions } from "./transport.ts";

/** What was found; plain data that can be stored with the client. */
export interface DiscoveredServer {
  readonly server: AuthorizationServer;
  /** The resource to name in requests (RFC 8707), if it described itself. */
  readonly resource?: string;
}

/** The metadata that flows use; the rest is not kept. */
const USED = [
  "issuer",
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "token_endpoint_auth_methods_supported",
  "authorization_response_iss_parameter_supported",
] as const;

/** The parts of {@link USED} that are addresses. */
const ADDRESSES = USED.filter((name) => name.endsWith("_endpoint"));

/**
 * Finds the server behind `resource`.
 *
 * @param resource address of the API, for example `https://mcp.notion.com/mcp`
 * @throws {AuthsomeError} `endpoint_unreachable` if no metadata can be had; `cancelled` on the
 * signal
 */
export async function discoverServer(
  provider: OAuthProvider,
  resource: URL,
  system: FlowSystem,
): Promise<DiscoveredServer> {
  const described = await describeResource(resource, system);
  const issuer = described?.issuer ?? new URL(resource.origin);
  const server = await firstOf([
    () => requestMetadata(issuer, "oauth2", system),
    () => requestMetadata(issuer, "oidc", system),
  ]);
  if (system.signal?.aborted) throw cancelledFlow();
  if (server === undefined) throw notFound(provider, resource);
  return { server, ...(described !== undefined && { resource: described.resource }) };
}

interface ResourceDescription {
  readonly resource: string;
  readonly issuer: URL;
}

/** RFC 9728 for the whole address, then for its origin. */
function describeResource(
  resource: URL,
  system: FlowSystem,
): Promise<ResourceDescription | undefined> {
  const identifiers = new Set([resource.href, resource.origin]);
  return firstOf([...identifiers].map((identifier) => async () => {
    const url = new URL(identifier);
    const response = await resourceDiscoveryRequest(url, requestOptions(system, url));
    const metadata = await processResourceDiscoveryResponse(url, response);
    const [issuer] = metadata.authorization_servers ?? [];
    return issuer === undefined
      ? undefined
      : { resource: metadata.resource, issuer: new URL(issuer) };
  }));
}

async function requestMetadata(
  issuer: URL,
  algorithm: "oauth2" | "oidc",
  system: FlowSystem,
): Promise<AuthorizationServer | undefined> {
  const options = { ...requestOptions(system, issuer), algorithm };
  const metadata = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, options));
  const kept = USED.flatMap((name) => metadata[name] === undefined ? [] : [[name, metadata[name]]]);
  const server: AuthorizationServer = { issuer: metadata.issuer, ...Object.fromEntries(kept) };
  return ADDRESSES.every((name) => isUsable(server[name])) ? server : undefined;
}

/** Metadata must not send a browser or a secret to anything but TLS or loopback. */
function isUsable(address: unknown): boolean {
  if (address === undefined) return true;
  if (typeof address !== "string" || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || protocol === "http:" && isLoopback(hostname);
}

/** The first attempt that leads anywhere; what fails is passed over. */
async function firstOf<T>(
  attempts: readonly (() => Promise<T | undefined>)[],
): Promise<T | undefined> {
  for (const attempt of attempts) {
    const found = await attempt().catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notFound({ displayName, name }: OAuthProvider, { origin }: URL): AuthsomeError {
  const message = `${displayName} does not say at ${origin} how to log in.`;
  return new AuthsomeError("endpoint_unreachable", message, {
    hint: `Check the network, or name the endpoints in the definition: authsome inspect ${name}`,
  });
}
