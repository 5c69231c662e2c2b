import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import { KeyRing } from "../../lib/vault/key_ring.ts";
import type { Environment, KeySource } from "../../lib/vault/key_source.ts";
import { createKeychain } from "../../lib/vault/keychain.ts";
import { rekey, type RelockStep, useKeySource } from "../../lib/vault/rekey.ts";
import { Store } from "../../lib/vault/store.ts";
import { readWrappedKey } from "../../lib/vault/wrapped_key.ts";
import { ALL, fillVault, KEY_ENV, keyFiles, readVault, rekeyElsewhere } from "../support/relock.ts";
import { NOW, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";

const PASSPHRASE = { AUTHSOME_PASSPHRASE: "correct horse" };

const now = (): number => NOW;

Deno.test("rekey() seals everything anew, and the old keys open nothing", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    const oldMaster = Deno.readTextFileSync(home.masterKeyFile).trim();
    using before = openVault(home);
    const kids = (): string[] => before.connections(PROFILE).map((r) => String(envelopeKid(r)));
    const oldKids = kids();
    const oldText = JSON.stringify(before.connections(PROFILE)[0]?.api_key?.ciphertext);
    const result = await rekey({ home, env: {}, now });
    assert.deepEqual(result, { from: "master.key", to: "master.key", sealed: 4 });
    assert.equal(await readVault(home), ALL);
    assert.notEqual(Deno.readTextFileSync(home.masterKeyFile).trim(), oldMaster);
    assert.deepEqual(keyFiles(home), ["master.key"]);
    for (const kid of kids()) assert.ok(!oldKids.includes(kid));
    assert.equal(await readVault(home, { AUTHSOME_MASTER_KEY: oldMaster }), "vault_unavailable");
    const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(home.vaultFile));
    assert.ok(!bytes.includes(JSON.parse(oldText)), "no old envelope is left in free pages");
    assert.ok(!bytes.includes(oldKids[0] ?? "?"), "nor the old data key");
  });
});

function envelopeKid(record: Readonly<Record<string, unknown>>): unknown {
  const envelope = record.api_key ?? record.access_token;
  return typeof envelope === "object" && envelope !== null && "kid" in envelope && envelope.kid;
}

Deno.test("a process that has the vault open goes on after a rekey", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    using warm = openVault(home);
    using cold = openVault(home);
    const [record] = warm.connections(PROFILE);
    assert.ok(record !== undefined);
    warm.credential(record);
    const version = warm.dataVersion();
    await rekey({ home, env: {}, now });
    assert.notEqual(warm.dataVersion(), version);
    assert.equal(warm.unseal(record, "api_key")?.reveal(), "sk-default");
    assert.equal(cold.unseal(record, "api_key")?.reveal(), "sk-default", "a record read before");
    storeKey(warm, "more");
    assert.deepEqual(cold.verify().filter((verdict) => !verdict.ok), []);
  });
});

Deno.test("rekey() refuses where the environment holds the key, and says why", async () => {
  await withHome(async (home) => {
    await fillVault(home, KEY_ENV);
    await assert.rejects(rekey({ home, env: KEY_ENV, now }), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "refused");
      assert.match(error.message, /in AUTHSOME_MASTER_KEY, where authsome cannot change it/);
      assert.match(error.hint, /authsome key use master\.key/);
      return true;
    });
    assert.equal(await readVault(home, KEY_ENV), ALL);
  });
});

Deno.test("rekey() of a vault with a damaged record changes nothing", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    const key = "profile:default:openai:connection:oauth";
    const store = Store.openOrCreate(home.vaultFile);
    const record = JSON.parse(store.get(key) ?? "");
    const swapped = JSON.stringify({ ...record, access_token: record.refresh_token });
    store.change((change) => change.put(key, swapped));
    const before = store.entries("");
    const master = Deno.readTextFileSync(home.masterKeyFile);
    await assert.rejects(rekey({ home, env: {}, now }), /access_token.*cannot be opened/);
    assert.deepEqual(store.entries(""), before);
    assert.equal(Deno.readTextFileSync(home.masterKeyFile), master);
    store.change((change) => change.put(key, JSON.stringify(record)));
    store.close();
    assert.equal(await readVault(home), ALL);
    await rekey({ home, env: {}, now });
    assert.deepEqual(keyFiles(home), ["master.key"], "what the failed one left is gone");
  });
});

