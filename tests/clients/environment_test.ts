import assert from "node:assert/strict";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { OTHER_HOST, ROUTED_HOST, withRunSetup } from "../support/run_setup.ts";
import { nameOf } from "./client.ts";
import { CLIENTS, lackOf, NO_KITS } from "./matrix.ts";
import { writeFiles } from "./trial.ts";

const FOUND = CLIENTS.filter(({ kits = [], fails }) => kits.length === 0 && fails === undefined);

for (const client of FOUND) {
  const lack = await lackOf(client, NO_KITS);
  Deno.test({
    name: `${nameOf(client)} refuses the proxy's certificate for a host outside the constraints` +
      (lack === undefined ? "" : ` (needs ${lack})`),
    ignore: lack !== undefined,
    fn: () =>
      withRunSetup(async ({ env, proxy, folder }) => {
        writeFiles(client, folder, OTHER_HOST);
        const own = { ...env, CLIENTS_API_KEY: "none", ...await client.parent?.("") };
        const command = client.command(`https://${OTHER_HOST}/v1`, NO_KITS);
        const result = await runCommand(command, { env: own, cwd: folder });
        assert.notEqual(result.code, 0);
        assert.deepEqual(proxy.requests, []);
        const tunnels = proxy.connects.filter(({ host }) => host === OTHER_HOST);
        assert.ok(tunnels.some(({ authorized }) => authorized), result.stderr);
      }),
  });
}

testNeeding("git")("git's own proxy setting does not lead around the proxy", async () => {
  const settings = Deno.makeTempFileSync();
  Deno.writeTextFileSync(settings, "[http]\n\tproxy = http://127.0.0.1:1\n");
  const parent = { ...Deno.env.toObject(), GIT_CONFIG_GLOBAL: settings };
  await withRunSetup(async ({ env, proxy }) => {
    const result = await runCommand(["git", "ls-remote", `https://${ROUTED_HOST}/x`], { env });
    assert.equal(proxy.requests.at(-1)?.path, "/x/info/refs", result.stderr);
  }, { parent });
  Deno.removeSync(settings);
});
