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
