import assert from "node:assert/strict";
import { parseProfileName } from "../../lib/connection.ts";
import { AuthsomeError, type ErrorCode } from "../../lib/errors.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import { openHome } from "../../lib/vault/home.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import {
  apiKeyDraft,
  named,
  NOW,
  OPENAI,
  openVault,
  PROFILE,
  storeKey,
  withFolder,
  withHome,
} from "../support/vault.ts";

const GITHUB = parseProviderName("github");
const WORK = parseProfileName("work");

function withVault(use: (vault: Vault) => void): Promise<void> {
  return withHome((home) => {
    using vault = openVault(home);
    use(vault);
  });
}

function assertFails(run: () => unknown, code: ErrorCode, texts: readonly RegExp[]): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError, String(error));
    assert.equal(error.code, code);
    for (const text of texts) assert.match(`${error.message}\n${error.hint}`, text);
    return true;
  });
}

Deno.test("a vault that does not exist is empty, and reading makes nothing", async () => {
  await withFolder((folder) => {
    using vault = openVault(openHome(`${folder}/home`, { create: false }));
    assert.deepEqual(vault.connections(PROFILE), []);
    assert.equal(vault.connection(PROFILE, OPENAI, named("a")), undefined);
    assert.equal(vault.defaultConnection(PROFILE, OPENAI), undefined);
    assert.equal(vault.client(PROFILE, OPENAI), undefined);
    assert.equal(vault.deleteConnection(PROFILE, OPENAI, named("a")), false);
    assert.equal(vault.deleteProvider(undefined, OPENAI), 0);
    assert.equal(vault.dataVersion(), 0);
    assert.equal(vault.keySource(), "master.key");
    assert.deepEqual(vault.verify(), []);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    storeKey(vault);
    assert.equal(vault.connections(PROFILE).length, 1);
  });
});

Deno.test("an API key comes back as it went in, and is sealed on the disk", async () => {
  await withHome((home) => {
    const key = "sk-canary-0123456789abcdef";
    using vault = openVault(home);
    storeKey(vault, "default", key);
    using other = openVault(home);
    const record = other.connection(PROFILE, OPENAI, named("default"));
    assert.ok(record !== undefined);
    const { api_key: envelope, ...rest } = record;
    assert.deepEqual(rest, apiKeyDraft());
    assert.equal(envelope?.alg, "AES-256-GCM");
    const credential = other.credential(record);
    assert.equal(credential.kind, "api_key");
    assert.equal(other.unseal(record, "api_key")?.reveal(), key);
    assert.equal(other.unseal(record, "access_token"), undefined);
    for (const entry of Deno.readDirSync(home.path)) {
      if (!entry.isFile) continue;
      const bytes = Deno.readFileSync(`${home.path}/${entry.name}`);
      assert.ok(!new TextDecoder("latin1").decode(bytes).includes(key), entry.name);
    }
  });
});

Deno.test("an OAuth credential comes back with what belongs to it", async () => {
  await withVault((vault) => {
    const expires = Date.UTC(2030, 0, 1);
    const draft = apiKeyDraft({
      provider: GITHUB,
      auth_type: "oauth2",
      token_type: "bearer",
      scopes: ["repo", "user"],
      expires_at: new Date(expires).toISOString(),
      account: { id: "7", label: "me@example.com" },
    });
    const secrets = { access_token: new Secret("at"), refresh_token: new Secret("rt") };
    const record = vault.writeConnection(draft, secrets, { replace: false });
    const credential = vault.credential(record);
    assert.ok(credential.kind === "oauth2");
    const { accessToken, refreshToken, ...rest } = credential;
    assert.equal(accessToken.reveal(), "at");
    assert.equal(refreshToken?.reveal(), "rt");
    assert.deepEqual(rest, {
      kind: "oauth2",
      tokenType: "bearer",
      scopes: ["repo", "user"],
      expiresAt: expires,
      account: { id: "7", label: "me@example.com" },
    });
  });
});

