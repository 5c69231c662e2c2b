import assert from "node:assert/strict";
import { headerOf, startApiOrigin } from "../support/api_origin.ts";
import { CLIENTS, PERSON } from "../support/authorization_server.ts";
import { exchangeRaw } from "../support/login.ts";
import { testNeeding } from "../support/needs.ts";
import {
  API_HOST,
  assertNothingStored,
  follow,
  logInWithOAuth,
  secretOf,
  signIn,
  startOAuthLogin,
  TOKEN_VARIABLE,
  withScene,
} from "../support/oauth_user.ts";

const PUBLIC = ["--client-id", CLIENTS.public.id, "--redirect-port", "0"];

Deno.test(
  "a login with a public client is stored with what was granted",
  withScene(async (user, server) => {
    const { code, stdout, stderr } = await logInWithOAuth(user, server, PUBLIC);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Successfully logged in to acme (default).\n");
    const { document } = await user.json(["get", "acme"]);
    assert.equal(document.status, "connected");
    assert.deepEqual(document.scopes, ["openid", "email", "offline_access"]);
    assert.deepEqual(document.account, { id: PERSON.id, label: PERSON.email });
    assert.equal(document.refresh_token, "***REDACTED***");
    assert.ok(await server.isActive(await secretOf(user, "access_token")));
    assert.match(await user.succeed(["list", "--connected"]), /acme .*connected +20\d\d-/);
  }),
);

testNeeding("curl")(
  "a run puts the token into requests, and the child sees a placeholder",
  withScene(async (user, server) => {
    await logInWithOAuth(user, server, PUBLIC);
    const api = await startApiOrigin(API_HOST);
    const script = `echo $${TOKEN_VARIABLE}; curl -sS https://${API_HOST}/v1/me`;
    const { stdout } = await api.run(user, ["sh", "-c", script]);
    await api.close();
    assert.match(stdout, /^authsome-proxy-managed\n/);
    const token = headerOf(api.requests[0], "authorization")?.replace("Bearer ", "") ?? "";
    assert.ok(await server.isActive(token));
  }),
);

const CONFIDENTIAL = [
  { kind: "post", method: "client_secret_post" },
  { kind: "typed", method: "client_secret_basic" },
] as const;

for (const { kind, method } of CONFIDENTIAL) {
  const { id, secret } = CLIENTS[kind];
  Deno.test(
    `a client with a secret proves itself by ${method}, and is shared by later logins`,
    withScene(async (user, server) => {
      const first = await startOAuthLogin(user, [
        "--client-id",
        id,
        "--stdin",
        "--redirect-port",
        "0",
      ], {
        stdin: ` ${secret}\n`,
      });
      await follow(await signIn(server, await first.authorizationUrl()));
      assert.equal((await first.ended()).code, 0);
      const again = ["--connection", "work", "--redirect-port", "0"];
      assert.equal((await logInWithOAuth(user, server, again)).code, 0);
      assert.ok(await server.isActive(await secretOf(user, "access_token", "work")));
    }, { token_endpoint_auth_method: method }),
  );
}

Deno.test(
  "the definition's variables may hold the client",
  withScene(async (user, server) => {
    const { id, secret } = CLIENTS.post;
    const login = await startOAuthLogin(user, ["--redirect-port", "0"], {
      env: { ACME_CLIENT_ID: id, ACME_CLIENT_SECRET: secret },
    });
    await follow(await signIn(server, await login.authorizationUrl()));
    assert.equal((await login.ended()).code, 0);
  }),
);

Deno.test(
  "the redirect is exact, and scopes are those of the login",
  withScene(async (user) => {
    const args = ["--client-id", "some-app", "--scopes", "openid,api"];
    const login = await startOAuthLogin(user, args);
    const url = await login.authorizationUrl();
    login.signal("SIGINT");
    assert.equal((await login.ended()).code, 8);
    const { searchParams } = url;
    assert.equal(searchParams.get("redirect_uri"), "http://127.0.0.1:7998/auth/callback/oauth");
    assert.equal(searchParams.get("scope"), "openid api");
    assert.equal(searchParams.get("code_challenge_method"), "S256");
    assert.equal(searchParams.get("prompt"), "consent");
    await assertNothingStored(user);
  }),
);

