import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

/** For each room of the tree: the rooms it may import from (besides itself). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "words", "providers"],
  mod: ["broker", "words"],
  cli: ["broker", "login", "proxy", "vault", "flow", "ca", "scan", "isolation", "words"],
  broker: ["login", "proxy", "vault", "flow", "ca", "scan", "isolation", "words"],
  login: ["words"],
  proxy: ["words"],
  vault: ["words"],
  flow: ["words"],
  ca: ["words"],
  scan: ["words"],
  isolation: ["words"],
  words: [],
  providers: ["words"],
};

/** The same for the folders of the proxy; what lies beside them may import all of them. */
const MAY_IMPORT_IN_PROXY: Readonly<Record<string, readonly string[]>> = {
  stream: [],
  hpack: ["stream"],
  redaction: ["decision", "hpack", "stream"],
  injection: ["decision", "http1", "stream"],
  decision: ["http1", "injection", "upstream"],
  upstream: ["decision", "http1", "stream"],
  http1: ["decision", "injection", "redaction", "stream", "upstream"],
  http2: ["decision", "hpack", "http1", "redaction", "stream", "upstream"],
};

/** Packages that only one room may import. */
const OWNED_PACKAGES: Readonly<Record<string, string>> = {
  "hash-wasm": "vault",
  hono: "login",
  ignore: "scan",
  oauth4webapi: "flow",
  uqr: "cli",
  "node:sqlite": "vault",
};

const ROOT = join(import.meta.dirname ?? ".", "..");

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

function roomOf(path: string): string {
  if (path === "main.ts") return "main";
  if (path === "lib/mod.ts") return "mod";
  if (path.startsWith("providers/")) return "providers";
  const parts = path.split("/");
  return parts.length === 2 ? "words" : parts[1] ?? "words";
}

/** The folder of the proxy that a file is in; `undefined` for those beside the folders. */
function proxyFolder(path: string): string | undefined {
  return /^lib\/proxy\/([^/]+)\//.exec(path)?.[1];
}

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* walk(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

function sources(folders: readonly string[]): SourceFile[] {
  const paths = folders.flatMap((folder) => [...walk(folder)]);
  return paths.map((path) => ({
    path,
    room: roomOf(path),
    text: Deno.readTextFileSync(join(ROOT, path)),
  }));
}

function product(): SourceFile[] {
  const text = Deno.readTextFileSync(join(ROOT, "main.ts"));
  return [{ path: "main.ts", room: "main", text }, ...sources(["lib", "providers"])];
}

function importsOf(file: SourceFile): string[] {
  const pattern = /(?:^|\s)(?:import|export)\s[^"';]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g;
  return [...file.text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "");
}

Deno.test("every import follows the dependency table", () => {
  const wrong: string[] = [];
  for (const file of product()) {
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) continue;
      const path = relative(ROOT, join(ROOT, dirname(file.path), target));
      const room = roomOf(path);
      const allowed = MAY_IMPORT[file.room];
      assert.ok(allowed, `${file.path} is in no known room`);
      if (room !== file.room && !allowed.includes(room)) wrong.push(`${file.path} → ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("inside the proxy, too, every import follows its table", () => {
  const wrong: string[] = [];
  for (const file of product()) {
    const folder = proxyFolder(file.path);
    if (folder === undefined) continue;
    const allowed = MAY_IMPORT_IN_PROXY[folder];
    assert.ok(allowed, `${file.path} is in no known folder`);
    for (const target of importsOf(file)) {
      const path = relative(ROOT, join(ROOT, dirname(file.path), target));
      const other = proxyFolder(path);
      if (other === undefined || other === folder || allowed.includes(other)) continue;
      wrong.push(`${file.path} → ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("packages with an owner are imported by that room only", () => {
  const wrong: string[] = [];
  for (const file of product()) {
    for (const target of importsOf(file)) {
      const name = target.startsWith("node:") ? target : target.split("/")[0] ?? target;
      const owner = OWNED_PACKAGES[name];
      if (owner !== undefined && owner !== file.room) wrong.push(`${file.path} → ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  /** In a lock file: the exact packages. */
  readonly npm: Readonly<Record<string, unknown>>;
  readonly compilerOptions: unknown;
  readonly fmt: { readonly lineWidth: number };
  readonly lint: { readonly rules: unknown };
}

Deno.test("tests have the product's rules and packages, and some packages of their own", () => {
  const read = (path: string): Config => JSON.parse(Deno.readTextFileSync(join(ROOT, path)));
  const [product, tests] = [read("deno.json"), read("tests/deno.json")];
  assert.deepEqual({ ...tests.imports, ...product.imports }, tests.imports);
  assert.deepEqual(tests.compilerOptions, product.compilerOptions);
  assert.equal(tests.fmt.lineWidth, product.fmt.lineWidth);
  assert.deepEqual(tests.lint.rules, product.lint.rules);
  const [shipped, tested] = [read("deno.lock"), read("tests/deno.lock")];
  assert.deepEqual({ ...tested.npm, ...shipped.npm }, tested.npm);
});

Deno.test("no file is longer than 300 lines", () => {
  const long = [...product(), ...sources(["tests", "bench"])]
    .map((file) => ({ path: file.path, lines: file.text.split("\n").length - 1 }))
    .filter((file) => file.lines > 300);
  assert.deepEqual(long, []);
});

Deno.test("every product file opens with a @module sentence", () => {
  const missing = product()
    .filter((file) => !/^\/\*\*[\s\S]*?@module\s*\*\//.test(file.text.replace(/^#!.*\n/, "")))
    .map((file) => file.path);
  assert.deepEqual(missing, []);
});

Deno.test("only the printers print, and only main.ts exits", () => {
  const printers = ["lib/cli/output.ts", "lib/cli/prompt.ts", "main.ts"];
  const wrong = product()
    .filter((file) =>
      (/\bconsole\.\w+\(/.test(file.text) && !printers.includes(file.path)) ||
      (/Deno\.exit\(/.test(file.text) && file.path !== "main.ts")
    )
    .map((file) => file.path);
  assert.deepEqual(wrong, []);
});

Deno.test("no file silences the type checker or the linter", () => {
  const wrong = product()
    .filter((file) =>
      /\bas any\b|: any\b|@ts-(ignore|expect-error)|deno-lint-ignore/.test(file.text)
    )
    .map((file) => file.path);
  assert.deepEqual(wrong, []);
});

Deno.test("names that say nothing are not used", () => {
  const banned =
    /\b(?:function|class|interface|const)\s+(handle[A-Z]\w*|process[A-Z]\w*|do[A-Z]\w*|\w*Manager|\w*Service|\w*Helper|I[A-Z][a-z]\w*)\b/;
  const wrong = product().flatMap((file) => {
    const match = banned.exec(file.text);
    return match === null ? [] : [`${file.path}: ${match[1]}`];
  });
  const files = product().filter((file) => /\/(utils|common|types|index)\.ts$/.test(file.path));
  assert.deepEqual([...wrong, ...files.map((file) => file.path)], []);
});
