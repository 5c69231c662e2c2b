import assert from "node:assert/strict";
import { join, relative, sep } from "node:path";
import { findEnvFiles, type TreeLimits } from "../../lib/scan/tree.ts";

type Tree = Readonly<Record<string, string>>;

/** Makes the files in a new folder and tells which `.env*` files are found below `from`. */
function findIn(
  tree: Tree,
  options: { readonly from?: string; readonly limits?: TreeLimits } = {},
): { readonly found: readonly string[]; readonly truncated: boolean } {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "authsome-tree-" }));
  try {
    for (const [path, text] of Object.entries(tree)) {
      Deno.mkdirSync(join(root, path, ".."), { recursive: true });
      Deno.writeTextFileSync(join(root, path), text);
    }
    if (Deno.build.os !== "windows") {
      Deno.symlinkSync(root, join(root, "loop"));
      if (".env" in tree) Deno.symlinkSync(join(root, ".env"), join(root, ".env.link"));
    }
    const { files, truncated } = findEnvFiles(join(root, options.from ?? ""), options.limits);
    const found = files.map(({ path, ignored }) => {
      const mark = ignored === undefined ? "" : ignored ? " ignored" : " open";
      return relative(root, path).replaceAll(sep, "/") + mark;
    });
    return { found: found.sort(), truncated };
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

const REPOSITORY = { ".git/HEAD": "" };

Deno.test("dotenv files are found at any depth, but not where things are installed", () => {
  const { found, truncated } = findIn({
    ".env": "",
    "a/b/c/.env.local": "",
    "a/.envrc": "",
    "a/env": "",
    "a/prod.env": "",
    "node_modules/x/.env": "",
    "a/node_modules/.env": "",
    ".git/.env": "",
  });
  assert.deepEqual(found, [".env open", "a/.envrc open", "a/b/c/.env.local open"]);
  assert.equal(truncated, false);
});

Deno.test("outside of a repository nothing is called open or ignored, yet .gitignore counts", () => {
  assert.deepEqual(findIn({ ".env": "", "dist/.env": "", ".gitignore": "dist/" }).found, [".env"]);
});

Deno.test("ignored folders are not entered; ignored dotenv files are read and marked", () => {
  const { found } = findIn({
    ...REPOSITORY,
    ".gitignore": "/dist\n*.local\nbuild/**\n!build/keep/\n",
    ".env": "",
    ".env.local": "",
    "dist/.env": "",
    "sub/dist/.env": "",
    "build/out/.env": "",
  });
  assert.deepEqual(found, [".env open", ".env.local ignored", "sub/dist/.env open"]);
});

Deno.test("a deeper .gitignore overrules a higher one, and both count from their own folder", () => {
  const { found } = findIn({
    ...REPOSITORY,
    ".gitignore": ".env\nsub/private/\n",
    "sub/.gitignore": "!.env\n/only-here/\n",
    "sub/.env": "",
    "sub/private/.env": "",
    "sub/only-here/.env": "",
    "sub/deep/only-here/.env": "",
    "other/.env": "",
  });
  assert.deepEqual(found, ["other/.env ignored", "sub/.env open", "sub/deep/only-here/.env open"]);
});

Deno.test("rules of the folders above count up to the repository's root", () => {
  const tree = {
    ".gitignore": "*",
    "repo/.git/HEAD": "",
    "repo/.gitignore": "out/\n.env\n",
    "repo/a/.env": "",
    "repo/a/out/.env": "",
  };
  assert.deepEqual(findIn(tree, { from: "repo/a" }).found, ["repo/a/.env ignored"]);
});

Deno.test("a tree beyond the limits is reported as such", () => {
  const tree = { "a/.env": "", "a/b/.env": "", "a/b/c/.env": "" };
  const shallow = findIn(tree, { limits: { entries: 100, depth: 2 } });
  assert.deepEqual(shallow, { found: ["a/.env", "a/b/.env"], truncated: true });
  const few = findIn(tree, { limits: { entries: 3, depth: 32 } });
  assert.equal(few.truncated, true);
  assert.ok(few.found.length < 3);
});
