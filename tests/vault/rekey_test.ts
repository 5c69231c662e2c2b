import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import type { Environment, KeySource } from "../../lib/vault/key_source.ts";
import type { Home } from "../../lib/vault/home.ts";
import { rekey, type RelockStep, useKeySource } from "../../lib/vault/rekey.ts";
import { Store } from "../../lib/vault/store.ts";
import { runCommand } from "../support/command.ts";
import { apiKeyDraft, named, NOW, OPENAI, openVault, PROFILE } from "../support/vault.ts";
import { storeKey, withHome } from "../support/vault.ts";
import { Secret } from "../../lib/secret.ts";

const RELOCKER = new URL("../fixtures/relocker.ts", import.meta.url).pathname;
const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;
const FLAGS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"];
const KEY = { AUTHSOME_MASTER_KEY: new Uint8Array(32).fill(5).toBase64() };
const PASSPHRASE = { AUTHSOME_PASSPHRASE: "correct horse" };

const STEPS: readonly RelockStep[] = [
  "prepared",
  "key written",
  "records sealed",
  "stored",
  "settled",
];

const now = (): number => NOW;

function relocker(args: readonly string[]): readonly string[] {
  return [Deno.execPath(), "run", "--no-lock", ...FLAGS, RELOCKER, ...args];
}

/** Fills a new vault: two connections and an OAuth client. */
async function fill(home: Home, env: Environment = {}): Promise<void> {
  using vault = openVault(home, env);
  await vault.unlock();
  storeKey(vault, "default");
  const draft = apiKeyDraft({ connection_name: named("oauth"), auth_type: "oauth2", future: 1 });
  const secrets = { access_token: new Secret("at"), refresh_token: new Secret("rt") };
  vault.writeConnection(draft, secrets, { replace: false });
  vault.writeClient(PROFILE, OPENAI, { clientId: "id", clientSecret: new Secret("cs") });
}

/** Everything secret in the vault that {@link fill} filled, or the code of the error. */
async function read(home: Home, env: Environment = {}): Promise<string> {
  try {
    using vault = openVault(home, env);
    await vault.unlock();
    const [key, oauth] = vault.connections(PROFILE);
    assert.ok(key !== undefined && oauth !== undefined);
    const client = vault.client(PROFILE, OPENAI)?.clientSecret;
    const secrets = [
      vault.unseal(key, "api_key"),
      vault.unseal(oauth, "access_token"),
      vault.unseal(oauth, "refresh_token"),
      client,
    ];
    return [...secrets.map((secret) => secret?.reveal()), oauth.future].join(" ");
  } catch (error) {
    assert.ok(error instanceof AuthsomeError, String(error));
    return error.code;
  }
}

const ALL = "sk-default at rt cs 1";

function files(home: Home): string[] {
  return [...Deno.readDirSync(home.path)].map((entry) => entry.name)
    .filter((name) => name.startsWith("master.key")).sort();
}

Deno.test("rekey() seals everything anew, and the old keys open nothing", async () => {
  await withHome(async (home) => {
    await fill(home);
    const oldMaster = Deno.readTextFileSync(home.masterKeyFile).trim();
    using before = openVault(home);
    const kids = (): string[] => before.connections(PROFILE).map((r) => String(envelopeKid(r)));
    const oldKids = kids();
    const oldText = JSON.stringify(before.connections(PROFILE)[0]?.api_key?.ciphertext);
    const result = await rekey({ home, env: {}, now });
    assert.deepEqual(result, { from: "master.key", to: "master.key", sealed: 4 });
    assert.equal(await read(home), ALL);
    assert.notEqual(Deno.readTextFileSync(home.masterKeyFile).trim(), oldMaster);
    assert.deepEqual(files(home), ["master.key"]);
    for (const kid of kids()) assert.ok(!oldKids.includes(kid));
    assert.equal(await read(home, { AUTHSOME_MASTER_KEY: oldMaster }), "vault_unavailable");
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
    await fill(home);
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
    await fill(home, KEY);
    await assert.rejects(rekey({ home, env: KEY, now }), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "refused");
      assert.match(error.message, /in AUTHSOME_MASTER_KEY, where authsome cannot change it/);
      assert.match(error.hint, /authsome key use master\.key/);
      return true;
    });
    assert.equal(await read(home, KEY), ALL);
  });
});

Deno.test("rekey() of a vault with a damaged record changes nothing", async () => {
  await withHome(async (home) => {
    await fill(home);
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
    assert.equal(await read(home), ALL);
    await rekey({ home, env: {}, now });
    assert.deepEqual(files(home), ["master.key"], "what the failed one left is gone");
  });
});

const MOVES: readonly (readonly [KeySource, Environment, KeySource, Environment])[] = [
  ["master.key", {}, "AUTHSOME_MASTER_KEY", KEY],
  ["AUTHSOME_MASTER_KEY", KEY, "master.key", {}],
  ["master.key", {}, "passphrase", PASSPHRASE],
  ["passphrase", PASSPHRASE, "master.key", {}],
];

