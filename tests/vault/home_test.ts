import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { openHome, readProviderFiles } from "../../lib/vault/home.ts";
import { modeOf, withFolder, withHome } from "../support/vault.ts";

const isWindows = Deno.build.os === "windows";
const isRoot = !isWindows && Deno.uid() === 0;

function assertRefused(open: () => unknown, message: RegExp, hint = /./): void {
  assert.throws(open, (error) => {
    assert.ok(error instanceof AuthsomeError);
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  });
}

Deno.test("openHome() makes a complete home that only its owner may enter", async () => {
  await withFolder((folder) => {
    const home = openHome(`${folder}/parent/home`, { create: true });
    assert.equal(Deno.readTextFileSync(home.versionFile), "1\n");
    assert.deepEqual([...Deno.readDirSync(home.path)].map((entry) => entry.name).sort(), [
      "providers",
      "version",
    ]);
    if (isWindows) return;
    assert.equal(modeOf(home.path), 0o700);
    assert.equal(modeOf(home.providersFolder), 0o700);
    assert.equal(modeOf(home.versionFile), 0o600);
  });
});

Deno.test("openHome() without create touches nothing", async () => {
  await withFolder((folder) => {
    const home = openHome(`${folder}/home`, { create: false });
    assert.equal(home.vaultFile, `${folder}/home/vault.db`);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    Deno.mkdirSync(home.path, { mode: 0o700 });
    openHome(home.path, { create: false });
    assert.deepEqual([...Deno.readDirSync(home.path)], []);
  });
});

Deno.test("openHome() drops trailing slashes", async () => {
  await withFolder((folder) => {
    assert.equal(openHome(`${folder}/home//`, { create: true }).path, `${folder}/home`);
  });
});

Deno.test("openHome() refuses, and does not close, a folder that holds other things", {
  ignore: isWindows,
}, async () => {
  await withFolder((folder) => {
    Deno.mkdirSync(`${folder}/shared/work`, { recursive: true });
    Deno.chmodSync(`${folder}/shared`, 0o755);
    for (const create of [true, false]) {
      assertRefused(
        () => openHome(`${folder}/shared`, { create }),
        /holds other things/,
        /AUTHSOME_HOME/,
      );
    }
    assert.equal(modeOf(`${folder}/shared`), 0o755);
  });
});

Deno.test({
  name: "openHome() closes a home and files of ours that are open to others",
  ignore: isWindows,
  fn: async () => {
    for (const mode of [0o777, 0o755, 0o710, 0o701, 0o722]) {
      await withHome((home) => {
        Deno.chmodSync(home.path, mode);
        Deno.chmodSync(home.versionFile, mode & 0o666);
        openHome(home.path, { create: true });
        assert.equal(modeOf(home.path), 0o700);
        assert.equal(modeOf(home.versionFile), 0o600);
      });
    }
  },
});