Deno.test("credential() of a record without its secret names the login command", async () => {
  await withVault((vault) => {
    const record = vault.writeConnection(apiKeyDraft(), {}, { replace: false });
    assertFails(() => vault.credential(record), "connection_not_found", [
      /openai \(default\) holds no api_key/,
      /authsome login openai --connection default --force/,
    ]);
  });
});

Deno.test("connections() are those of the profile, by provider and name", async () => {
  await withVault((vault) => {
    const places = [
      [PROFILE, "openai", "work"],
      [PROFILE, "openai", "default"],
      [PROFILE, "open", "z"],
      [PROFILE, "open-ai", "a"],
      [WORK, "openai", "other"],
    ] as const;
    for (const [profile, provider, name] of places) {
      const place = {
        profile,
        provider: parseProviderName(provider),
        connection_name: named(name),
      };
      vault.writeConnection(apiKeyDraft(place), {}, { replace: false });
    }
    vault.setDefault(PROFILE, OPENAI, named("work"));
    vault.writeClient(PROFILE, OPENAI, { clientId: "id" });
    const names = vault.connections(PROFILE).map((r) => `${r.provider} ${r.connection_name}`);
    assert.deepEqual(names, ["open z", "open-ai a", "openai default", "openai work"]);
    const own = vault.connections(PROFILE, OPENAI).map((r) => r.connection_name);
    assert.deepEqual(own, ["default", "work"]);
    assert.deepEqual(vault.connections(WORK).map((r) => r.connection_name), ["other"]);
  });
});

Deno.test("writeConnection() replaces only when told, and says how to tell", async () => {
  await withVault((vault) => {
    storeKey(vault, "default", "old");
    assertFails(() => storeKey(vault, "default", "new"), "already_exists", [
      /openai \(default\) is already connected/,
      /authsome login openai --force/,
    ]);
    storeKey(vault, "work");
    assertFails(() => storeKey(vault, "work"), "already_exists", [/--connection work --force/]);
    const record = vault.connection(PROFILE, OPENAI, named("default"));
    assert.ok(record !== undefined);
    assert.equal(vault.unseal(record, "api_key")?.reveal(), "old");
  });
});

Deno.test("replacing keeps unknown fields and none of the old secrets", async () => {
  await withVault((vault) => {
    const old = { api_key: new Secret("old"), id_token: new Secret("old") };
    vault.writeConnection(apiKeyDraft({ future: { x: 1 } }), old, { replace: false });
    const fresh = { api_key: new Secret("new") };
    vault.writeConnection(apiKeyDraft({ status: "invalid" }), fresh, { replace: true });
    const record = vault.connection(PROFILE, OPENAI, named("default"));
    assert.ok(record !== undefined);
    assert.deepEqual(record.future, { x: 1 });
    assert.equal(record.status, "invalid");
    assert.equal(record.id_token, undefined);
    assert.equal(vault.unseal(record, "api_key")?.reveal(), "new");
  });
});

Deno.test("updateConnection() changes what it is given, unless somebody else was first", async () => {
  await withHome((home) => {
    using vault = openVault(home);
    using other = openVault(home);
    storeKey(vault);
    const first = vault.connection(PROFILE, OPENAI, named("default"));
    assert.ok(first !== undefined);
    const second = vault.updateConnection(first, { status: "expired" });
    assert.equal(second?.status, "expired");
    assert.equal(vault.unseal(second, "api_key")?.reveal(), "sk-default");
    assert.equal(vault.updateConnection(first, { status: "revoked" }), undefined);
    const third = other.updateConnection(second, {}, { api_key: new Secret("new") });
    assert.ok(third !== undefined);
    assert.equal(vault.unseal(third, "api_key")?.reveal(), "new");
    assert.equal(vault.updateConnection(second, { status: "connected" }), undefined);
    other.deleteConnection(PROFILE, OPENAI, named("default"));
    assert.equal(vault.updateConnection(third, { status: "connected" }), undefined);
    assert.deepEqual(vault.connections(PROFILE), []);
  });
});

