/**
 * A real, certified authorization server (oidc-provider) with real TLS on loopback, whose one page
 * asks a person to allow or deny.
 *
 * @module
 */

import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { issueTestLeaf, testAuthority } from "./certificates.ts";

/** The user everybody signs in as. */
export const PERSON = { id: "ada", email: "ada@example.com" } as const;

/** Where its clients are sent back to. The port does not matter (RFC 8252, section 7.3). */
export const REDIRECT_URI = "http://127.0.0.1:7998/auth/callback/oauth";

/** Its clients, by how they prove themselves. */
export const CLIENTS = {
  public: { id: "public-client", method: "none" },
  post: { id: "post-client", method: "client_secret_post", secret: "post-secret-canary" },
  basic: { id: "basic-client", method: "client_secret_basic", secret: "basic-secret:%+ canary" },
  /** Its secret is one that a person can enter. */
  typed: { id: "typed-client", method: "client_secret_basic", secret: "typed-secret:%+-canary" },
} as const;

/** A running server. */
export interface TestAuthorizationServer {
  /** `https://localhost:<port>`. */
  readonly issuer: string;
  /** Trusts the server's certificate. */
  readonly fetch: typeof fetch;
  /** What RFC 7662 says of a token. */
  isActive(token: string): Promise<boolean>;
  /** How many requests each path has had. */
  readonly hits: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** What is used of the package, which has no types of its own. */
interface OidcProvider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  use(middleware: (context: KoaContext, next: () => Promise<void>) => Promise<void>): void;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: Record<string, unknown>,
  ): Promise<void>;
  readonly Grant: new (about: Record<string, string>) => Grant;
}

interface KoaContext {
  readonly path: string;
  body?: Readonly<Record<string, unknown>>;
}

interface Interaction {
  readonly params: { readonly client_id: string; readonly scope?: string };
}

interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

/** Starts a server. `lifeS` is the life of access tokens in seconds. */
export async function startAuthorizationServer(
  { lifeS = 3600 }: { readonly lifeS?: number } = {},
): Promise<TestAuthorizationServer> {
  const leaf = await issueTestLeaf("localhost");
  const server = createServer({ key: leaf.keyPem, cert: leaf.certPem });
  const issuer = `https://localhost:${await bind(server)}`;
  const { Provider } = await import("oidc-provider") as unknown as {
    Provider: new (issuer: string, configuration: unknown) => OidcProvider;
  };
  const provider = new Provider(issuer, configure(lifeS));
  provider.use(hurryDevices);
  const serve = provider.callback();
  const hits = new Map<string, number>();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", issuer).pathname;
    hits.set(path, (hits.get(path) ?? 0) + 1);
    if (path.startsWith("/interaction/")) interact(provider, request, response);
    else serve(request, response);
  });
  const httpClient = Deno.createHttpClient({ caCerts: [(await testAuthority()).certPem] });
  const trusting: typeof fetch = (input, init) => fetch(input, { ...init, client: httpClient });
  return {
    issuer,
    fetch: trusting,
    hits,
    isActive: (token) => introspect(trusting, issuer, token),
    close: () => {
      httpClient.close();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

/** Lets devices ask every second; it would be every fifth (RFC 8628, section 3.2). */
async function hurryDevices(context: KoaContext, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.path === "/device/auth") context.body = { ...context.body, interval: 1 };
}

function bind(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  return promise;
}

function configure(lifeS: number): unknown {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256" }] },
    clients: Object.values(CLIENTS).map((client) => ({
      client_id: client.id,
      ...("secret" in client && { client_secret: client.secret }),
      token_endpoint_auth_method: client.method,
      application_type: "native",
      redirect_uris: [REDIRECT_URI],
      response_types: ["code"],
      grant_types: [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
      id_token_signed_response_alg: "ES256",
    })),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    cookies: { keys: ["cookie-signing-key-of-a-test"] },
    scopes: ["openid", "offline_access", "email", "api"],
    claims: { openid: ["sub"], email: ["email"] },
    conformIdTokenClaims: false,
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: PERSON.email }),
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: lifeS, DeviceCode: 600, Grant: 3600, IdToken: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
  };
}

const CONSENT = `<!doctype html><title>Allow access</title><h1>Allow access?</h1>
<form method="post"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form>`;

async function interact(
  provider: OidcProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html").end(CONSENT);
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const { params } = await provider.interactionDetails(request, response);
  const allowed = new URLSearchParams(body).get("decision") === "allow";
  const result = allowed
    ? await allow(provider, params)
    : { error: "access_denied", error_description: "The person said no" };
  await provider.interactionFinished(request, response, result);
}

async function allow(
  provider: OidcProvider,
  { client_id, scope }: Interaction["params"],
): Promise<Record<string, unknown>> {
  const grant = new provider.Grant({ accountId: PERSON.id, clientId: client_id });
  grant.addOIDCScope(scope ?? "openid");
  return { login: { accountId: PERSON.id }, consent: { grantId: await grant.save() } };
}

async function introspect(send: typeof fetch, issuer: string, token: string): Promise<boolean> {
  const { id, secret } = CLIENTS.post;
  const body = new URLSearchParams({ token, client_id: id, client_secret: secret });
  const response = await send(`${issuer}/token/introspection`, { method: "POST", body });
  return (await response.json()).active === true;
}