Deno.test("openHome() refuses what stands in the place of the folder", async () => {
  await withHome((home) => {
    const link = `${home.path}-link`;
    Deno.symlinkSync(home.path, link);
    for (const path of [link, `${link}/`, `${link}//`]) {
      assertRefused(() => openHome(path, { create: true }), /symbolic link/, /rm '/);
    }
    Deno.symlinkSync(`${home.path}-nowhere`, `${link}2`);
    assertRefused(() => openHome(`${link}2`, { create: true }), /symbolic link/);
    assertRefused(() => openHome(home.versionFile, { create: true }), /version is not a folder/);
    assertRefused(() => openHome(`${home.versionFile}/home`, { create: true }), /version\/home/);
  });
});

Deno.test("openHome() refuses what stands in the place of the version file", async () => {
  const cases: Readonly<Record<string, readonly [(path: string) => void, RegExp]>> = {
    "a symbolic link": [(path) => Deno.symlinkSync("/etc/hostname", path), /symbolic link/],
    "a folder": [(path) => Deno.mkdirSync(path), /not a regular file/],
    "a hard link": [
      (path) => {
        Deno.writeTextFileSync(`${path}.other`, "1\n");
        Deno.linkSync(`${path}.other`, path);
      },
      /second name/,
    ],
  };
  for (const [what, [put, message]] of Object.entries(cases)) {
    await withHome((home) => {
      Deno.removeSync(home.versionFile);
      put(home.versionFile);
      assertRefused(() => openHome(home.path, { create: true }), message, /./);
      assert.ok(Deno.lstatSync(home.versionFile), what);
    });
  }
});

Deno.test({
  name: "openHome() refuses a home and files of another user",
  ignore: !isRoot,
  fn: async () => {
    await withHome((home) => {
      Deno.chownSync(home.versionFile, 12345, null);
      assertRefused(() => openHome(home.path, { create: true }), /another user \(uid 12345\)/, /0/);
      Deno.chownSync(home.path, 12345, null);
      assertRefused(
        () => openHome(home.path, { create: true }),
        /home belongs to another/,
        /^Use a home of your own: export AUTHSOME_HOME=.*sudo -H.*chown/,
      );
      assert.equal(Deno.statSync(home.path).uid, 12345);
    });
  },
});

Deno.test("openHome() refuses a format it does not know and changes nothing", async () => {
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    ["2\n", /format 2; this authsome knows format 1/, /[Uu]pgrade authsome/],
    ["999", /format 999/, /[Uu]pgrade authsome/],
    ["0\n", /does not hold/, /echo 1/],
    ["", /does not hold/, /echo 1/],
    ["one", /does not hold/, /echo 1/],
    ["1.5", /does not hold/, /echo 1/],
  ];
  for (const [text, message, hint] of cases) {
    await withHome((home) => {
      Deno.writeTextFileSync(home.versionFile, text);
      for (const create of [true, false]) {
        assertRefused(() => openHome(home.path, { create }), message, hint);
      }
      assert.equal(Deno.readTextFileSync(home.versionFile), text);
    });
  }
});

Deno.test("readProviderFiles() reads definitions by name and leaves everything else", async () => {
  await withHome((home) => {
    const folder = home.providersFolder;
    Deno.writeTextFileSync(`${folder}/b.json`, "{}");
    Deno.writeTextFileSync(`${folder}/a.json`, '{"a":1}');
    Deno.writeTextFileSync(`${folder}/a.json.0123.tmp`, "x");
    Deno.writeTextFileSync(`${folder}/.hidden.json`, "x");
    Deno.writeTextFileSync(`${folder}/notes.txt`, "x");
    assert.deepEqual(readProviderFiles(home), [
      { path: `${folder}/a.json`, name: "a", text: '{"a":1}' },
      { path: `${folder}/b.json`, name: "b", text: "{}" },
    ]);
  });
});

Deno.test("readProviderFiles() reports what it cannot read and reads the rest", async () => {
  await withHome((home) => {
    const at = (name: string): string => `${home.providersFolder}/${name}.json`;
    Deno.writeTextFileSync(at("good"), "{}");
    Deno.symlinkSync(at("good"), at("link"));
    Deno.mkdirSync(at("folder"));
    Deno.writeTextFileSync(at("large"), " ".repeat(1024 * 1024 + 1));
    const expected: Record<string, string | undefined> = {
      folder: "is not a regular file",
      good: undefined,
      large: "is larger than 1 MiB",
      link: "is a symbolic link",
    };
    if (isRoot) {
      Deno.writeTextFileSync(at("strange"), "{}");
      Deno.chownSync(at("strange"), 12345, null);
      expected.strange = "belongs to another user";
    }
    const found = readProviderFiles(home);
    assert.deepEqual(Object.fromEntries(found.map((file) => [file.name, file.problem])), expected);
  });
});

Deno.test("readProviderFiles() of a home without the folder is empty", async () => {
  await withFolder((folder) => {
    assert.deepEqual(readProviderFiles(openHome(`${folder}/home`, { create: false })), []);
  });
});
