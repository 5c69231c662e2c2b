import assert from "node:assert/strict";
import { createRegistry } from "../lib/registry.ts";
import type { CustomDefinition } from "../lib/registry.ts";
import { changed, KEY_DEFINITION } from "./support/definitions.ts";
import type { Json } from "./support/definitions.ts";

function named(name: string, fields: Json = {}): Json {
  return changed(KEY_DEFINITION, { name, display_name: name.toUpperCase(), ...fields });
}

function file(name: string, content: Json | string): CustomDefinition {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { path: `/home/ada/.authsome/providers/${name}.json`, name, text };
}

const BUNDLED = { acme: JSON.stringify(named("acme")), zeta: named("zeta") };

Deno.test("find() gives bundled providers, from text or from JSON, and nothing unknown", () => {
  const registry = createRegistry({ bundled: BUNDLED, custom: [] });
  assert.equal(registry.find("acme")?.displayName, "ACME");
  assert.equal(registry.find("zeta")?.displayName, "ZETA");
  assert.equal(registry.find("nothing"), undefined);
  assert.equal(registry.find("toString"), undefined);
  assert.equal(registry.find("__proto__"), undefined);
});

Deno.test("a user's definition wins over the bundled one", () => {
  const custom = [file("acme", named("acme", { display_name: "Mine" }))];
  const registry = createRegistry({ bundled: BUNDLED, custom });
  assert.equal(registry.get("acme").displayName, "Mine");
  assert.equal(registry.entry("acme")?.source, "custom");
  assert.equal(registry.entry("acme")?.path, "/home/ada/.authsome/providers/acme.json");
});

Deno.test("entries() lists every provider once, sorted", () => {
  const custom = [file("acme", named("acme")), file("midway", named("midway"))];
  const registry = createRegistry({ bundled: BUNDLED, custom });
  assert.deepEqual(
    registry.entries().map(({ name, source }) => [name, source]),
    [["acme", "custom"], ["midway", "custom"], ["zeta", "bundled"]],
  );
});

const BROKEN: readonly [string, string | Json, RegExp][] = [
  ["is not JSON", "{", /not valid JSON/],
  ["is a list", "[]", /not an object/],
  ["has a wrong field", named("acme", { flow: "magic" }), /'flow' is not one of/],
  ["has another name", named("other"), /'name' is 'other', unlike the file's name/],
];

for (const [what, content, problem] of BROKEN) {
  Deno.test(`a user's file that ${what} breaks its own provider only`, () => {
    const registry = createRegistry({ bundled: BUNDLED, custom: [file("acme", content)] });
    assert.equal(registry.get("zeta").name, "zeta");
    const entry = registry.entry("acme");
    assert.equal(entry?.source, "custom");
    assert.equal(entry.provider, undefined);
    assert.match(entry.problem?.message ?? "", problem);
    assert.match(entry.problem?.message ?? "", /providers\/acme\.json/);
    assert.deepEqual(registry.entries().map(({ name }) => name), ["acme", "zeta"]);
    assert.throws(() => registry.find("acme"), { code: "usage", message: problem });
    assert.throws(() => registry.get("acme"), { code: "usage", message: problem });
  });
}

Deno.test("two files of one name are a problem, not a lottery", () => {
  const custom = [
    file("acme", named("acme")),
    { ...file("acme", named("acme")), path: "/home/ada/.authsome/providers/acme.jsonc" },
  ];
  const registry = createRegistry({ bundled: BUNDLED, custom });
  assert.throws(() => registry.get("acme"), { code: "usage", message: /acme\.json and .*\.jsonc/ });
});

Deno.test("a file whose name is no provider name is listed with its problem", () => {
  const registry = createRegistry({ bundled: {}, custom: [file("My API", named("my-api"))] });
  assert.match(registry.entries()[0]?.problem?.message ?? "", /'name' is 'my-api'/);
});

Deno.test("get() names the nearest provider and the command that lists all", () => {
  const registry = createRegistry({ bundled: BUNDLED, custom: [] });
  assert.throws(() => registry.get("amce"), {
    code: "provider_not_found",
    message: "There is no provider named 'amce'.",
    hint: "Did you mean 'acme'? See all of them: authsome list",
  });
  assert.throws(() => registry.get("something-else"), {
    code: "provider_not_found",
    hint: "See all of them: authsome list",
  });
});

Deno.test("an entry keeps the definition as it is written", () => {
  const written = named("acme", { host_url: "api.acme.example", metadata: { note: "mine" } });
  const registry = createRegistry({ bundled: {}, custom: [file("acme", written)] });
  assert.deepEqual(registry.entry("acme")?.definition, written);
  assert.deepEqual(registry.get("acme").apiUrls, ["api.acme.example"]);
});

Deno.test("only the definition that is asked for is parsed, and only once", () => {
  const read: string[] = [];
  const bundled = Object.defineProperties({}, {
    acme: { enumerable: true, get: () => (read.push("acme"), BUNDLED.acme) },
    zeta: { enumerable: true, get: () => (read.push("zeta"), BUNDLED.zeta) },
  });
  const registry = createRegistry({ bundled, custom: [] });
  assert.deepEqual(read, []);
  assert.equal(registry.get("acme"), registry.get("acme"));
  assert.deepEqual(read, ["acme"]);
  registry.entries();
  assert.deepEqual(read, ["acme", "zeta"]);
});

Deno.test("a user's file that cannot be read breaks its own provider only, with the reason", () => {
  const unreadable = { ...file("acme", ""), problem: "is a symbolic link" };
  const registry = createRegistry({ bundled: BUNDLED, custom: [unreadable] });
  assert.match(registry.entry("acme")?.problem?.message ?? "", /acme\.json is a symbolic link\./);
  assert.throws(() => registry.get("acme"), /is a symbolic link/);
  assert.equal(registry.get("zeta").displayName, "ZETA");
});
