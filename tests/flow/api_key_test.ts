import assert from "node:assert/strict";
import { AuthsomeError } from "../../lib/errors.ts";
import { type ApiKeyShape, parseApiKey } from "../../lib/flow/api_key.ts";

const OPENAI: ApiKeyShape = {
  displayName: "OpenAI",
  docs: "https://platform.openai.com/api-keys",
  apiKey: {
    keyPattern: /^sk-[A-Za-z0-9_-]{20,}$/,
    keyPatternHint:
      "OpenAI API keys start with 'sk-' followed by at least 20 letters, digits, '_' or '-'.",
  },
};
const PLAIN: ApiKeyShape = { displayName: "Acme", apiKey: {} };
const KEY = "sk-abcdefghij0123456789_-";

function failure(shape: ApiKeyShape, text: string): AuthsomeError {
  try {
    parseApiKey(shape, text);
  } catch (error) {
    assert.ok(error instanceof AuthsomeError);
    return error;
  }
  throw new Error(`accepted ${JSON.stringify(text)}`);
}

Deno.test("parseApiKey() trims white space at both ends", () => {
  for (const text of [KEY, `${KEY}\n`, `  ${KEY}\r\n`, `\t${KEY}\u00a0`, `\ufeff${KEY}`]) {
    assert.equal(parseApiKey(OPENAI, text).reveal(), KEY, JSON.stringify(text));
  }
});

Deno.test("parseApiKey() refuses what does not match, in the words of the contract", () => {
  for (const text of ["hello", "sk-short", `${KEY}!`, `x${KEY}`, `${KEY} ${KEY}`, `${KEY}\nx`]) {
    const error = failure(OPENAI, text);
    assert.equal(error.code, "authentication_failed");
    assert.equal(error.message, "This does not look like a valid OpenAI API key.");
    assert.equal(error.hint, OPENAI.apiKey.keyPatternHint);
  }
});

Deno.test("parseApiKey() refuses white space, controls and non-ASCII inside without a pattern", () => {
  const inside = [" ", "\t", "\n", "\r", "\0", "\x7f", "\u00a0", "\u200b", "é", "\u2028"];
  for (const character of inside) {
    const error = failure(PLAIN, `abc${character}def`);
    assert.equal(error.message, "This does not look like a valid Acme API key.");
    assert.match(error.hint, /white space/);
  }
});

Deno.test("parseApiKey() accepts every visible ASCII character without a pattern", () => {
  const all = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join("");
  assert.equal(parseApiKey(PLAIN, all).reveal(), all);
});

Deno.test("parseApiKey() names an empty key and says where to get one", () => {
  for (const text of ["", " \n\t"]) {
    assert.equal(failure(OPENAI, text).message, "The API key is empty.");
    assert.equal(failure(PLAIN, text).hint, "Copy the key from Acme and try again.");
  }
  const documented = { ...PLAIN, docs: "https://acme.example/keys" };
  assert.match(failure(documented, "").hint, /https:\/\/acme\.example\/keys$/);
});

Deno.test("parseApiKey() refuses a key too long for a header", () => {
  assert.equal(parseApiKey(PLAIN, "k".repeat(16_384)).reveal().length, 16_384);
  assert.match(failure(PLAIN, "k".repeat(16_385)).hint, /longer than/);
});

Deno.test("parseApiKey() never quotes the text and shows the pattern where no hint is written", () => {
  const error = failure({ displayName: "Acme", apiKey: { keyPattern: /^ak_\w+$/ } }, "canary-4711");
  assert.equal(error.hint, "Acme API keys match the pattern ^ak_\\w+$");
  assert.ok(!`${error.message}${error.hint}${error.stack}`.includes("canary-4711"));
});
