import assert from "node:assert/strict";
import { type Broker, openBroker } from "../../lib/broker/broker.ts";
import { checkHealth } from "../../lib/broker/doctor.ts";
import { LOGIN_PORT } from "../../lib/login_address.ts";
import { Store } from "../../lib/vault/store.ts";
import { keyDefinition } from "../support/definitions.ts";
import { named, OPENAI, openVault, PROFILE, storeKey, withHome } from "../support/vault.ts";
import type { Home } from "../../lib/vault/home.ts";

const TODAY = Date.UTC(2026, 10, 1);

interface Trouble {
  readonly name: string;
  /** Makes the trouble. */
  readonly cause: (home: Home) => void;
  readonly env?: (home: Home) => Readonly<Record<string, string>>;
  readonly now?: number;
  /** Checks that fail, and what each says and advises. */
  readonly finds: Readonly<Record<string, RegExp>>;
}

/** Rewrites one record in the store. */
function rewrite(home: Home, key: string, change: (text: string) => string): void {
  const store = Store.open(home.vaultFile);
  store?.change((open) => open.put(key, change(open.get(key) ?? "")));
  store?.close();
}

const key = (name: string): string => `profile:default:openai:connection:${name}`;
const spoil = (text: string): string =>
  text.replace(/"tag":"(.)/, (_, c) => `"tag":"${c === "A" ? "B" : "A"}`);

const TROUBLES: readonly Trouble[] = [
  { name: "nothing", cause: () => {}, finds: {} },
  {
    name: "a policy with a wrong field",
    cause: (home) => Deno.writeTextFileSync(home.configFile, '{"policy":{"openai":{"alow":[]}}}'),
    finds: { policies: /config\.json: 'policy\.openai\.alow' is not a known field/ },
  },
  {
    name: "a record that does not open",
    cause: (home) => rewrite(home, key("b"), spoil),
    finds: {
      vault: /'api_key' of '.*:b' cannot be opened.*authsome login openai --connection b --force/s,
    },
  },
  {
    name: "a record that is damaged",
    cause: (home) => rewrite(home, "profile:default:openai:state", () => "{"),
    finds: { vault: /openai:state' of the vault is damaged.*authsome vault restore FILE/s },
  },
  {
    name: "a lost key",
    cause: (home) => Deno.removeSync(home.masterKeyFile),
    finds: { vault: /master\.key is missing.*export AUTHSOME_MASTER_KEY/s },
  },
  {
    name: "a damaged vault",
    cause: (home) => Deno.writeTextFileSync(home.vaultFile, "x".repeat(8192)),
    finds: {
      vault: /damaged or not a vault.*authsome vault restore FILE/s,
    },
  },
  {
    name: "a trail that was changed",
    cause: ({ auditFile }) => {
      const text = Deno.readTextFileSync(auditFile);
      Deno.writeTextFileSync(auditFile, text.replace("login", "logout"));
    },
    finds: { audit: /Event 1 was changed.*authsome log --verify/s },
  },
  {
    name: "a symbolic link in the home",
    cause: ({ path }) => Deno.symlinkSync("/etc/hostname", `${path}/lock`),
    finds: { files: /lock is a symbolic link.*rm '.*lock'/s },
  },
  {
    name: "a clock behind the records",
    cause: () => {},
    now: Date.UTC(2025, 11, 1),
    finds: { clock: /The clock shows 2025-12-01.*is from 2026-.*Set it/s },
  },
  {
    name: "a clock far ahead",
    cause: () => {},
    now: Date.UTC(2080, 0, 1),
    finds: { clock: /The clock shows 2080-.*most of the system's roots.*Set it/s },
  },
  {
    name: "an SSL_CERT_FILE that is not there",
    cause: () => {},
    env: ({ path }) => ({ SSL_CERT_FILE: `${path}/none.pem` }),
    finds: { certificates: /none\.pem, which is not there.*unset SSL_CERT_FILE/s },
  },
  {
    name: "an SSL_CERT_FILE without certificates",
    cause: ({ path }) => Deno.writeTextFileSync(`${path}/../no.pem`, "nothing"),
    env: ({ path }) => ({ SSL_CERT_FILE: `${path}/../no.pem` }),
    finds: { certificates: /no\.pem, which holds no certificate in PEM/s },
  },
  {
    name: "an SSL_CERT_FILE with what is no certificate",
    cause: ({ path }) => Deno.writeTextFileSync(`${path}/../bad.pem`, BAD_PEM),
    env: ({ path }) => ({ SSL_CERT_FILE: `${path}/../bad.pem` }),
    finds: { certificates: /bad\.pem, which holds no certificate that can be read/s },
  },
];

const BAD_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function open(home: Home, { env, now = TODAY }: Pick<Trouble, "env" | "now">): Broker {
  return openBroker({
    home: home.path,
    profile: PROFILE,
    env: env?.(home) ?? {},
    now: () => now,
    bundled: { openai: keyDefinition("openai", "api.openai.com") },
  });
}

for (const trouble of TROUBLES) {
  Deno.test({
    name: `doctor finds ${trouble.name}, says so, and says what to do`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withHome(async (home) => {
        {
          using vault = openVault(home);
          storeKey(vault, "a");
          storeKey(vault, "b");
          vault.setDefault(PROFILE, OPENAI, named("a"));
          using broker = open(home, {});
          broker.trail.append({ event: "login", provider: OPENAI, outcome: "ok" });
          broker.trail.append({ event: "login", provider: OPENAI, outcome: "ok" });
        }
        trouble.cause(home);
        using broker = open(home, trouble);
        const failures = (await checkHealth(broker)).filter(({ ok }) => !ok);
        const text = JSON.stringify(failures);
        const names = [...new Set(failures.map(({ name }) => name))];
        assert.deepEqual(names, Object.keys(trouble.finds), text);
        for (const { name, message, hint } of failures) {
          assert.match(`${message}\n${hint}`, trouble.finds[name] ?? /^$/);
          assert.notEqual(hint, "", message);
        }
      }),
  });
}

Deno.test({
  name: "doctor closes what is open to others",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withHome(async (home) => {
      const path = `${home.providersFolder}/open.txt`;
      Deno.writeTextFileSync(path, "");
      Deno.chmodSync(path, 0o644);
      using broker = open(home, {});
      const check = (await checkHealth(broker)).find(({ name }) => name === "files");
      assert.equal(check?.message, `Now closed to others: ${path}.`);
      assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    }),
});

Deno.test({
  name: "doctor says who holds the port of the login page",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withHome(async (home) => {
      let listener: Deno.Listener | undefined;
      try {
        listener = Deno.listen({ hostname: "127.0.0.1", port: LOGIN_PORT });
      } catch {
        // Another test has it: then doctor names that one.
      }
      using broker = open(home, {});
      const check = (await checkHealth(broker)).find(({ name }) => name === "login page");
      listener?.close();
      assert.match(check?.message ?? "", /^Port 7998 is held by /);
      assert.match(check?.hint ?? "", /OAuth logins in the browser wait for it\..*--redirect-port/);
    }),
});
