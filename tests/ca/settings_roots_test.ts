import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readRootPathsInSettings } from "../../lib/ca/settings_roots.ts";

const SETTINGS: readonly (readonly [string, string])[] = [
  [".npmrc", "audit=false\ncafile=/corp/ca.pem\n"],
  [".npmrc", 'cafile = "/corp/ca.pem"\r\n'],
  [".gitconfig", "[http]\n\tsslCAInfo = /corp/ca.pem\n"],
  [".config/git/config", "[http]\n\tsslcainfo=/corp/ca.pem"],
  [".config/pip/pip.conf", "[global]\ncert = /corp/ca.pem\n"],
  [".pip/pip.conf", "[global]\ncert: x\ncert = /corp/ca.pem\n"],
  [".aws/config", "[default]\nregion = x\nca_bundle = /corp/ca.pem"],
  [".cargo/config.toml", "[http]\ncainfo = '/corp/ca.pem'\n"],
  [".wgetrc", "timeout = 5\nca_certificate = /corp/ca.pem\n"],
];

/** What is found in a home that holds one file, beside what this machine's own settings name. */
function findIn(file: string, text: string): string[] {
  const home = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(dirname(join(home, file)), { recursive: true });
    Deno.writeTextFileSync(join(home, file), text);
    const machine = readRootPathsInSettings({});
    const found = readRootPathsInSettings({ HOME: home });
    return found.filter((path) => !machine.includes(path))
      .map((path) => path.replace(home, "HOME"));
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
}

for (const [file, text] of SETTINGS) {
  Deno.test(`the roots that ${JSON.stringify(text)} in ~/${file} names are found`, () =>
    assert.deepEqual(findIn(file, text), ["/corp/ca.pem"]));
}

Deno.test("a path below the home is made absolute", () =>
  assert.deepEqual(findIn(".npmrc", "cafile=~/corp/ca.pem"), ["HOME/corp/ca.pem"]));

Deno.test("a comment or another setting names no roots", () =>
  assert.deepEqual(findIn(".npmrc", "# cafile=/a\n;cafile=/b\nmycafile=/c\n"), []));
