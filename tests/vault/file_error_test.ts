import assert from "node:assert/strict";
import { fileError, reasonOf } from "../../lib/vault/file_error.ts";
import { findWriteProblem } from "../../lib/vault/private_file.ts";

/** What opening or writing `path` throws. */
function failureOf(use: () => unknown): Error {
  try {
    use();
  } catch (error) {
    return error as Error;
  }
  throw new assert.AssertionError({ message: "It did not fail." });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`Oops (os error 1): open '/secret/place'`), { code });
}

Deno.test("fileError() names the cause, and what shows more of it", () => {
  const cases: readonly (readonly [Error, RegExp, RegExp])[] = [
    [systemError("ENOSPC"), /\(the disk is full\)\.$/, /df -h '\/a\/home'$/],
    [systemError("EDQUOT"), /\(your share of the disk is used up\)\.$/, /df -h '\/a\/home'$/],
    [
      systemError("EROFS"),
      /\(the file system is read-only\)\.$/,
      /AUTHSOME_HOME.*df -h '\/a\/home'/,
    ],
    [systemError("EIO"), /\(input\/output error\)\.$/, /df -h '\/a\/home'$/],
    [systemError("EWHAT"), /\(oops\)\.$/, /ls -la '\/a\/home'$/],
    [new Error(""), /\(Error\)\.$/, /ls -la '\/a\/home'$/],
    [failureOf(() => Deno.openSync("/no/such")), /\(no such file or directory\)\.$/, /ls -la/],
  ];
  for (const [error, message, hint] of cases) {
    const told = fileError("/a/home/file", error, "cannot be read");
    assert.equal(told.code, "vault_unavailable");
    assert.match(told.message, /^\/a\/home\/file cannot be read \(/);
    assert.match(told.message, message);
    assert.match(told.hint, hint);
  }
});

Deno.test("findWriteProblem() finds nothing in a folder of ours, and leaves nothing there", () => {
  const folder = Deno.makeTempDirSync();
  try {
    assert.equal(findWriteProblem(folder), undefined);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    assert.match(reasonOf(findWriteProblem(`${folder}/none`)), /no such file/i);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
