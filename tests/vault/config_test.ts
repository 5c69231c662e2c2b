import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { readConfig } from "../../lib/vault/config.ts";
import { withHome } from "../support/vault.ts";

Deno.test("readConfig() of a home without one is empty", async () => {
  await withHome((home) => assert.deepEqual(readConfig(home), {}));
});

Deno.test("readConfig() gives the object as it is written", async () => {
  await withHome((home) => {
    Deno.writeTextFileSync(home.configFile, '{"policy": {"openai": []}}');
    assert.deepEqual(readConfig(home), { policy: { openai: [] } });
  });
});

Deno.test("readConfig() names a file that is not one JSON object", async () => {
  for (const text of ["", "{", "[]", "null", '"text"', "{} {}"]) {
    await withHome((home) => {
      Deno.writeTextFileSync(home.configFile, text);
      assert.throws(() => readConfig(home), (error) => {
        assert.ok(error instanceof AuthsomeError);
        assert.equal(error.code, "usage");
        assert.ok(error.message.includes(home.configFile));
        return true;
      });
    });
  }
});

Deno.test("readConfig() takes a misspelled setting for a mistake, not for none", async () => {
  await withHome((home) => {
    Deno.writeTextFileSync(home.configFile, '{"polciy": {}}');
    assert.throws(() => readConfig(home), /'polciy' is no setting/);
  });
});

Deno.test("readConfig() does not follow a symbolic link", async () => {
  await withHome((home) => {
    Deno.writeTextFileSync(`${home.path}/other`, "{}");
    Deno.symlinkSync(`${home.path}/other`, home.configFile);
    assert.throws(() => readConfig(home), /symbolic link/);
  });
});
