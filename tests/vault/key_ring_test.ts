import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuthsomeError } from "../../lib/errors.ts";
import type { Home } from "../../lib/vault/home.ts";
import { DATA_KEY_RECORD } from "../../lib/vault/wrapped_key.ts";
import { modeOf, named, OPENAI, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";

const KEY_A = new Uint8Array(32).fill(1).toBase64();
const KEY_B = new Uint8Array(32).fill(2).toBase64();

type Environment = Readonly<Record<string, string>>;

/** Opens the home's vault and the one secret in it. */
function openSecret(home: Home, env: Environment = {}): string | undefined {
  using vault = openVault(home, env);
  const record = vault.connection(PROFILE, OPENAI, named("default"));
  return record === undefined ? undefined : vault.unseal(record, "api_key")?.reveal();
}

function storeWith(home: Home, env: Environment = {}, name = "default"): void {
  using vault = openVault(home, env);
  storeKey(vault, name);
}

function assertLocked(run: () => unknown, message: RegExp, hint: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError, String(error));
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    assert.ok(!`${error.message}${error.hint}`.includes(KEY_A));
    assert.ok(!`${error.message}${error.hint}`.includes(KEY_B));
    return true;
  });
}

/** All records as text, read past the product. */
function recordsOf(home: Home): Record<string, string> {
  const database = new DatabaseSync(home.vaultFile);
  const rows = database.prepare("SELECT key, value FROM records").all();
  database.close();
  return Object.fromEntries(rows.map((row) => [String(row.key), String(row.value)]));
}

function overwrite(home: Home, key: string, value: string | undefined): void {
  const database = new DatabaseSync(home.vaultFile);
  if (value === undefined) database.prepare("DELETE FROM records WHERE key = ?").run(key);
  else database.prepare("UPDATE records SET value = ? WHERE key = ?").run(value, key);
  database.close();
}

Deno.test("the first secret makes the data key, wrapped for the source at hand", async () => {
  const cases: readonly (readonly [string, (home: Home) => Environment])[] = [
    ["master.key", () => ({})],
    ["AUTHSOME_MASTER_KEY", () => ({ AUTHSOME_MASTER_KEY: KEY_A })],
    ["AUTHSOME_MASTER_KEY_FILE", (home) => {
      Deno.writeTextFileSync(`${home.path}/k`, KEY_A);
      return { AUTHSOME_MASTER_KEY_FILE: `${home.path}/k` };
    }],
  ];
  for (const [source, makeEnv] of cases) {
    await withHome((home) => {
      const env = makeEnv(home);
      using before = openVault(home, env);
      assert.equal(before.keySource(), source);
      storeWith(home, env);
      const wrapped = JSON.parse(recordsOf(home)[DATA_KEY_RECORD] ?? "");
      assert.equal(wrapped.source, source);
      assert.equal(wrapped.wrapped.alg, "AES-256-GCM");
      assert.equal(openSecret(home, env), "sk-default");
      const made = [...Deno.readDirSync(home.path)].some((entry) => entry.name === "master.key");
      assert.equal(made, source === "master.key");
    });
  }
});

Deno.test("the same key opens the vault through another source", async () => {
  await withHome((home) => {
    storeWith(home);
    const env = { AUTHSOME_MASTER_KEY: Deno.readTextFileSync(home.masterKeyFile) };
    Deno.removeSync(home.masterKeyFile);
    assert.equal(openSecret(home, env), "sk-default");
    using vault = openVault(home, env);
    assert.equal(vault.keySource(), "AUTHSOME_MASTER_KEY");
  });
});

Deno.test("a wrong, missing or malformed master key locks the vault and changes nothing", async () => {
  const cases: readonly (readonly [Environment, Environment, RegExp, RegExp])[] = [
    [
      { AUTHSOME_MASTER_KEY: KEY_A },
      { AUTHSOME_MASTER_KEY: KEY_B },
      /key in AUTHSOME_MASTER_KEY does not open this vault/,
      /made with/,
    ],
    [
      { AUTHSOME_MASTER_KEY: KEY_A },
      {},
      /locked with AUTHSOME_MASTER_KEY, which is not set/,
      /export AUTHSOME_MASTER_KEY=/,
    ],
    [
      { AUTHSOME_MASTER_KEY: KEY_A },
      { AUTHSOME_MASTER_KEY: "c2hvcnQ=" },
      /AUTHSOME_MASTER_KEY is not a base64 key of 32 bytes/,
      /openssl/,
    ],
    [
      {},
      { AUTHSOME_MASTER_KEY: KEY_A },
      /key in AUTHSOME_MASTER_KEY does not open this vault/,
      /made with master\.key\. Run: unset AUTHSOME_MASTER_KEY/,
    ],
  ];
  for (const [made, opened, message, hint] of cases) {
    await withHome((home) => {
      storeWith(home, made);
      const before = recordsOf(home);
      assertLocked(() => openSecret(home, opened), message, hint);
      assertLocked(() => storeWith(home, opened, "second"), message, hint);
      assert.deepEqual(recordsOf(home), before);
      using vault = openVault(home, opened);
      assert.equal(vault.connections(PROFILE).length, 1, "reading needs no key");
      assert.ok(vault.verify().some((verdict) => !verdict.ok && message.test(verdict.problem)));
    });
  }
});

