import assert from "node:assert/strict";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname ?? ".", "..", "..");

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* walk(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

/** Modules that `text` loads as soon as it is loaded itself. */
function staticImports(text: string): string[] {
  const pattern = /^(?:import|export)\s(?!type\s)[^"';]*?from\s+"([^"]+)"/gm;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

Deno.test("the pages and the flows of OAuth are loaded only when a login needs them", () => {
  const light = ["login/browser.ts", "flow/api_key.ts"];
  const wrong: string[] = [];
  for (const path of walk(join(ROOT, "lib"))) {
    if (/\/lib\/(login|flow)\//.test(path)) continue;
    for (const target of staticImports(Deno.readTextFileSync(path))) {
      const heavy = /(?:^|\/)((?:login|flow)\/[^/]+\.ts)$/.exec(target)?.[1];
      if (heavy === undefined || light.includes(heavy)) continue;
      wrong.push(`${relative(ROOT, path)} → ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});
