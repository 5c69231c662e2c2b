import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuthsomeError } from "../../lib/errors.ts";
import {
  connectionKey,
  parseConnectionRecord,
  parseRecord,
  parseRecordKey,
} from "../../lib/vault/record.ts";
import {
  apiKeyDraft,
  named,
  OPENAI,
  openVault,
  PROFILE,
  storeKey,
  withHome,
} from "../support/vault.ts";

const KEY = connectionKey(apiKeyDraft());

const DAMAGES: readonly (readonly [string, unknown])[] = [
  ["schema_version", { schema_version: 2 }],
  ["profile", { profile: "other" }],
  ["provider", { provider: "github" }],
  ["connection_name", { connection_name: "other" }],
  ["auth_type", { auth_type: "password" }],
  ["status", { status: undefined }],
  ["scopes", { scopes: "a b" }],
  ["scopes", { scopes: [1] }],
  ["token_type", { token_type: 1 }],
  ["expires_at", { expires_at: "tomorrow" }],
  ["expires_at", { expires_at: "2026-01-02T03:04:05+01:00" }],
  ["obtained_at", { obtained_at: null }],
  ["obtained_at", { obtained_at: "2026-13-02T03:04:05Z" }],
  ["base_url", { base_url: undefined }],
  ["account", { account: null }],
  ["account", { account: { id: null } }],
  ["metadata", { metadata: {} }],
  ["metadata", { metadata: { api_urls: "api.openai.com" } }],
  ["api_key", { api_key: "sk-plain-text" }],
  ["refresh_token", { refresh_token: { enc: 1 } }],
];

Deno.test("parseConnectionRecord() keeps everything of a good record", () => {
  const record = {
    ...apiKeyDraft(),
    future: [1, { a: null }],
    obtained_at: "2026-01-02T03:04:05Z",
  };
  assert.deepEqual(parseConnectionRecord(KEY, JSON.stringify(record)), record);
});

Deno.test("parseConnectionRecord() names the record and the field that is damaged", () => {
  for (const [field, change] of DAMAGES) {
    const text = JSON.stringify({ ...apiKeyDraft(), ...change as object });
    assert.throws(() => parseConnectionRecord(KEY, text), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "vault_unavailable");
      assert.ok(error.message.includes(`'${KEY}'`), error.message);
      assert.ok(error.message.includes(`'${field}'`), error.message);
      assert.match(error.hint, /authsome logout openai --connection default/);
      assert.ok(!error.message.includes("sk-plain-text"));
      return true;
    }, field);
  }
});

Deno.test("parseRecord() refuses what is not a record of ours", () => {
  for (const text of ["", "{", "null", "[]", "7", '"x"']) {
    assert.throws(() => parseRecord(KEY, text), /is not a JSON object/);
  }
  for (const key of ["", "profile:a", "profile:a:b:token", "profile:a:b:connection:", "other"]) {
    assert.throws(() => parseRecord(key, "{}"), /its key names nothing/);
  }
});

Deno.test("parseRecordKey() reads the keys of the contract", () => {
  const place = { profile: "p", provider: "q" };
  assert.deepEqual(parseRecordKey("profile:p:q:metadata"), { ...place, kind: "metadata" });
  assert.deepEqual(parseRecordKey("profile:p:q:state"), { ...place, kind: "state" });
  assert.deepEqual(parseRecordKey("profile:p:q:client"), { ...place, kind: "client" });
  const connection = { ...place, kind: "connection", name: "a.b@c" };
  assert.deepEqual(parseRecordKey("profile:p:q:connection:a.b@c"), connection);
  assert.equal(parseRecordKey("profile:p:q:connection:a:b"), undefined);
  assert.equal(parseRecordKey("vault:data_key"), undefined);
});

Deno.test("one damaged record is named by verify() and can be removed", async () => {
  await withHome((home) => {
    using vault = openVault(home);
    storeKey(vault, "default");
    storeKey(vault, "work");
    const database = new DatabaseSync(home.vaultFile);
    database.prepare("UPDATE records SET value = '{}' WHERE key = ?").run(KEY);
    database.close();
    assert.throws(() => vault.connections(PROFILE), /connection:default' of the vault is damaged/);
    const bad = vault.verify().filter((verdict) => !verdict.ok);
    assert.deepEqual(bad.map((verdict) => verdict.key), [KEY]);
    assert.match(bad[0]?.problem ?? "", /schema_version/);
    assert.equal(vault.deleteConnection(PROFILE, OPENAI, named("default")), true);
    assert.equal(vault.connections(PROFILE).length, 1);
  });
});
