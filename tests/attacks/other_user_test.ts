import assert from "node:assert/strict";
import { attack } from "../support/attacks.ts";
import { AuditTrail } from "../../lib/vault/audit_trail.ts";
import { openHome } from "../../lib/vault/home.ts";
import { filesUnder } from "../support/canary.ts";
import {
  modeOf,
  NOW,
  openVault,
  PROFILE,
  storeKey,
  withFolder,
  withHome,
} from "../support/vault.ts";

const ignore = Deno.build.os === "windows";

const test = (name: string, commit: () => Promise<void>): void => attack(name, commit, { ignore });

test("another user reads the files of the home: every one is its owner's alone", () =>
  withHome((home) => {
    using vault = openVault(home);
    using trail = new AuditTrail({ home, profile: PROFILE, now: () => NOW });
    storeKey(vault);
    trail.append({ event: "login" });
    assert.equal(modeOf(home.path), 0o700);
    const open = [...filesUnder(home.path)].filter((path) => (modeOf(path) & 0o077) !== 0);
    assert.deepEqual(open, []);
  }));

test("another user has opened the home by accident of its owner: closed at the next use", () =>
  withHome((home) => {
    Deno.chmodSync(home.path, 0o777);
    openHome(home.path, { create: false });
    assert.equal(modeOf(home.path), 0o700);
  }));

/** Files of ours in whose place somebody puts a link to a file of theirs, or of the victim. */
const LINKED = ["vaultFile", "masterKeyFile", "auditFile"] as const;

for (const file of LINKED) {
  test(`another user puts a symbolic link in place of the ${file}: refused, and nothing is written`, () =>
    withHome((home) => {
      const target = `${home.path}/../target`;
      Deno.writeTextFileSync(target, "");
      Deno.symlinkSync(target, home[file]);
      assert.throws(() => {
        using vault = openVault(home);
        using trail = new AuditTrail({ home, profile: PROFILE, now: () => NOW });
        trail.append({ event: "login" });
        storeKey(vault);
      }, { code: "vault_unavailable" });
      assert.equal(Deno.readTextFileSync(target), "");
    }));
}

test("another user puts a symbolic link in place of the home: refused", () =>
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/theirs`);
    Deno.symlinkSync(`${folder}/theirs`, `${folder}/home`);
    assert.throws(() => openHome(`${folder}/home`, { create: true }), {
      code: "vault_unavailable",
    });
    assert.deepEqual([...Deno.readDirSync(`${folder}/theirs`)], []);
  }));

attack("another user owns the home: refused", () =>
  withHome((home) => {
    Deno.chownSync(home.path, 65534, 65534);
    assert.throws(() => openHome(home.path, { create: true }), { code: "vault_unavailable" });
  }), { ignore: ignore || Deno.uid() !== 0 });
