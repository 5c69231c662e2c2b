import assert from "node:assert/strict";
import { join } from "node:path";
import { type Environment, openBroker } from "../../lib/broker/broker.ts";
import { parseLoginKey, planLogin, storeLogin } from "../../lib/broker/login.ts";
import { type RunOptions, startRun } from "../../lib/broker/run.ts";
import { parseProfileName } from "../../lib/connection.ts";
import { parseProviderName } from "../../lib/provider.ts";
import { BUNDLED } from "../../providers/mod.ts";
import { KEY, OTHER_KEY } from "../support/authsome.ts";
import { withFolder } from "../support/vault.ts";

const GROQ_KEY = `gsk_${"a".repeat(24)}`;
const AWS = {
  AWS_ACCESS_KEY_ID: `AKIA${"A".repeat(16)}`,
  AWS_SECRET_ACCESS_KEY: "s".repeat(40),
};
const GROQ_ONLY = { providers: [parseProviderName("groq")] };

interface Case {
  readonly name: string;
  readonly env: Environment;
  readonly options?: RunOptions;
  /** The user's definition of openai, openai and groq being connected. */
  readonly openai?: string;
  /** All of the notes, but for what says why a definition is left out. */
  readonly note?: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "a connected service that --provider leaves out",
    env: { OPENAI_API_KEY: OTHER_KEY, GROQ_API_KEY: GROQ_KEY },
    options: GROQ_ONLY,
    note:
      /^The command gets the real OPENAI_API_KEY \(openai\), .*: env -u OPENAI_API_KEY authsome run … \(or leave out --provider\)$/,
  },
  {
    name: "a connected service whose definition is no JSON",
    env: { OPENAI_API_KEY: "of any shape" },
    openai: "{",
    note: /real OPENAI_API_KEY \(openai\).*: env -u OPENAI_API_KEY authsome run …$/,
  },
  {
    name: "a connected service whose definition is wrong, by the variables it names",
    env: { MY_KEY: "of any shape" },
    openai: '{"schema_version":9,"name":"openai","export":{"env":{"api_key":["MY_KEY"]}}}',
    note: /real MY_KEY \(openai\)/,
  },
  {
    name: "under --only, keys of services that were never connected",
    env: { ANTHROPIC_API_KEY: `sk-ant-api03-${"a".repeat(40)}`, ...AWS },
    options: { only: true },
    note:
      /real ANTHROPIC_API_KEY \(anthropic\), AWS_ACCESS_KEY_ID \(aws\), AWS_SECRET_ACCESS_KEY \(aws\), .*: env -u ANTHROPIC_API_KEY -u AWS/,
  },
  {
    name: "leaving out --provider is no way out for services that are not connected",
    env: { OPENAI_API_KEY: OTHER_KEY, ANTHROPIC_API_KEY: `sk-ant-api03-${"a".repeat(40)}` },
    options: { ...GROQ_ONLY, only: true },
    note: /real OPENAI_API_KEY \(openai\), ANTHROPIC_API_KEY \(anthropic\), .* authsome run …$/,
  },
  {
    name: "under --isolate, keys of services that were never connected",
    env: { ANTHROPIC_API_KEY: `sk-ant-api03-${"a".repeat(40)}` },
    options: { isolation: { shared: [] } },
    note: /real ANTHROPIC_API_KEY \(anthropic\)/,
  },
  {
    name: "nothing that does not look like a key of its service",
    env: { ANTHROPIC_API_KEY: "none", STRIPE_API_KEY: OTHER_KEY },
    options: { only: true },
  },
  {
    name: "nothing of services that were never connected, in a plain run",
    env: { ANTHROPIC_API_KEY: `sk-ant-api03-${"a".repeat(40)}`, OPENAI_API_KEY: OTHER_KEY },
  },
  {
    name: "no placeholders, in a run within a run",
    env: { OPENAI_API_KEY: "authsome-proxy-managed:team" },
    options: { ...GROQ_ONLY, only: true },
  },
];

for (const { name, env, options, openai, note } of CASES) {
  Deno.test(`startRun() warns of real keys that the child gets: ${name}`, () =>
    withFolder(async (folder) => {
      const profile = parseProfileName("default");
      const home = join(folder, "home");
      using broker = openBroker({ home, profile, env, now: Date.now, bundled: BUNDLED });
      for (const [provider, key] of [["openai", KEY], ["groq", GROQ_KEY]] as const) {
        const plan = planLogin(broker, { provider, force: false });
        storeLogin(broker, plan, parseLoginKey(plan, key));
      }
      broker.close();
      using later = openBroker({ home, profile, env, now: Date.now, bundled: BUNDLED });
      if (openai !== undefined) {
        Deno.mkdirSync(join(home, "providers"), { recursive: true, mode: 0o700 });
        Deno.writeTextFileSync(join(home, "providers", "openai.json"), openai);
      }
      const run = await startRun(later, options);
      await run.end(0);
      const notes = run.notes.filter((text) => !text.includes("is left out"));
      assert.equal(notes.length, note === undefined ? 0 : 1, notes.join("\n"));
      if (note !== undefined) assert.match(notes[0] ?? "", note);
      for (const value of Object.values(env)) assert.ok(!notes.join().includes(value));
    }));
}