for (const [from, oldEnv, to, newEnv] of MOVES) {
  Deno.test(`useKeySource() moves the data key from ${from} to ${to}`, async () => {
    await withHome(async (home) => {
      await fill(home, oldEnv);
      const env = { ...oldEnv, ...newEnv };
      assert.deepEqual(await useKeySource(to, { home, env, now }), { from, to, sealed: 0 });
      assert.equal(await read(home, newEnv), ALL);
      using vault = openVault(home, newEnv);
      assert.equal(vault.keySource(), to);
      assert.deepEqual(files(home), to === "master.key" ? ["master.key"] : []);
      const isMine = to === "master.key" && from === "passphrase";
      if (!isMine) assert.equal(await read(home, oldEnv), "vault_unavailable");
    });
  });
}

Deno.test("useKeySource() chooses for a vault that has no key yet", async () => {
  await withHome(async (home) => {
    const result = await useKeySource("AUTHSOME_MASTER_KEY", { home, env: KEY, now });
    assert.deepEqual(result, { from: undefined, to: "AUTHSOME_MASTER_KEY", sealed: 0 });
    await fill(home, KEY);
    assert.equal(await read(home, KEY), ALL);
  });
});

Deno.test("a new passphrase is asked for after the old one", async () => {
  await withHome(async (home) => {
    await fill(home, PASSPHRASE);
    const asked: string[] = [];
    const ask = (purpose: "open" | "new"): Promise<Secret> => {
      asked.push(purpose);
      return Promise.resolve(new Secret(purpose === "open" ? "correct horse" : "battery staple"));
    };
    await rekey({ home, env: {}, now, ask });
    assert.deepEqual(asked, ["open", "new"]);
    assert.equal(await read(home, PASSPHRASE), "vault_unavailable");
    assert.equal(await read(home, { AUTHSOME_PASSPHRASE: "battery staple" }), ALL);
  });
});

const CRASHES: readonly (readonly [string, Environment, Environment])[] = [
  ["rekey", {}, {}],
  ["AUTHSOME_MASTER_KEY", {}, KEY],
  ["master.key", KEY, {}],
];

for (const [action, oldEnv, newEnv] of CRASHES) {
  Deno.test(`${action}: killed after any step, the old or the new key opens everything`, async () => {
    for (const step of STEPS) {
      await withHome(async (home) => {
        await fill(home, oldEnv);
        const env = { ...Deno.env.toObject(), ...oldEnv, ...newEnv };
        const { code, stderr } = await runCommand(relocker([home.path, action, step]), { env });
        assert.equal(code, 137, `${step}: ${stderr}`);
        const isDone = step === "stored" || step === "settled";
        assert.equal(await read(home, isDone ? newEnv : oldEnv), ALL, step);
        if (action !== "rekey") {
          assert.equal(await read(home, isDone ? oldEnv : newEnv), "vault_unavailable", step);
        }
        // And the next change finds nothing in its way.
        const again = await runCommand(relocker([home.path, action]), { env });
        assert.equal(again.code, 0, again.stderr);
        assert.equal(await read(home, newEnv), ALL, step);
        // A key that no longer opens anything may be left where nothing looks for it.
        const isLeft = newEnv !== KEY || step === "stored";
        assert.deepEqual(files(home), isLeft ? ["master.key"] : [], step);
      });
    }
  });
}

Deno.test("rekeys that are killed while others write lose nothing", async () => {
  await withHome(async (home) => {
    await fill(home);
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const spawn = (args: readonly string[]): Deno.ChildProcess =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-lock", ...FLAGS, ...args],
          stdin: "null",
          stdout: "piped",
          stderr: "inherit",
        }).spawn();
      const children = [
        spawn([WRITER, home.path, `r${round}a`, "30"]),
        spawn([WRITER, home.path, `r${round}b`, "30"]),
      ];
      const changers = [0, 1].map(() => spawn([RELOCKER, home.path, "rekey-forever"]));
      const outputs = await Promise.all(children.map((child) => child.output()));
      for (const child of changers) child.kill("SIGKILL");
      await Promise.all(changers.map((child) => child.output()));
      for (const { code, stdout } of outputs) {
        assert.equal(code, 0);
        acknowledged.push(...new TextDecoder().decode(stdout).split("\n").slice(1, -1));
      }
    }
    assert.equal(acknowledged.length, 180);
    using vault = openVault(home);
    for (const name of acknowledged) {
      const record = vault.connection(PROFILE, OPENAI, named(name));
      assert.equal(record && vault.unseal(record, "api_key")?.reveal(), `sk-${name}`);
    }
    assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    await rekey({ home, env: {}, now });
    assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    assert.deepEqual(files(home), ["master.key"]);
  });
});
