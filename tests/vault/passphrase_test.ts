import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import type { Home } from "../../lib/vault/home.ts";
import {
  createKdfParameters,
  deriveMasterKey,
  isOutdated,
  type KdfParameters,
  parseKdfParameters,
} from "../../lib/vault/passphrase.ts";
import { Store } from "../../lib/vault/store.ts";
import {
  DATA_KEY_RECORD,
  formatWrappedKey,
  readWrappedKey,
  unwrapDataKey,
  wrapDataKey,
} from "../../lib/vault/wrapped_key.ts";
import { named, OPENAI, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";

const PASSPHRASE = { AUTHSOME_PASSPHRASE: "correct horse" };
const SALT = Uint8Array.from({ length: 16 }, (_, i) => i).toBase64();
const CHEAP: KdfParameters = {
  algorithm: "argon2id",
  memory: 64,
  iterations: 1,
  parallelism: 1,
  salt: SALT,
};

async function openSecret(
  home: Home,
  env: Readonly<Record<string, string>>,
  ask?: () => Promise<Secret>,
): Promise<string | undefined> {
  using vault = openVault(home, env);
  await vault.unlock(ask);
  const record = vault.connection(PROFILE, OPENAI, named("default"));
  return record === undefined ? undefined : vault.unseal(record, "api_key")?.reveal();
}

async function storeSecret(home: Home, env: Readonly<Record<string, string>>): Promise<void> {
  using vault = openVault(home, env);
  await vault.unlock();
  storeKey(vault);
}

function isLocked(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AuthsomeError, String(error));
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.notEqual(error.hint, "");
    return true;
  };
}

Deno.test("deriveMasterKey() is Argon2id as the reference implementation computes it", async () => {
  // argon2-cffi 25.1 (libargon2): hash_secret_raw(…, Type.ID), passphrase in NFC.
  const full: KdfParameters = { ...createKdfParameters(), salt: SALT };
  const cases: readonly (readonly [KdfParameters, string])[] = [
    [CHEAP, "V50fj5Se9qL3qUpTKw4tfHQY8Nk5C90TQkz9fPXgz/g="],
    [full, "1N3QlDC/i+lByYPmyUV9bC9VMZqH0mreMAcc/x/xGxA="],
  ];
  for (const [parameters, expected] of cases) {
    for (const form of ["NFC", "NFD"]) {
      const key = await deriveMasterKey(new Secret("pässphrase".normalize(form)), parameters);
      assert.equal(key.toBase64(), expected);
    }
  }
});

Deno.test("new parameters cost what RFC 9106 recommends, with a salt of their own", () => {
  const first = createKdfParameters();
  assert.deepEqual({ ...first, salt: "" }, {
    algorithm: "argon2id",
    memory: 65536,
    iterations: 3,
    parallelism: 4,
    salt: "",
  });
  assert.notEqual(first.salt, createKdfParameters().salt);
  assert.equal(isOutdated(first), false);
  assert.equal(isOutdated({ ...first, memory: 131_072, iterations: 2 }), false);
  assert.equal(isOutdated({ ...first, iterations: 2 }), true);
  assert.equal(isOutdated({ ...first, memory: 32_768, iterations: 12 }), true);
});

Deno.test("parseKdfParameters() refuses what is malformed or would take the machine down", () => {
  assert.deepEqual(parseKdfParameters({ ...CHEAP }), CHEAP);
  const wrong: readonly unknown[] = [
    null,
    "argon2id",
    {},
    { ...CHEAP, extra: 1 },
    { ...CHEAP, algorithm: "argon2i" },
    { ...CHEAP, salt: "c2hvcnQ=" },
    { ...CHEAP, memory: 7 },
    { ...CHEAP, memory: 64, parallelism: 9 },
    { ...CHEAP, memory: 8_388_608 },
    { ...CHEAP, iterations: 0 },
    { ...CHEAP, iterations: 1.5 },
    { ...CHEAP, iterations: 1000 },
    { ...CHEAP, parallelism: 65, memory: 65536 },
  ];
  for (const value of wrong) assert.equal(parseKdfParameters(value), undefined);
});

