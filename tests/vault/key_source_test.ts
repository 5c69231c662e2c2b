import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { chooseKeySource, parseMasterKey, readEnvironmentKey } from "../../lib/vault/key_source.ts";
import { withHome } from "../support/vault.ts";

const KEY = new Uint8Array(32).fill(9);

function assertUnavailable(run: () => unknown, message: RegExp, hint: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError);
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  });
}

Deno.test("chooseKeySource() prefers the environment, then what the vault was made with", () => {
  const variable = { AUTHSOME_MASTER_KEY: "x" };
  const file = { AUTHSOME_MASTER_KEY_FILE: "/x" };
  assert.equal(chooseKeySource({}, undefined), "master.key");
  assert.equal(chooseKeySource({}, "AUTHSOME_MASTER_KEY"), "AUTHSOME_MASTER_KEY");
  assert.equal(chooseKeySource(file, undefined), "AUTHSOME_MASTER_KEY_FILE");
  assert.equal(chooseKeySource(file, "master.key"), "AUTHSOME_MASTER_KEY_FILE");
  assert.equal(chooseKeySource({ ...file, ...variable }, "master.key"), "AUTHSOME_MASTER_KEY");
  assert.equal(chooseKeySource({ AUTHSOME_MASTER_KEY: "" }, undefined), "AUTHSOME_MASTER_KEY");
  const passphrase = { AUTHSOME_PASSPHRASE: "x" };
  assert.equal(chooseKeySource(passphrase, undefined), "passphrase");
  assert.equal(chooseKeySource(passphrase, "master.key"), "master.key");
  assert.equal(chooseKeySource({ ...passphrase, ...file }, undefined), "AUTHSOME_MASTER_KEY_FILE");
  assert.equal(chooseKeySource({}, "keychain"), "keychain");
});

Deno.test("parseMasterKey() takes 32 bytes of base64 with white space around it", () => {
  for (const text of [KEY.toBase64(), `${KEY.toBase64()}\n`, `  ${KEY.toBase64()}\r\n`]) {
    assert.deepEqual(parseMasterKey(text, "X"), KEY);
  }
});

Deno.test("parseMasterKey() names the origin of a malformed key and never quotes it", () => {
  const wrong = [
    "",
    "secret-but-not-base64!",
    new Uint8Array(31).toBase64(),
    new Uint8Array(33).toBase64(),
    KEY.toBase64().slice(0, -1),
    KEY.toBase64({ alphabet: "base64url" }).replaceAll("C", "-"),
    KEY.toHex(),
  ];
  for (const text of wrong) {
    assert.throws(() => parseMasterKey(text, "AUTHSOME_MASTER_KEY"), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "vault_unavailable");
      assert.match(error.message, /^AUTHSOME_MASTER_KEY is not a base64 key of 32 bytes/);
      assert.equal(error.cause, undefined);
      if (text !== "") assert.ok(!`${error.message} ${error.hint}`.includes(text));
      return true;
    });
  }
});

Deno.test("readEnvironmentKey() reads the variable, and the file that one names", async () => {
  await withHome((home) => {
    const text = KEY.toBase64();
    const file = `${home.path}/mounted`;
    Deno.writeTextFileSync(file, `${text}\n`);
    Deno.symlinkSync(file, `${file}-link`);
    const name = "AUTHSOME_MASTER_KEY_FILE";
    const variable = { AUTHSOME_MASTER_KEY: text };
    assert.deepEqual(readEnvironmentKey("AUTHSOME_MASTER_KEY", variable), KEY);
    assert.deepEqual(readEnvironmentKey(name, { [name]: file }), KEY);
    const link = { [name]: `${file}-link` };
    assert.deepEqual(readEnvironmentKey(name, link), KEY, "orchestrators mount links");
  });
});

Deno.test("readEnvironmentKey() says what is at fault and what to do", async () => {
  await withHome((home) => {
    const name = "AUTHSOME_MASTER_KEY_FILE";
    assertUnavailable(
      () => readEnvironmentKey("AUTHSOME_MASTER_KEY", {}),
      /locked with AUTHSOME_MASTER_KEY, which is not set/,
      /export AUTHSOME_MASTER_KEY=/,
    );
    assertUnavailable(
      () => readEnvironmentKey(name, { [name]: "/none/key" }),
      /^\/none\/key \(AUTHSOME_MASTER_KEY_FILE\) cannot be read/,
      /AUTHSOME_MASTER_KEY_FILE/,
    );
    assertUnavailable(
      () => readEnvironmentKey(name, { [name]: home.versionFile }),
      /version \(AUTHSOME_MASTER_KEY_FILE\) is not a base64 key/,
      /openssl rand -base64 32/,
    );
  });
});
