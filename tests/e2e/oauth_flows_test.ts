import assert from "node:assert/strict";
import { CLIENTS } from "../support/authorization_server.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";
import { authsomeCommand } from "../support/authsome.ts";
import {
  acmeDefinition,
  assertNothingStored,
  enterDeviceCode,
  follow,
  logInWithOAuth,
  registerAcme,
  secretOf,
  signIn,
  startOAuthLogin,
  trusting,
  withScene,
} from "../support/oauth_user.ts";

const DEVICE = ["--flow", "device_code", "--client-id", CLIENTS.public.id];
const REGISTERED = ["--flow", "dcr_pkce"];
const VISIT = /Visit (\S+ and enter the code \S+)\n/;

Deno.test(
  "a device code works without a terminal and a display",
  withScene(async (user, server) => {
    const login = await startOAuthLogin(user, DEVICE);
    await enterDeviceCode(server, await login.see(VISIT), "allow");
    const { code, stdout, stderr } = await login.ended();
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Successfully logged in to acme (default).\n");
    assert.ok(!stderr.includes("█") && !stderr.includes("\x1b"));
    assert.ok(await server.isActive(await secretOf(user, "access_token")));
    assert.equal((await user.json(["get", "acme"])).document.status, "connected");
  }),
);

Deno.test(
  "a denied device code is 4 and stores nothing",
  withScene(async (user, server) => {
    const login = await startOAuthLogin(user, DEVICE);
    await enterDeviceCode(server, await login.see(VISIT), "deny");
    const { code, stderr } = await login.ended();
    assert.equal(code, 4);
    assert.match(stderr, /Error: Access to Acme was denied\./);
    await assertNothingStored(user);
  }),
);

Deno.test(
  "Ctrl-C while a code waits is 8 and stores nothing",
  withScene(async (user) => {
    const login = await startOAuthLogin(user, DEVICE);
    await login.see(VISIT);
    login.signal("SIGINT");
    const { code, stderr } = await login.ended();
    assert.equal(code, 8);
    assert.match(stderr, /Error: The login was cancelled\. Nothing was saved\./);
    await assertNothingStored(user);
  }),
);

Deno.test(
  "a device endpoint that cannot be reached is 9",
  withScene(async (user) => {
    await user.fail(9, ["login", "acme", ...DEVICE]);
    await assertNothingStored(user);
  }, { device_authorization_url: "http://127.0.0.1:9/device" }),
);

Deno.test(
  "a registered client is reused, and registered again for another redirect",
  withScene(async (user, server) => {
    const port = freePort();
    const fixed = [...REGISTERED, "--redirect-port", String(port)];
    const registrations: (number | undefined)[] = [];
    for (const args of [fixed, fixed, [...REGISTERED, "--redirect-port", "0"]]) {
      const name = `login-${registrations.length}`;
      const { code, stderr } = await logInWithOAuth(user, server, ["--connection", name, ...args]);
      assert.equal(code, 0, stderr);
      registrations.push(server.hits.get("/reg"));
    }
    assert.deepEqual(registrations, [1, 1, 2]);
    assert.ok(await server.isActive(await secretOf(user, "access_token", "login-2")));
  }),
);

Deno.test(
  "an API that says where its authorization server is needs no endpoints in its definition",
  withScene(
    async (user, server) => {
      const { host } = new URL(server.issuer);
      const oauth = {
        scopes: ["openid", "offline_access"],
        authorization_params: { prompt: "consent" },
      };
      const definition = acmeDefinition(server, {}, { flow: "dcr_pkce", api_url: host, oauth });
      await registerAcme(user, definition);
      const { code, stderr } = await logInWithOAuth(user, server, ["--redirect-port", "0"]);
      assert.equal(code, 0, stderr);
      assert.equal(server.hits.get("/reg"), 1);
      const env = await trusting(user);
      const before = server.hits.get("/token") ?? 0;
      const { document } = await user.json(["get", "acme"], { env });
      assert.equal(document.status, "connected");
      assert.equal(server.hits.get("/token"), before + 1); // refreshed where it was found
      assert.equal(await user.succeed(["revoke", "acme"], { env }), "Revoked acme (default).\n");
    },
    {},
    { lifeS: 60 },
  ),
);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test(
  "tokens that end soon are refreshed by get and export, and rotated",
  withScene(
    async (user, server) => {
      await logInWithOAuth(user, server);
      const env = await trusting(user);
      const before = server.hits.get("/token") ?? 0;
      const tokens = new Set<string>();
      for (let round = 0; round < 3; round++) {
        tokens.add(await user.succeed(["export", "acme"], { env }));
        tokens.add(await secretOf(user, "refresh_token"));
      }
      assert.equal(tokens.size, 6);
      assert.equal(server.hits.get("/token"), before + 6);
      assert.ok(await server.isActive(await secretOf(user, "access_token")));
      const events = await user.succeed(["log", "-n", "100"]);
      assert.match(events, /refresh +acme\/default/);
    },
    {},
    { lifeS: 60 },
  ),
);

