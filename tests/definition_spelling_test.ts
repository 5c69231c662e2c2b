import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseDefinition, parseDefinitionText } from "../lib/definition.ts";
import { parseJsonc } from "../lib/jsonc.ts";
import { OLDER_DEFINITIONS } from "./fixtures/older_definitions.ts";

const SCHEMA = new URL("../docs/provider.schema.json", import.meta.url);
const options = { strict: true, strictTypes: false, strictRequired: false } as const;
const validate = new Ajv2020({ ...options, formats: { regex: true } })
  .compile(JSON.parse(Deno.readTextFileSync(SCHEMA)));

for (const { title, text, modern } of OLDER_DEFINITIONS) {
  Deno.test(`a definition with ${title} means the same as a new one`, () => {
    assert.deepEqual(parseDefinitionText(text, "acme.json"), parseDefinition(modern, "acme.json"));
  });

  Deno.test(`the schema accepts a definition with ${title}`, () => {
    assert.ok(validate(parseJsonc(text)), JSON.stringify(validate.errors));
    assert.ok(validate(modern), JSON.stringify(validate.errors));
  });
}
