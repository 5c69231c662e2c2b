import assert from "node:assert/strict";
import { type Broker, openBroker } from "../../lib/broker/broker.ts";
import { createFreshen } from "../../lib/broker/freshness.ts";
import { planLogin, storeLogin } from "../../lib/broker/login.ts";
import { writeClient } from "../../lib/broker/oauth_settings.ts";
import { createResolver, type InjectionRequest } from "../../lib/broker/resolver.ts";
import { planRoutes } from "../../lib/broker/route_plan.ts";
import { createRouteSource } from "../../lib/broker/route_source.ts";
import { parseConnectionName, parseProfileName } from "../../lib/connection.ts";
import { parseHostPattern } from "../../lib/host_pattern.ts";
import { parseHostname } from "../../lib/hostname.ts";
import type { Injection } from "../../lib/injection.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import { withFolder } from "../support/vault.ts";

/** One provider with an installation of one's own, one with a fixed host. */
const DEFINITIONS = {
  self: {
    schema_version: 1,
    name: "self",
    display_name: "Self",
    auth_type: "oauth2",
    flow: "pkce",
    api_url: "{base_url}",
    oauth: {
      authorization_url: "{base_url}/authorize",
      token_url: "{base_url}/token",
      base_url: "https://a.example",
      scopes: [],
      pkce: true,
    },
    export: { env: { access_token: "SELF_TOKEN" } },
  },
  fixed: {
    schema_version: 1,
    name: "fixed",
    display_name: "Fixed",
    auth_type: "api_key",
    flow: "api_key",
    api_url: "fixed.example",
    api_key: {},
    export: { env: { api_key: "FIXED_KEY" } },
  },
};

const HOUR_MS = 3_600_000;

function open(folder: string, bundled: Readonly<Record<string, unknown>> = DEFINITIONS): Broker {
  const profile = parseProfileName("default");
  return openBroker({ home: `${folder}/home`, profile, env: {}, now: Date.now, bundled });
}

interface SelfLogin {
  readonly baseUrl: string;
  readonly token: string;
  readonly connection?: string;
  readonly endsInMs?: number;
}

function logIn(
  broker: Broker,
  { baseUrl, token, connection, endsInMs = HOUR_MS }: SelfLogin,
): void {
  const plan = planLogin(broker, { provider: "self", force: true, baseUrl, connection });
  storeLogin(broker, plan, {
    kind: "oauth2",
    accessToken: new Secret(token),
    refreshToken: new Secret(`refresh-${token}`),
    tokenType: "bearer",
    scopes: [],
    expiresAt: Date.now() + endsInMs,
  });
}

function requestFor(url: string, connection = "default"): InjectionRequest {
  return {
    provider: parseProviderName("self"),
    connection: parseConnectionName(connection),
    host: parseHostname(new URL(url).hostname),
    port: 443,
    pattern: parseHostPattern(url),
  };
}

function valueOf(injection: Injection | undefined): string | undefined {
  return injection?.kind === "header" ? injection.value.reveal() : undefined;
}

Deno.test("a renewed credential of another installation is not given for the old host", () =>
  withFolder(async (folder) => {
    using person = open(folder);
    using run = open(folder);
    logIn(person, { baseUrl: "https://a.example", token: "token-a" });
    const resolver = createResolver(run);
    const first = await resolver.resolve(requestFor("https://a.example"));
    assert.equal(valueOf(first), "Bearer token-a");
    logIn(person, { baseUrl: "https://b.example", token: "token-b" });
    assert.equal(await resolver.renew(first), undefined);
  }));

Deno.test("a connection is not given for a host it was not made for", () =>
  withFolder(async (folder) => {
    using broker = open(folder);
    logIn(broker, { baseUrl: "https://a.example", token: "token-a" });
    const { resolve } = createResolver(broker);
    await assert.rejects(
      async () => await resolve(requestFor("https://b.example")),
      /was not made for b\.example/,
    );
  }));

Deno.test("a selected connection is not given for another connection's path", () =>
  withFolder(async (folder) => {
    using broker = open(folder);
    logIn(broker, { baseUrl: "https://host.example/a", token: "token-a" });
    logIn(broker, { baseUrl: "https://host.example/b", token: "token-b", connection: "b" });
    const { resolve } = createResolver(broker);
    assert.equal(valueOf(await resolve(requestFor("https://host.example/a"))), "Bearer token-a");
    await assert.rejects(
      async () => await resolve(requestFor("https://host.example/a", "b")),
      /was not made for/,
    );
    assert.equal(
      valueOf(await resolve(requestFor("https://host.example/b", "b"))),
      "Bearer token-b",
    );
  }));

Deno.test("a vault that is removed or replaced counts for the next request", () =>
  withFolder(async (folder) => {
    using person = open(folder);
    using run = open(folder);
    logIn(person, { baseUrl: "https://a.example", token: "token-a" });
    const { resolve } = createResolver(run);
    await resolve(requestFor("https://a.example"));
    person.close();
    for (const name of ["vault.db", "vault.db-wal", "vault.db-shm", "master.key"]) {
      await Deno.remove(`${folder}/home/${name}`).catch(() => {});
    }
    run.vault.dataVersion();
    await assert.rejects(async () => {
      // The version is believed for a millisecond.
      for (const end = performance.now() + 2; performance.now() < end;);
      await resolve(requestFor("https://a.example"));
    }, /is not connected/);
    using later = open(folder);
    logIn(later, { baseUrl: "https://a.example", token: "token-new" });
    for (const end = performance.now() + 2; performance.now() < end;);
    assert.equal(valueOf(await resolve(requestFor("https://a.example"))), "Bearer token-new");
  }));

Deno.test("a definition that changes its token endpoint gets no refresh token", () =>
  withFolder(async (folder) => {
    const received: string[] = [];
    const onListen = (): void => {};
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen },
      async (request) => {
        received.push(await request.text());
        return Response.json({ access_token: "x", token_type: "bearer", expires_in: 3600 });
      },
    );
    const { port } = server.addr;
    using broker = open(folder);
    logIn(broker, { baseUrl: "https://a.example", token: "token-a", endsInMs: 1_000 });
    const name = parseProviderName("self");
    writeClient(broker, name, { id: "client", secret: new Secret("client-secret") });
    const oauth = { ...DEFINITIONS.self.oauth, token_url: `http://127.0.0.1:${port}/token` };
    using changed = open(folder, { ...DEFINITIONS, self: { ...DEFINITIONS.self, oauth } });
    const record = changed.vault.connection(changed.profile, name, parseConnectionName("default"));
    assert.ok(record);
    await assert.rejects(
      createFreshen(changed)(record),
      /The token endpoints of self \(default\) have changed/,
    );
    assert.deepEqual(received, []);
    await server.shutdown();
  }));

Deno.test("a provider connected while a run is being planned is routed", () =>
  withFolder((folder) => {
    using broker = open(folder);
    using person = open(folder);
    logIn(person, { baseUrl: "https://a.example", token: "token-a" });
    const selection = { connections: new Map(), providers: [] };
    const version = broker.vault.dataVersion();
    const plan = planRoutes(broker, selection);
    const login = planLogin(person, { provider: "fixed", force: false });
    storeLogin(person, login, { kind: "api_key", apiKey: new Secret("key") });
    const routes = createRouteSource(broker, plan, { selection, version });
    const target = { host: parseHostname("fixed.example"), port: 443 };
    assert.ok(routes().find(target, "https"));
    return Promise.resolve();
  }));