Deno.test(
  "a refresh token used twice ends the login: 6, and then the status says so",
  withScene(
    async (user, server) => {
      await logInWithOAuth(user, server);
      const env = await trusting(user);
      const copy = `${user.folder}/copy`;
      await copyFolder(user.home, copy);
      await user.succeed(["get", "acme"], { env });
      // Somebody with a copy of the vault uses the old token: the server ends the whole grant.
      const stderr = await user.fail(6, ["get", "acme"], { env: { ...env, AUTHSOME_HOME: copy } });
      assert.match(
        stderr,
        /Error: The login to Acme has ended \(invalid_grant.*\nHint: authsome login acme/,
      );
      await user.fail(6, ["export", "acme"], { env });
      assert.equal(await user.succeed(["get", "acme", "--field", "status"], { env }), "invalid\n");
      await user.fail(5, ["export", "acme"], { env });
    },
    {},
    { lifeS: 60 },
  ),
);

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

Deno.test(
  "revoke ends the tokens at the provider, all of them with --all",
  withScene(async (user, server) => {
    for (const name of ["one", "two", "three"]) {
      const { code } = await logInWithOAuth(user, server, [
        ...["--connection", name, "--client-id", CLIENTS.public.id, "--redirect-port", "0"],
      ]);
      assert.equal(code, 0);
    }
    const names = ["one", "two", "three"];
    const tokens = await Promise.all(names.flatMap((name) => [
      secretOf(user, "access_token", name),
      secretOf(user, "refresh_token", name),
    ]));
    const alive = (): Promise<boolean[]> => Promise.all(tokens.map((one) => server.isActive(one)));
    assert.deepEqual(await alive(), Array(6).fill(true));
    const env = await trusting(user);
    const first = await user.succeed(["revoke", "acme", "--connection", "one"], { env });
    assert.equal(first, "Revoked acme (one).\n");
    assert.deepEqual(await alive(), [false, false, true, true, true, true]);
    const { document } = await user.json(["revoke", "acme", "--all"], { env });
    assert.deepEqual(document.connections, [
      { provider: "acme", connection: "three", revoked: true },
      { provider: "acme", connection: "two", revoked: true },
    ]);
    assert.deepEqual(await alive(), Array(6).fill(false));
    await assertNothingStored(user);
    await user.fail(5, ["revoke", "acme", "--all"], { env });
  }),
);

Deno.test(
  "logout tells nobody, and revoke removes even if the provider cannot be told",
  withScene(async (user, server) => {
    const login = [...["--client-id", CLIENTS.public.id], "--redirect-port", "0"];
    await logInWithOAuth(user, server, login);
    const token = await secretOf(user, "access_token");
    await user.succeed(["logout", "acme"]);
    assert.ok(await server.isActive(token));
    await logInWithOAuth(user, server, login);
    const { code, stdout, stderr } = await user.authsome(["revoke", "acme"]);
    assert.equal(code, 9);
    assert.equal(stdout, "Removed acme (default).\n");
    assert.match(
      stderr,
      /^Warning: Acme's revocation endpoint cannot be reached\. It is removed here, but the token may/,
    );
    await assertNothingStored(user);
  }, { revocation_url: "http://127.0.0.1:9/revoke" }),
);

Deno.test(
  "with --force a client is asked for again, and may be kept",
  withScene(async (user, server) => {
    await logInWithOAuth(user, server);
    const kept = await startOAuthLogin(user, ["--force", "--redirect-port", "0"]);
    await follow(await signIn(server, await kept.authorizationUrl()));
    assert.equal((await kept.ended()).code, 0); // nobody could be asked
    const asked = await startOAuthLogin(user, ["--force", "--no-browser", "--redirect-port", "0"]);
    const address = await asked.see(/Enter your Acme client here: (\S+)\n/);
    const page = (await follow(address)).text;
    assert.match(page, /Leave it empty to keep what is stored/);
    const answer = await fetch(address, {
      method: "POST",
      headers: { origin: new URL(address).origin },
      body: new URLSearchParams({ client_id: "", client_secret: "" }),
    });
    assert.match(await answer.text(), /On to Acme/);
    await follow(await signIn(server, await asked.authorizationUrl()));
    assert.equal((await asked.ended()).code, 0);
  }),
);

testNeeding(TERMINAL_DRIVER)(
  "a terminal is asked for the client and shows a QR code",
  withScene(async (user) => {
    const command = [...authsomeCommand(), "login", "acme", "--flow", "device_code"];
    const env = { ...user.env, ...await trusting(user) };
    const result = await runInTerminal(command, {
      env,
      steps: [
        { wait: "Acme client ID: ", send: `${CLIENTS.public.id}\r` },
        { wait: "Acme client secret (empty if your app has none): ", send: "\r" },
        { wait: "█", send: "" },
        { wait: "and enter the code ", send: "" },
        { wait: "Waiting for you … 9:5", signal: "SIGINT" },
      ],
    });
    assert.equal(result.code, 8, result.screen);
    assert.ok(result.sane);
    assert.match(result.screen, /Register an app of yours: https:\/\/acme\.example\/docs/);
    assert.match(result.screen, /Error:.* The login was cancelled/);
    await assertNothingStored(user);
  }),
);
