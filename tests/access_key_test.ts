import assert from "node:assert/strict";
import { ACCESS_KEY_FIELDS, accessKeyPart, parseAccessKey } from "../lib/access_key.ts";
import { Secret } from "../lib/secret.ts";

const CASES: readonly (readonly [text: string, parts: readonly (string | undefined)[]])[] = [
  ["AKIA:s/+=", ["AKIA", "s/+=", undefined]],
  ["ASIA:s3cr3t:IQoJb3//==", ["ASIA", "s3cr3t", "IQoJb3//=="]],
  ["minio-user_1.a:pass!word", ["minio-user_1.a", "pass!word", undefined]],
];

for (const [text, parts] of CASES) {
  Deno.test(`parseAccessKey() takes ${text} apart`, () => {
    const key = parseAccessKey(new Secret(text));
    assert.ok(key !== undefined);
    const found = ACCESS_KEY_FIELDS.map((field) => accessKeyPart(key, field)?.reveal());
    assert.deepEqual(found, parts);
    assert.ok(!Deno.inspect(key).includes(parts[1] ?? ""), "the secret does not print");
  });
}

for (const text of ["", "AKIA", ":secret", "AKIA:", "AKIA:a:", "AKIA:a:b:c", "A/KIA:a", "A A:a"]) {
  Deno.test(`parseAccessKey() takes ${JSON.stringify(text)} for no access key`, () => {
    assert.equal(parseAccessKey(new Secret(text)), undefined);
  });
}