Deno.test(
  "if the port is taken the login says so and waits",
  withScene(async (user, server) => {
    const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = other.addr;
    const args = ["--client-id", CLIENTS.public.id, "--redirect-port", String(port)];
    const login = await startOAuthLogin(user, args);
    await login.see(new RegExp(`Port ${port} is taken, probably by another login\\.`));
    other.close();
    await follow(await signIn(server, await login.authorizationUrl()));
    assert.equal((await login.ended()).code, 0);
  }),
);

Deno.test(
  "without a terminal and a display, a login without a client says how to go on",
  withScene(async (user) => {
    for (const flow of ["pkce", "device_code"]) {
      assert.equal(
        await user.fail(2, ["login", "acme", "--flow", flow]),
        "Error: There is no terminal and no display to ask for your Acme client ID.\n" +
          "Hint: Give it: authsome login acme --client-id ID --stdin < secret.txt, " +
          "or set ACME_CLIENT_ID and ACME_CLIENT_SECRET\n",
      );
    }
    await user.fail(2, ["login", "acme", "--stdin"], { stdin: "secret" });
    await user.fail(2, ["login", "acme", "--from-env"]);
    await user.fail(2, ["login", "acme", "--client-id", "x", "--redirect-port", "70000"]);
    await user.fail(2, ["login", "acme", "--client-id", "x", "--scopes", 'a"b']);
    await assertNothingStored(user);
  }),
);

Deno.test(
  "a denied consent is 4 and stores nothing",
  withScene(async (user, server) => {
    const login = await startOAuthLogin(user, PUBLIC);
    const back = await signIn(server, await login.authorizationUrl(), "deny");
    assert.match((await follow(back)).text, /Access to Acme was denied/);
    const { code, stderr } = await login.ended();
    assert.equal(code, 4);
    assert.match(
      stderr,
      /Error: Access to Acme was denied\.\nHint: To try again: authsome login acme/,
    );
    await assertNothingStored(user);
  }),
);

/** What somebody else could put into the browser, and how the login takes it. */
const FOREIGN: readonly (readonly [string, (back: URL) => void])[] = [
  [
    "an answer of another server (RFC 9207)",
    (back) => back.searchParams.set("iss", "https://evil.example"),
  ],
  ["an error", (back) => setOnly(back, { error: "server_error" })],
  ["no code", (back) => back.searchParams.delete("code")],
  ["two codes", (back) => back.searchParams.append("code", "another")],
];

function setOnly(back: URL, parameters: Readonly<Record<string, string>>): void {
  const state = back.searchParams.get("state") ?? "";
  back.search = new URLSearchParams({ ...parameters, state }).toString();
}

for (const [what, change] of FOREIGN) {
  Deno.test(
    `${what} ends the login and stores nothing`,
    withScene(async (user, server) => {
      const login = await startOAuthLogin(user, PUBLIC);
      const back = await signIn(server, await login.authorizationUrl());
      change(back);
      await follow(back);
      assert.equal((await login.ended()).code, 4);
      assert.equal(server.hits.get("/token"), undefined);
      await assertNothingStored(user);
    }),
  );
}

Deno.test(
  "a wrong state, a foreign host and a replay do not disturb a login",
  withScene(async (user, server) => {
    const login = await startOAuthLogin(user, PUBLIC);
    const back = await signIn(server, await login.authorizationUrl());
    const wrong = new URL(back);
    wrong.searchParams.set("state", "somebody-elses");
    assert.equal((await follow(wrong)).status, 400);
    const target = back.pathname + back.search;
    const headers = { host: "evil.example" };
    assert.equal((await exchangeRaw(Number(back.port), { target, headers })).status, 421);
    assert.equal(server.hits.get("/token"), undefined);
    await Promise.allSettled([follow(back), follow(back)]);
    assert.equal((await login.ended()).code, 0);
    assert.equal(server.hits.get("/token"), 1);
    await assert.rejects(fetch(back)); // nobody listens any more
  }),
);

Deno.test(
  "a token endpoint that cannot be reached is 9",
  withScene(async (user, server) => {
    const login = await startOAuthLogin(user, PUBLIC);
    await follow(await signIn(server, await login.authorizationUrl()));
    const { code, stderr } = await login.ended();
    assert.equal(code, 9);
    assert.match(stderr, /Error: Acme's token endpoint cannot be reached\./);
    await assertNothingStored(user);
  }, { token_url: "http://127.0.0.1:9/token" }),
);
