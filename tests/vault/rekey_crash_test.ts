import assert from "node:assert/strict";
import type { Environment } from "../../lib/vault/key_source.ts";
import { rekey, type RelockStep } from "../../lib/vault/rekey.ts";
import { runCommand } from "../support/command.ts";
import { ALL, fillVault, KEY_ENV, keyFiles, readVault } from "../support/relock.ts";
import { relocker, RELOCKER_FLAGS } from "../support/relock.ts";
import { named, NOW, OPENAI, openVault, PROFILE, withHome } from "../support/vault.ts";

const RELOCKER = new URL("../fixtures/relocker.ts", import.meta.url).pathname;
const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;

const STEPS: readonly RelockStep[] = [
  "prepared",
  "key written",
  "records sealed",
  "stored",
  "settled",
];

const now = (): number => NOW;

const CRASHES: readonly (readonly [string, Environment, Environment])[] = [
  ["rekey", {}, {}],
  ["AUTHSOME_MASTER_KEY", {}, KEY_ENV],
  ["master.key", KEY_ENV, {}],
];

for (const [action, oldEnv, newEnv] of CRASHES) {
  Deno.test(`${action}: killed after any step, the old or the new key opens everything`, async () => {
    for (const step of STEPS) {
      await withHome(async (home) => {
        await fillVault(home, oldEnv);
        const env = { ...Deno.env.toObject(), ...oldEnv, ...newEnv };
        const { code, stderr } = await runCommand(relocker([home.path, action, step]), { env });
        assert.equal(code, 137, `${step}: ${stderr}`);
        const isDone = step === "stored" || step === "settled";
        assert.equal(await readVault(home, isDone ? newEnv : oldEnv), ALL, step);
        if (action !== "rekey") {
          assert.equal(await readVault(home, isDone ? oldEnv : newEnv), "vault_unavailable", step);
        }
        // And the next change finds nothing in its way.
        const again = await runCommand(relocker([home.path, action]), { env });
        assert.equal(again.code, 0, again.stderr);
        assert.equal(await readVault(home, newEnv), ALL, step);
        // A key that no longer opens anything may be left where nothing looks for it.
        const isLeft = newEnv !== KEY_ENV || step === "stored";
        assert.deepEqual(keyFiles(home), isLeft ? ["master.key"] : [], step);
      });
    }
  });
}

Deno.test("rekeys that are killed while others write lose nothing", async () => {
  await withHome(async (home) => {
    await fillVault(home);
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const spawn = (args: readonly string[]): Deno.ChildProcess =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-lock", ...RELOCKER_FLAGS, ...args],
          stdin: "null",
          stdout: "piped",
          stderr: "inherit",
        }).spawn();
      const children = [
        spawn([WRITER, home.path, `r${round}a`, "120"]),
        spawn([WRITER, home.path, `r${round}b`, "120"]),
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
    assert.equal(acknowledged.length, 720);
    using vault = openVault(home);
    for (const name of acknowledged) {
      const record = vault.connection(PROFILE, OPENAI, named(name));
      assert.equal(record && vault.unseal(record, "api_key")?.reveal(), `sk-${name}`);
    }
    assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    await rekey({ home, env: {}, now });
    assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
    assert.deepEqual(keyFiles(home), ["master.key"]);
  });
});