Deno.test("a lost master.key is never made anew", async () => {
  await withHome((home) => {
    storeWith(home);
    Deno.removeSync(home.masterKeyFile);
    assertLocked(() => openSecret(home), /master\.key is missing/, /Put the file back/);
    assertLocked(
      () => storeWith(home, {}, "second"),
      /master\.key is missing/,
      /Put the file back/,
    );
    assert.throws(() => Deno.lstatSync(home.masterKeyFile), Deno.errors.NotFound);
  });
});

Deno.test("master.key is private, and a link in its place is refused", async () => {
  await withHome((home) => {
    storeWith(home);
    if (Deno.build.os !== "windows") assert.equal(modeOf(home.masterKeyFile), 0o600);
    Deno.renameSync(home.masterKeyFile, `${home.path}/moved`);
    Deno.symlinkSync(`${home.path}/moved`, home.masterKeyFile);
    assertLocked(() => openSecret(home), /master\.key is a symbolic link/, /rm '/);
    Deno.removeSync(home.masterKeyFile);
    Deno.writeTextFileSync(home.masterKeyFile, "short\n");
    assertLocked(() => openSecret(home), /master\.key is not a base64 key of 32 bytes/, /./);
  });
});

Deno.test("a lost data key is never made anew", async () => {
  await withHome((home) => {
    storeWith(home);
    overwrite(home, DATA_KEY_RECORD, undefined);
    assertLocked(() => openSecret(home), /not the key that opens them/, /backup/);
    assertLocked(() => storeWith(home, {}, "second"), /not the key that opens them/, /backup/);
    assert.equal(recordsOf(home)[DATA_KEY_RECORD], undefined);
  });
});

Deno.test("a damaged data key record is an error, whatever is damaged", async () => {
  const changes: readonly ((record: Record<string, unknown>) => unknown)[] = [
    () => "not an object",
    (record) => ({ ...record, schema_version: 2 }),
    (record) => ({ ...record, source: "horoscope" }),
    (record) => ({ ...record, kid: 7 }),
    (record) => ({ ...record, kid: "0000000000000000" }),
    (record) => ({ ...record, wrapped: { enc: 1 } }),
  ];
  for (const change of changes) {
    await withHome((home) => {
      storeWith(home);
      const record = JSON.parse(recordsOf(home)[DATA_KEY_RECORD] ?? "");
      overwrite(home, DATA_KEY_RECORD, JSON.stringify(change(record)));
      assertLocked(() => openSecret(home), /damaged or newer|does not open|another data key/, /./);
      assertLocked(() => storeWith(home, {}, "second"), /damaged or newer|does not open/, /./);
    });
  }
});

Deno.test("envelopes that were swapped between records do not open", async () => {
  await withHome((home) => {
    storeWith(home, {}, "default");
    storeWith(home, {}, "work");
    const [a, b] = ["default", "work"].map((n) => `profile:default:openai:connection:${n}`);
    const records = recordsOf(home);
    const first = JSON.parse(records[a ?? ""] ?? "");
    const second = JSON.parse(records[b ?? ""] ?? "");
    overwrite(home, a ?? "", JSON.stringify({ ...first, api_key: second.api_key }));
    assertLocked(() => openSecret(home), /api_key.*cannot be opened/, /doctor/);
    overwrite(home, a ?? "", JSON.stringify({ ...first, id_token: first.api_key }));
    using vault = openVault(home);
    const record = vault.connection(PROFILE, OPENAI, named("default"));
    assert.ok(record !== undefined);
    assertLocked(() => vault.unseal(record, "id_token"), /id_token.*cannot be opened/, /doctor/);
    assert.deepEqual(vault.verify().map(({ key, ok }) => [key, ok]), [[a, false], [b, true]]);
  });
});
