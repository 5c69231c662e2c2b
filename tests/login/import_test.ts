import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname ?? ".", "..", "..");
const COMMANDS = "lib/cli/commands";

/** Of the login pages and the flows, what every command may load. */
const LIGHT = ["lib/login/browser.ts", "lib/flow/api_key.ts"];

/** Modules that the one at `path` loads as soon as it is loaded itself. */
function staticImports(path: string): string[] {
  const pattern = /^(?:import|export)\s(?!type\s)[^"';]*?from\s+"(\.[^"]+)"/gm;
  const text = Deno.readTextFileSync(join(ROOT, path));
  return [...text.matchAll(pattern)].map((match) =>
    relative(ROOT, join(ROOT, dirname(path), match[1] ?? ""))
  );
}

/** Everything that is loaded with the module at `entry`. */
function loadedWith(entry: string): ReadonlySet<string> {
  const loaded = new Set([entry]);
  for (const path of loaded) for (const target of staticImports(path)) loaded.add(target);
  return loaded;
}

const commands = [...Deno.readDirSync(join(ROOT, COMMANDS))].map(({ name }) => name);

for (const entry of ["main.ts", "lib/mod.ts", ...commands.map((name) => `${COMMANDS}/${name}`)]) {
  Deno.test(`${entry} loads pages and OAuth flows only when a login needs them`, () => {
    const loaded = [...loadedWith(entry)].filter((path) => !LIGHT.includes(path));
    assert.deepEqual(loaded.filter((path) => /^lib\/(login|flow)\//.test(path)), []);
  });
}

Deno.test("the search for what is loaded finds what is there", () => {
  assert.ok(loadedWith("lib/cli/oauth_login.ts").has("lib/login/server.ts"));
});