Deno.test("defaultConnection() is the chosen one, else `default`, else the first", async () => {
  await withVault((vault) => {
    const current = (): string | undefined => vault.defaultConnection(PROFILE, OPENAI);
    storeKey(vault, "zeta");
    assert.equal(current(), "zeta");
    storeKey(vault, "alpha");
    assert.equal(current(), "alpha");
    storeKey(vault, "default");
    assert.equal(current(), "default");
    vault.setDefault(PROFILE, OPENAI, named("zeta"));
    assert.equal(current(), "zeta");
    vault.deleteConnection(PROFILE, OPENAI, named("zeta"));
    assert.equal(current(), "default");
    assertFails(
      () => vault.setDefault(PROFILE, OPENAI, named("zeta")),
      "connection_not_found",
      [/openai \(zeta\) is not connected/, /authsome login openai --connection zeta/],
    );
  });
});

Deno.test("deleteProvider() removes all it knows of the provider, here or everywhere", async () => {
  await withVault((vault) => {
    for (const profile of [PROFILE, WORK]) {
      for (const name of ["a", "b"]) {
        const draft = apiKeyDraft({ profile, connection_name: named(name) });
        vault.writeConnection(draft, { api_key: new Secret("k") }, { replace: false });
      }
      vault.setDefault(profile, OPENAI, named("b"));
      vault.writeClient(profile, OPENAI, { clientId: "id" });
      vault.writeConnection(apiKeyDraft({ profile, provider: GITHUB }), {}, { replace: false });
    }
    assert.equal(vault.deleteProvider(PROFILE, OPENAI), 2);
    assert.equal(vault.client(PROFILE, OPENAI), undefined);
    assert.equal(vault.defaultConnection(PROFILE, OPENAI), undefined);
    assert.equal(vault.connections(PROFILE).length, 1);
    assert.equal(vault.connections(WORK).length, 3);
    assert.equal(vault.deleteProvider(undefined, OPENAI), 2);
    assert.equal(vault.connections(WORK).length, 1);
    assert.equal(vault.deleteProvider(undefined, OPENAI), 0);
  });
});

Deno.test("an OAuth client comes back with and without its secret", async () => {
  await withVault((vault) => {
    vault.writeClient(PROFILE, GITHUB, { clientId: "id", clientSecret: new Secret("cs") });
    assert.equal(vault.client(PROFILE, GITHUB)?.clientSecret?.reveal(), "cs");
    vault.writeClient(PROFILE, GITHUB, { clientId: "id2" });
    assert.deepEqual(vault.client(PROFILE, GITHUB), { clientId: "id2" });
    assert.equal(vault.client(WORK, GITHUB), undefined);
  });
});

Deno.test("a change by another process counts at once, its making of the vault too", async () => {
  await withHome((home) => {
    using watching = openVault(home);
    using writing = openVault(home);
    assert.equal(watching.dataVersion(), 0);
    storeKey(writing, "a");
    const first = watching.dataVersion();
    assert.notEqual(first, 0);
    assert.equal(watching.connections(PROFILE).length, 1);
    writing.deleteConnection(PROFILE, OPENAI, named("a"));
    assert.notEqual(watching.dataVersion(), first);
    assert.deepEqual(watching.connections(PROFILE), []);
  });
});

Deno.test("close() releases the vault and may be called twice", async () => {
  await withHome((home) => {
    const vault = openVault(home);
    storeKey(vault);
    vault.close();
    vault.close();
    assert.deepEqual([...Deno.readDirSync(home.path)].filter((e) => /-wal|-shm/.test(e.name)), []);
    assert.equal(NOW, Date.parse(apiKeyDraft().obtained_at));
  });
});
