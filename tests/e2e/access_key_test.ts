import assert from "node:assert/strict";
import { withUser } from "../support/authsome.ts";

const ID = "ASIAEXAMPLEEXAMPLE00";
const SECRET = "s3cr3t/SECRET+ACCESS/KEYs3cr3t0123456789";
const TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//token==";
const PARTS = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET };
const ALL_PARTS = { ...PARTS, AWS_SESSION_TOKEN: TOKEN };

for (const [what, env] of [["two", PARTS], ["three", ALL_PARTS]] as const) {
  Deno.test(`an access key of ${what} parts is exported as it came`, async () => {
    await withUser(async (user) => {
      await user.succeed(["login", "aws", "--from-env"], { env });
      const { document } = await user.json(["export", "aws"]);
      assert.deepEqual(document.credentials, env);
      const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      assert.deepEqual(
        (await user.succeed(["export", "aws", "--format", "dotenv"])).trim().split("\n")
          .map((line) => line.replaceAll("'", "")),
        lines,
      );
    });
  });
}

Deno.test("an access key is one text on stdin, and is shown nowhere", async () => {
  await withUser(async (user) => {
    await user.succeed(["login", "aws", "--stdin"], { stdin: `${ID}:${SECRET}\n` });
    const shown = await user.succeed(["get", "aws"]) + await user.succeed(["log"]) +
      await user.succeed(["list"]) + await user.succeed(["inspect", "aws"]);
    assert.ok(!shown.includes(SECRET) && !shown.includes(ID));
    const child = await user.succeed(["run", "--", "env"], { env: ALL_PARTS });
    const variables = child.split("\n").filter((line) => /^AWS_(ACCESS|SECRET|SESSION)/.test(line));
    assert.deepEqual(
      variables.sort(),
      Object.keys(ALL_PARTS).sort().map((name) => `${name}=authsome-proxy-managed`),
    );
  });
});

const WRONG: readonly (readonly [what: string, key: string])[] = [
  ["no secret", ID],
  ["half a secret", `${ID}:${SECRET.slice(0, 20)}`],
  ["another kind of identifier", `AIDAEXAMPLEEXAMPLE00:${SECRET}`],
  ["too many parts", `${ID}:${SECRET}:${TOKEN}:${TOKEN}`],
];

for (const [what, key] of WRONG) {
  Deno.test(`an access key with ${what} is refused with how to write it`, async () => {
    await withUser(async (user) => {
      const stderr = await user.fail(4, ["login", "aws", "--stdin"], { stdin: key });
      assert.match(stderr, /does not look like a valid Amazon Web Services API key/);
      assert.match(stderr, /Hint: Write it as <access key ID>:<secret access key>/);
      assert.ok(!stderr.includes(SECRET.slice(0, 20)));
    });
  });
}

Deno.test("a definition of one's own that signs takes whole access keys only", async () => {
  await withUser(async (user) => {
    const definition = {
      schema_version: 1,
      name: "store",
      display_name: "Store",
      auth_type: "api_key",
      flow: "api_key",
      api_url: "*.store.example",
      api_key: { in: "sigv4" },
      export: { env: { access_key_id: "STORE_ID", secret_access_key: "STORE_SECRET" } },
    };
    const file = `${user.folder}/store.json`;
    Deno.writeTextFileSync(file, JSON.stringify(definition));
    await user.succeed(["register", file, "--yes"]);
    const stderr = await user.fail(4, ["login", "store", "--stdin"], { stdin: "just-a-key" });
    assert.match(stderr, /not a whole Store access key/);
    await user.succeed(["login", "store", "--from-env"], {
      env: { STORE_ID: "me", STORE_SECRET: "hidden" },
    });
    const { document } = await user.json(["export", "store"]);
    assert.deepEqual(document.credentials, { STORE_ID: "me", STORE_SECRET: "hidden" });
  });
});
