import assert from "node:assert/strict";
import { type Broker, openBroker, type PassphrasePrompt } from "../../lib/broker/broker.ts";
import { planLogin, storeLogin } from "../../lib/broker/login.ts";
import { lockVault, rekeyVault } from "../../lib/broker/relock.ts";
import { createResolver } from "../../lib/broker/resolver.ts";
import { parseHostPattern } from "../../lib/host_pattern.ts";
import { parseHostname } from "../../lib/hostname.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import { keyDefinition } from "../support/definitions.ts";
import { named, OPENAI, openVault, PROFILE, withHome } from "../support/vault.ts";
import type { Home } from "../../lib/vault/home.ts";

const KEY = "sk-abcdefghij0123456789";

const REQUEST = {
  provider: OPENAI,
  connection: named("default"),
  host: parseHostname("api.openai.com"),
  port: 443,
  pattern: parseHostPattern("api.openai.com"),
};

type Access = Readonly<Record<string, string>> | PassphrasePrompt;

/** Opens the home with an environment, or with somebody who can be asked. */
function open(home: Home, access: Access): Broker {
  const asked = typeof access === "function" ? { ask: access } : {};
  const env = typeof access === "function" ? {} : access;
  const bundled = { openai: keyDefinition("openai", "api.openai.com") };
  return openBroker({ home: home.path, profile: PROFILE, env, now: Date.now, bundled, ...asked });
}

/** Answers with `old` when the vault is opened, and with `fresh` for a new key. */
function answering(old: string, fresh = old): PassphrasePrompt & { asked: number } {
  const prompt = Object.assign((purpose: "open" | "new") => {
    prompt.asked += 1;
    return Promise.resolve(new Secret(purpose === "open" ? old : fresh));
  }, { asked: 0 });
  return prompt;
}

async function connect(home: Home): Promise<void> {
  using broker = open(home, { AUTHSOME_PASSPHRASE: "old" });
  await broker.unlock();
  const plan = planLogin(broker, { provider: "openai", force: false });
  storeLogin(broker, plan, { kind: "api_key", apiKey: new Secret(KEY) });
}

interface Change {
  readonly name: string;
  /** What the run was started with. */
  readonly access: () => Access;
  /** What happens in another terminal. */
  readonly elsewhere: (home: Home) => Promise<unknown>;
  /** `undefined`: requests go on. */
  readonly fails?: RegExp;
}

const rekeyTo = (fresh: string) => async (home: Home): Promise<void> => {
  using broker = open(home, answering("old", fresh));
  await rekeyVault(broker);
};

const CHANGES: readonly Change[] = [
  {
    name: "rekeyed with the same passphrase, which the run's environment holds",
    access: () => ({ AUTHSOME_PASSPHRASE: "old" }),
    elsewhere: rekeyTo("old"),
  },
  {
    name: "rekeyed with another passphrase than the run's environment holds",
    access: () => ({ AUTHSOME_PASSPHRASE: "old" }),
    elsewhere: rekeyTo("new"),
    fails: /passphrase of this vault was changed.*start it again.*authsome run/s,
  },
  {
    name: "rekeyed with the same passphrase, which the run had asked for",
    access: () => answering("old"),
    elsewhere: rekeyTo("old"),
    fails: /passphrase of this vault was changed.*start it again.*authsome run/s,
  },
  {
    name: "locked with a file",
    access: () => answering("old"),
    elsewhere: async (home) => {
      using broker = open(home, { AUTHSOME_PASSPHRASE: "old" });
      await lockVault(broker, "master.key");
    },
  },
];

for (const { name, access, elsewhere, fails } of CHANGES) {
  Deno.test(`a run whose vault is ${name} ${fails ? "gets told what to do" : "goes on"}`, () =>
    withHome(async (home) => {
      await connect(home);
      const given = access();
      using run = open(home, given);
      await run.unlock();
      const { resolve } = createResolver(run);
      const inject = async (): Promise<string> => {
        try {
          const injection = await resolve(REQUEST);
          return injection.kind === "header" ? injection.value.reveal() : "";
        } catch (error) {
          assert.ok(error instanceof AuthsomeError);
          assert.equal(error.code, "vault_unavailable");
          return `${error.message}\n${error.hint}`;
        }
      };
      assert.equal(await inject(), `Bearer ${KEY}`);
      await elsewhere(home);
      for (let request = 0; request < 3; request++) {
        assert.match(await inject(), fails ?? new RegExp(`^Bearer ${KEY}$`));
      }
      if (typeof given === "function") assert.equal((given as { asked?: number }).asked, 1);
    }));
}

Deno.test("after a rekey the old passphrase opens nothing", () =>
  withHome(async (home) => {
    await connect(home);
    await rekeyTo("new")(home);
    using old = openVault(home, { AUTHSOME_PASSPHRASE: "old" });
    await assert.rejects(old.unlock(), /The passphrase does not open this vault/);
    using fresh = openVault(home, { AUTHSOME_PASSPHRASE: "new" });
    await fresh.unlock();
    const record = fresh.connection(PROFILE, OPENAI, named("default"));
    assert.equal(record && fresh.unseal(record, "api_key")?.reveal(), KEY);
  }));