const MOVES: readonly (readonly [KeySource, Environment, KeySource, Environment])[] = [
  ["master.key", {}, "AUTHSOME_MASTER_KEY", KEY_ENV],
  ["AUTHSOME_MASTER_KEY", KEY_ENV, "master.key", {}],
  ["master.key", {}, "passphrase", PASSPHRASE],
  ["passphrase", PASSPHRASE, "master.key", {}],
];

for (const [from, oldEnv, to, newEnv] of MOVES) {
  Deno.test(`useKeySource() moves the data key from ${from} to ${to}`, async () => {
    await withHome(async (home) => {
      await fillVault(home, oldEnv);
      const env = { ...oldEnv, ...newEnv };
      assert.deepEqual(await useKeySource(to, { home, env, now }), { from, to, sealed: 0 });
      assert.equal(await readVault(home, newEnv), ALL);
      using vault = openVault(home, newEnv);
      assert.equal(vault.keySource(), to);
      assert.deepEqual(keyFiles(home), to === "master.key" ? ["master.key"] : []);
      const isMine = to === "master.key" && from === "passphrase";
      if (!isMine) assert.equal(await readVault(home, oldEnv), "vault_unavailable");
    });
  });
}

Deno.test("useKeySource() chooses for a vault that has no key yet", async () => {
  await withHome(async (home) => {
    const result = await useKeySource("AUTHSOME_MASTER_KEY", { home, env: KEY_ENV, now });
    assert.deepEqual(result, { from: undefined, to: "AUTHSOME_MASTER_KEY", sealed: 0 });
    await fillVault(home, KEY_ENV);
    assert.equal(await readVault(home, KEY_ENV), ALL);
  });
});

Deno.test("a new passphrase is asked for after the old one", async () => {
  await withHome(async (home) => {
    await fillVault(home, PASSPHRASE);
    const asked: string[] = [];
    const ask = (purpose: "open" | "new"): Promise<Secret> => {
      asked.push(purpose);
      return Promise.resolve(new Secret(purpose === "open" ? "correct horse" : "battery staple"));
    };
    await rekey({ home, env: {}, now, ask });
    assert.deepEqual(asked, ["open", "new"]);
    assert.equal(await readVault(home, PASSPHRASE), "vault_unavailable");
    assert.equal(await readVault(home, { AUTHSOME_PASSPHRASE: "battery staple" }), ALL);
  });
});

Deno.test("of two changes of locks at the same time, one is told that it came too late", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    const reached = (step: RelockStep): void => {
      if (step === "prepared") rekeyElsewhere(home, "stored");
    };
    for (const change of [rekey, useKeySource.bind(null, "AUTHSOME_MASTER_KEY")]) {
      await assert.rejects(change({ home, env: change === rekey ? {} : KEY_ENV, now, reached }), {
        message: "Another process changed the key of this vault at the same time.",
      });
      assert.equal(await readVault(home), ALL);
    }
  });
});

Deno.test("a reader between the change of the record and that of the file reads again", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    const store = Store.openOrCreate(home.vaultFile);
    let isFirst = true;
    const reader = {
      entries: (prefix: string) => store.entries(prefix),
      get: (key: string) => {
        const text = store.get(key);
        if (isFirst) rekeyElsewhere(home);
        isFirst = false;
        return text;
      },
    };
    const ring = new KeyRing({ home, env: {}, now, keychain: createKeychain() });
    const { kid } = ring.open(reader);
    assert.equal(kid, readWrappedKey(store)?.kid);
    store.close();
  });
});