Deno.test("a passphrase in the environment locks a new vault and opens it again", async () => {
  await withHome(async (home) => {
    using before = openVault(home, PASSPHRASE);
    assert.equal(before.keySource(), "passphrase");
    await storeSecret(home, PASSPHRASE);
    assert.equal(await openSecret(home, PASSPHRASE), "sk-default");
    assert.throws(() => Deno.lstatSync(home.masterKeyFile), Deno.errors.NotFound);
    const asked = await openSecret(home, {}, () => Promise.resolve(new Secret("correct horse")));
    assert.equal(asked, "sk-default");
  });
});

Deno.test("a wrong, empty or missing passphrase opens nothing", async () => {
  await withHome(async (home) => {
    await storeSecret(home, PASSPHRASE);
    const wrong = { AUTHSOME_PASSPHRASE: "battery staple" };
    await assert.rejects(openSecret(home, wrong), isLocked(/passphrase does not open this vault/));
    const empty = { AUTHSOME_PASSPHRASE: "" };
    await assert.rejects(openSecret(home, empty), isLocked(/passphrase is empty/));
    await assert.rejects(openSecret(home, {}), isLocked(/locked with a passphrase/));
    using locked = openVault(home, PASSPHRASE);
    assert.equal(locked.connections(PROFILE).length, 1, "reading needs no key");
    assert.throws(() => storeKey(locked, "second"), isLocked(/locked with a passphrase/));
  });
});

Deno.test("first uses with a passphrase at the same time agree on one key", async () => {
  await withHome(async (home) => {
    const names = ["a", "b"];
    await Promise.all(names.map(async (name) => {
      using vault = openVault(home, PASSPHRASE);
      await vault.unlock();
      storeKey(vault, name);
    }));
    using vault = openVault(home, PASSPHRASE);
    await vault.unlock();
    assert.deepEqual(vault.verify().map((verdict) => verdict.ok), [true, true]);
  });
});

Deno.test("unlock() asks for nothing where another source is in use", async () => {
  await withHome(async (home) => {
    using vault = openVault(home);
    await vault.unlock(() => assert.fail("asked"));
    storeKey(vault);
    await vault.unlock(() => assert.fail("asked"));
    assert.equal(vault.keySource(), "master.key");
    assert.equal(await openSecret(home, PASSPHRASE), "sk-default", "the vault's own source wins");
  });
});

Deno.test("a key derived at a lower cost is derived anew when it is used", async () => {
  await withHome(async (home) => {
    await storeSecret(home, PASSPHRASE);
    const store = Store.openOrCreate(home.vaultFile);
    const current = readWrappedKey(store);
    assert.ok(current?.lock.source === "passphrase");
    const passphrase = new Secret(PASSPHRASE.AUTHSOME_PASSPHRASE);
    const master = await deriveMasterKey(passphrase, current.lock.kdf);
    const key = unwrapDataKey(current, master);
    assert.ok(key !== undefined);
    const weak = wrapDataKey(key, await deriveMasterKey(passphrase, CHEAP), {
      lock: { source: "passphrase", kdf: CHEAP },
      createdAt: current.createdAt,
    });
    store.change((change) => change.put(DATA_KEY_RECORD, formatWrappedKey(weak)));
    store.close();
    assert.equal(await openSecret(home, PASSPHRASE), "sk-default");
    const database = new DatabaseSync(home.vaultFile);
    const row = database.prepare("SELECT value FROM records WHERE key = ?").get(DATA_KEY_RECORD);
    database.close();
    const { kdf } = JSON.parse(String(row?.value));
    assert.equal(kdf.memory, 65536);
    assert.notEqual(kdf.salt, SALT);
    assert.equal(await openSecret(home, PASSPHRASE), "sk-default");
  });
});
