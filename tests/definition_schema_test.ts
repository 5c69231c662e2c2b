import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { BAD, GOOD, SUBTLE } from "./fixtures/definition_samples.ts";
import { changed } from "./support/definitions.ts";

const SCHEMA = new URL("../docs/provider.schema.json", import.meta.url);
const schema = JSON.parse(Deno.readTextFileSync(SCHEMA));
const validate = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
  formats: { regex: true },
}).compile(schema);

for (const [base, fields] of [...GOOD, ...SUBTLE]) {
  Deno.test(`the schema accepts ${base.flow} with ${JSON.stringify(fields)}`, () => {
    assert.ok(validate(changed(base, fields)), JSON.stringify(validate.errors));
  });
}

for (const [base, fields] of BAD) {
  Deno.test(`the schema refuses ${base.flow} with ${JSON.stringify(fields)}`, () => {
    assert.ok(!validate(changed(base, fields)));
  });
}

Deno.test("the schema accepts every bundled definition", () => {
  const bundled = [...Deno.readDirSync(new URL("../providers/", import.meta.url))]
    .filter((entry) => entry.name.endsWith(".json"));
  for (const { name } of bundled) {
    const text = Deno.readTextFileSync(new URL(`../providers/${name}`, import.meta.url));
    assert.ok(validate(JSON.parse(text)), `${name}: ${JSON.stringify(validate.errors)}`);
  }
  assert.ok(bundled.length > 0);
});

/** Fields by path, each with whether an editor can explain it. */
function* fieldsOf(part: unknown, path = ""): Generator<readonly [path: string, told: boolean]> {
  if (typeof part !== "object" || part === null) return;
  const { properties = {}, anyOf = [], $ref } = part as Readonly<Record<string, unknown>>;
  for (const [name, field] of Object.entries(properties as Readonly<Record<string, unknown>>)) {
    if (field === false) continue;
    const at = path === "" ? name : `${path}.${name}`;
    yield [at, typeof field === "object" && field !== null && "description" in field];
    yield* fieldsOf(field, at);
  }
  for (const choice of anyOf as readonly unknown[]) yield* fieldsOf(choice, path);
  if (typeof $ref === "string") yield* fieldsOf(schema.$defs[$ref.slice("#/$defs/".length)], path);
}

Deno.test("an editor can explain every field", () => {
  const fields = [...fieldsOf(schema)];
  assert.deepEqual(fields.filter(([, told]) => !told).map(([path]) => path), []);
  const paths = fields.map(([path]) => path);
  for (const path of ["api_key.in", "oauth.token_url", "export.env.api_key", "placeholder"]) {
    assert.ok(paths.includes(path), path);
  }
});

Deno.test("an editor is offered every field that the parser knows", async () => {
  const folder = new URL("../lib/", import.meta.url);
  const sources = await Promise.all(
    ["definition", "definition_oauth", "definition_placement"]
      .map((name) => Deno.readTextFile(new URL(`${name}.ts`, folder))),
  );
  const read = /(?:optionalText|texts?|value|flag|choice|object)(?:<[^>]*>)?\(\s*"([a-z_]+)"/g;
  const known = sources.flatMap((source) => [...source.matchAll(read)].map(([, name]) => name));
  const offered = new Set([...fieldsOf(schema)].map(([path]) => path.split(".").at(-1)));
  assert.ok(known.length > 20);
  assert.deepEqual(known.filter((name) => !offered.has(name)), []);
});
