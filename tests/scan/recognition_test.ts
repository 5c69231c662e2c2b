import assert from "node:assert/strict";
import { createRegistry } from "../../lib/registry.ts";
import { createRecognizer } from "../../lib/scan/recognition.ts";
import { BUNDLED } from "../../providers/mod.ts";

const registry = createRegistry({ bundled: BUNDLED, custom: [] });
const recognize = createRecognizer(registry.entries().flatMap(({ provider }) => provider ?? []));
const TAIL = "0123456789abcdefghijklmnop";

const VALUES: readonly (readonly [name: string, value: string, found: string])[] = [
  ["OPENAI_API_KEY", `sk-${TAIL}`, "variable: openai"],
  ["MISTRAL_API_KEY", TAIL, "variable: mistral"],
  ["MY_KEY", `sk-${TAIL}`, "pattern: openai"],
  ["OPENAI_API_KEY", `gsk_${TAIL}`, "pattern: groq"],
  ["KEY", `sk-ant-${TAIL}`, "pattern: anthropic, openai"],
  ["ANTHROPIC_API_KEY", `sk-ant-${TAIL}`, "variable: anthropic"],
  ["TOKEN", `ghp_${TAIL}`, "pattern: github"],
  ["CHECKSUM", "0123456789abcdef0123456789abcdef-us1", ""],
  ["COMMIT", "0123456789abcdef0123456789abcdef01234567", ""],
  ["MISTRAL_API_KEY", "", ""],
  ["MISTRAL_API_KEY", "short", ""],
  ["MISTRAL_API_KEY", "your-mistral-key", ""],
  ["MISTRAL_API_KEY", "xxxxxxxxxxxxxxxx", ""],
  ["MISTRAL_API_KEY", "<paste the key>", ""],
  ["MISTRAL_API_KEY", "changeme", ""],
  ["MISTRAL_API_KEY", "two words of text", ""],
  ["MISTRAL_API_KEY", "authsome-proxy-managed:team", ""],
  ["OPENAI_API_KEY", "not-a-key-at-all", ""],
  ["PATH", "/usr/local/bin:/usr/bin:/bin", ""],
];

for (const [name, value, expected] of VALUES) {
  Deno.test(`${name}=${value} is ${expected === "" ? "no key" : `known by its ${expected}`}`, () => {
    const found = recognize(name, value);
    const names = found?.providers.map((provider) => provider.name).sort().join(", ");
    assert.equal(found === undefined ? "" : `${found.by}: ${names}`, expected);
  });
}
