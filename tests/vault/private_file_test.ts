import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import {
  checkPrivateFile,
  createPrivateFolder,
  readPrivateFile,
  writeFileAtomic,
} from "../../lib/vault/private_file.ts";
import { modeOf, withFolder } from "../support/vault.ts";

const isWindows = Deno.build.os === "windows";

function assertUnavailable(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError);
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.notEqual(error.hint, "");
    return true;
  });
}

Deno.test("writeFileAtomic() writes private files and leaves nothing else", async () => {
  await withFolder((folder) => {
    const path = `${folder}/file`;
    for (const text of ["one\n", "", "ünï\u{1f511}"]) {
      writeFileAtomic(path, text);
      assert.equal(readPrivateFile(path), text);
      if (!isWindows) assert.equal(modeOf(path), 0o600);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["file"]);
  });
});

Deno.test("writeFileAtomic() does not follow a symbolic link", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/victim`, "untouched");
    Deno.symlinkSync(`${folder}/victim`, `${folder}/link`);
    assertUnavailable(() => writeFileAtomic(`${folder}/link`, "x"), /link is a symbolic link/);
    assert.equal(Deno.readTextFileSync(`${folder}/victim`), "untouched");
  });
});

Deno.test("writeFileAtomic() fails with the path when the folder is missing", async () => {
  await withFolder((folder) => {
    assertUnavailable(() => writeFileAtomic(`${folder}/none/file`, "x"), /none\/file cannot be/);
  });
});

Deno.test("writeFileAtomic() never shows a reader half a text", async () => {
  const module = new URL("../../lib/vault/private_file.ts", import.meta.url).href;
  await withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileAtomic(path, "0".repeat(400_000));
    const script = `import { writeFileAtomic } from ${JSON.stringify(module)};
      for (let i = 0;; i++) writeFileAtomic(Deno.args[0], String(i % 10).repeat(400_000));`;
    await Deno.writeTextFile(`${folder}/writer.ts`, script);
    const flags = ["--no-config", "--no-lock", "--allow-read", "--allow-write", "--allow-sys"];
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, `${folder}/writer.ts`, path],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const seen = new Set<string>();
    const deadline = performance.now() + 20_000;
    while (seen.size < 5 && performance.now() < deadline) {
      const text = await Deno.readTextFile(path);
      assert.equal(text.length, 400_000);
      assert.equal(text, text.charAt(0).repeat(400_000));
      seen.add(text.charAt(0));
    }
    writer.kill("SIGKILL");
    await writer.status;
    assert.equal(seen.size, 5, "the writer wrote while we read");
  });
});

Deno.test({
  name: "checkPrivateFile() closes a file of ours that is open to others",
  ignore: isWindows,
  fn: async () => {
    await withFolder((folder) => {
      const path = `${folder}/file`;
      Deno.writeTextFileSync(path, "x");
      for (const mode of [0o666, 0o644, 0o640, 0o604, 0o601]) {
        Deno.chmodSync(path, mode);
        checkPrivateFile(path);
        assert.equal(modeOf(path), 0o600);
      }
    });
  },
});

Deno.test("checkPrivateFile() says undefined for a missing file only", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "x");
    assert.equal(checkPrivateFile(`${folder}/none`), undefined);
    assertUnavailable(() => checkPrivateFile(folder), /not a regular file/);
    assertUnavailable(() => checkPrivateFile(`${folder}/file/below`), /cannot be read/);
  });
});

Deno.test("createPrivateFolder() makes parents and refuses links", async () => {
  await withFolder((folder) => {
    createPrivateFolder(`${folder}/a/b`);
    createPrivateFolder(`${folder}/a/b`);
    if (!isWindows) assert.equal(modeOf(`${folder}/a/b`), 0o700);
    Deno.symlinkSync(`${folder}/a`, `${folder}/link`);
    assertUnavailable(() => createPrivateFolder(`${folder}/link`), /symbolic link/);
  });
});
